"""The table of all clusters of a run with their names: written once, read by many."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from seston.errors import SestonError
from seston.naming.names import ClusterNames
from seston.naming.rows import COARSE, COLUMNS


@dataclass(frozen=True)
class Called:
    """What the k clusters of a run are called, and the coarse groups they belong to.

    Attributes
    ----------
    clustering : str
        Fingerprint.
    names : pyarrow.Array of string, length k
        "" = nobody named it.
    coarse : pyarrow.Array of int32, length k
    """

    clustering: str
    names: pa.Array
    coarse: pa.Array


def name_table(names: ClusterNames | None, coarse: pd.Series, fingerprint: str) -> pd.DataFrame:
    """Return one row per cluster, named or not.

    Parameters
    ----------
    names : ClusterNames or None
    coarse : pandas.Series of int
        Coarse group of each cluster 0, 1, …
    fingerprint : str
        Of the clustering.

    Returns
    -------
    pandas.DataFrame
        ``clustering``, ``cluster``, ``coarse``, ``name``, ``aphia_id``, ``status``,
        ``annotator``, ``time`` and the further columns of the names; texts.
    """
    more = names.more if names else ()
    called = {row.cluster: row for row in names.rows} if names else {}
    columns = [*COLUMNS[:2], COARSE, *COLUMNS[2:], *more]
    rows = []
    for cluster, group in enumerate(coarse):
        row = called.get(cluster)
        cells: dict[str, object] = dict.fromkeys(columns, "")
        cells |= {"clustering": fingerprint, "cluster": cluster, COARSE: group}
        if row:
            cells |= {"name": row.name, "aphia_id": row.aphia_id or "", "status": row.status}
            cells |= {"annotator": row.annotator, "time": row.time}
            cells |= row.more
        rows.append(cells)
    return pd.DataFrame(rows, columns=columns)


def read_called(path: Path) -> Called:
    """Read the table that the stage `names` wrote.

    Raises
    ------
    SestonError
        If it is missing or damaged.
    """
    try:
        table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
        (clustering,) = table["clustering"].unique()
        if not np.array_equal(table["cluster"].astype(int), np.arange(len(table))):
            raise ValueError("its clusters are not 0, 1, 2, …")
        coarse = table["coarse"].astype(np.int32).to_numpy()
        return Called(clustering, pa.array(table["name"], pa.string()), pa.array(coarse))
    except FileNotFoundError as error:
        raise SestonError(f"{path}: file not found") from error
    except (ValueError, KeyError) as error:
        raise SestonError(
            f"{path}: not readable as names of clusters ({error!r}); delete it and run again"
        ) from error


def read_coarse(path: Path, k: int) -> pd.Series:
    """Return the coarse group of each of k clusters.

    Raises
    ------
    SestonError
        If the table is missing, or does not tell of just these clusters.
    """
    try:
        groups = pd.read_csv(path, sep="\t").set_index("cluster")["coarse"]
        if sorted(groups.index) != list(range(k)):
            raise ValueError(f"clusters {groups.index.min()} to {groups.index.max()}")
        return groups.sort_index()
    except FileNotFoundError as error:
        raise SestonError(f"{path}: file not found") from error
    except (ValueError, KeyError) as error:
        raise SestonError(
            f"{path}: found no coarse group for each of {k} clusters ({error}); delete it and run"
            " again"
        ) from error
