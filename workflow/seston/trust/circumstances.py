"""The circumstances of an image that are no property of the organism: day, sample, light, focus."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

#: Circumstances of whole samples; an image's light and focus are cut into `BINS` equal parts.
OF_SAMPLES = ("day", "sample", "group", "instrument")
OF_IMAGES = {"brightness": "mean_grey", "blur": "focus"}
BINS = 5
UNKNOWN = -1


@dataclass(frozen=True)
class Circumstance:
    """One circumstance of all images.

    Attributes
    ----------
    what : str
        ``"day"``, ``"sample"``, ``"group"``, ``"instrument"``, ``"brightness"``, ``"blur"``.
    level : ndarray of int64, shape (n,)
        Place in `names`; -1 where it is not known.
    names : tuple of str
        The levels, such as the days.
    """

    what: str
    level: npt.NDArray[np.int64]
    names: tuple[str, ...]


def circumstances_of(images: pa.Table) -> dict[str, Circumstance]:
    """Return all circumstances of the images, by name.

    Parameters
    ----------
    images : pyarrow.Table
        With the columns `sample`, `group`, `instrument`, `datetime`, `mean_grey`, `focus`.
    """
    # Of the sample, not of the image: a haul at midnight stays one day.
    days = pc.strftime(images["datetime"], format="%Y-%m-%d")
    columns = {"day": days} | {name: images[name] for name in OF_SAMPLES[1:]}
    found = {what: Circumstance(what, *codes(column)) for what, column in columns.items()}
    for what, name in OF_IMAGES.items():
        values = pc.fill_null(images[name], np.nan).to_numpy()
        found[what] = Circumstance(what, *bins(values))
    return found


def codes(column: pa.ChunkedArray) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
    """Return the place of each value among the sorted names; null and "" are not known."""
    known = pc.if_else(pc.equal(column, ""), None, column)
    names = pc.unique(known).drop_null().sort()
    level = pc.fill_null(pc.index_in(known, names), UNKNOWN)
    return level.to_numpy().astype(np.int64), tuple(names.to_pylist())


def bins(values: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
    """Cut values into `BINS` parts of about equally many images, named by their range."""
    level = np.full(len(values), UNKNOWN, np.int64)
    known = np.isfinite(values)
    if not known.any():
        return level, ()
    edges = np.unique(np.quantile(values[known], np.linspace(0, 1, BINS + 1)))
    if len(edges) == 1:
        edges = np.repeat(edges, 2)
    level[known] = np.searchsorted(edges[1:-1], values[known], side="right")
    return level, tuple(f"{low:.4g} to {high:.4g}" for low, high in pairwise(edges))


def contingency(
    cluster: npt.NDArray[np.integer],
    circumstance: Circumstance,
    clusters: int,
    weights: npt.NDArray[np.float64] | None = None,
) -> npt.NDArray:
    """Count the images of each cluster at each level, or add up their weights: (k, levels)."""
    known = circumstance.level >= 0
    levels = len(circumstance.names)
    cell = cluster[known].astype(np.int64) * levels + circumstance.level[known]
    part = None if weights is None else weights[known]
    return np.bincount(cell, part, clusters * levels).reshape(clusters, levels)
