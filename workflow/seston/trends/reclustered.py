"""The same samples, counted by clusterings that were made anew."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from seston import store
from seston.errors import SestonError
from seston.trends.counted import Counted


def read_reclusterings(path: Path, counted: Counted) -> npt.NDArray[np.int64]:
    """Return the images of each class in each sample, in each of B clusterings made anew.

    Each cluster found anew stands for the present cluster with which it shares most images, and
    so for its class: clusters of one name, or of one coarse group, are counted together.

    Parameters
    ----------
    path : Path
        The table of the stage `recluster`.
    counted : Counted
        The m samples and K classes, of all sites or of one; not at level "label", where a
        clustering decides nothing.

    Returns
    -------
    ndarray of int64, shape (B, m, K)
        A class that a clustering did not find again is 0 in all samples.

    Raises
    ------
    SestonError
        If the table is missing or damaged, or counts other images or clusters than `counted`.
    """
    if counted.cluster_class is None:
        raise ValueError("labels do not come from clusters: nothing to read of reclusterings")
    found = store.read_table(path, "reclusterings", ["run", "sample", "cluster", "count"])
    runs = int(store.metadata(found.schema)["runs"])
    table = found.to_pandas()
    row = pd.Index(counted.effort["sample"]).get_indexer(table["sample"])
    here = table.assign(row=row)[row >= 0]  # the others are of other sites
    of = pd.Series(counted.cluster_class).reindex(here["cluster"], fill_value=-1).to_numpy()
    if (of < 0).any():
        raise SestonError(_not_these(path, "clusters without images in the table of images"))
    counts = np.zeros((runs, *counted.counts.shape), np.int64)
    np.add.at(counts, (here["run"], here["row"], of), here["count"])
    differs = (counts.sum(axis=2) != counted.counts.sum(axis=1)).any(axis=0)
    if differs.any():
        sample = counted.effort["sample"][differs].iloc[0]
        raise SestonError(_not_these(path, f"another number of images of sample {sample}"))
    return counts


def _not_these(path: Path, found: str) -> str:
    return (
        f"{path}: found {found}, expected the images and clusters of the tables; delete it and"
        " run again"
    )
