"""What people are told of clusters and images while they name them."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from seston.errors import SestonError
from seston.naming.table import read_called
from seston.trust.flags import FLAGS

#: Columns of the table of images that `image_facts` reads.
READ = ("image_id", "datetime", "timestamp", "esd_um", "cluster")


def cluster_facts(clusters: Path, table: Path) -> list[dict[str, Any]]:
    """Return what is known of each cluster, the largest first.

    Parameters
    ----------
    clusters : Path
        The table of clusters.
    table : Path
        The table of names that the run wrote.

    Returns
    -------
    list of dict
        ``cluster``, ``count``, ``coarse``, ``stability`` (or None), ``flags`` (of each its code
        and what it means).

    Raises
    ------
    SestonError
        If the tables are missing, damaged, or of different clusterings.
    """
    called = read_called(table)
    try:
        trust = pd.read_csv(clusters, sep="\t", dtype={"flags": str}).fillna({"flags": ""})
        trust = trust.set_index("cluster")[["images", "stability", "flags"]]
    except FileNotFoundError as error:
        raise SestonError(f"{clusters}: file not found") from error
    except (ValueError, KeyError) as error:
        raise SestonError(
            f"{clusters}: not readable as the table of clusters ({error!r}); delete it and run"
            " again"
        ) from error
    if sorted(trust.index) != list(range(len(called.names))):
        raise SestonError(
            f"{clusters} tells of {len(trust)} clusters, {table} names {len(called.names)}; one of"
            " them is out of date: delete both and run again"
        )
    columns = (trust.index.tolist(), *(trust[name].tolist() for name in trust))
    facts = [
        {
            "cluster": cluster,
            "count": count,
            "coarse": called.coarse[cluster].as_py(),
            "stability": None if np.isnan(stability) else round(stability, 3),
            "flags": [[code, FLAGS.get(code, "")] for code in flags.split(";") if code],
        }
        for cluster, count, stability, flags in zip(*columns, strict=True)
    ]
    return sorted(facts, key=lambda one: (-one["count"], one["cluster"]))


def image_facts(images: pa.Table, rows: npt.NDArray[np.integer]) -> dict[str, list]:
    """Return what is shown of the images at these rows: columns of equal length.

    Returns
    -------
    dict of str to list
        ``ids``; ``when`` (ISO 8601 to the second, of the image or else of its sample, "" if
        neither is known); ``esd`` (µm, three digits, None if unknown); ``of`` (cluster).
    """
    some = images.select(READ).take(pa.array(rows))
    sizes = some["esd_um"].to_pylist()
    moment = pc.coalesce(some["timestamp"], some["datetime"]).to_pylist()
    return {
        "ids": some["image_id"].to_pylist(),
        "when": [time.isoformat(timespec="seconds") if time else "" for time in moment],
        "esd": [None if um is None else float(f"{um:.3g}") for um in sizes],
        "of": some["cluster"].to_pylist(),
    }
