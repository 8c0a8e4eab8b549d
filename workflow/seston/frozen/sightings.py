"""Where and when candidates for new types were seen, and examples of them."""

import json
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from seston.cluster.points import Points
from seston.frozen.new_types import Candidate

EXAMPLES = 8
COLUMNS = [
    "candidate", "images", "far", "samples", "first", "last", "nearest_cluster", "spread",
    "distance", "earlier", "p", "examples",
]  # fmt: skip


def nearest_candidate(
    points: Points, distance: npt.NDArray[np.float64], candidates: Sequence[Candidate]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Return which candidate each image is nearer to than to its centroid, and how near.

    Parameters
    ----------
    points : Points
    distance : ndarray, shape (n,)
        To the own centroid, by ascending id.

    Returns
    -------
    which : ndarray of int, shape (n,)
        -1: to none of them.
    near : ndarray, shape (n,)
        Distance to it; both by ascending id.
    """
    which = np.full(len(points), -1)
    near = distance[np.argsort(points.order)]  # in the order of the files, as the blocks are
    start = 0
    for block in points.blocks():
        part = slice(start, start + len(block))
        for number, candidate in enumerate(candidates):
            away = np.linalg.norm(block - candidate.centre, axis=1)
            nearer = away < near[part]
            near[part][nearer], which[part][nearer] = away[nearer], number
        start = part.stop
    return which[points.order], near[points.order]


def candidate_table(
    candidates: Sequence[Candidate],
    which: npt.NDArray[np.int64],
    near: npt.NDArray[np.float64],
    images: pa.Table,
) -> pd.DataFrame:
    """Return one row per candidate.

    Parameters
    ----------
    candidates : sequence of Candidate
    which, near : ndarray, shape (n,)
        As `nearest_candidate` gives them.
    images : pyarrow.Table, n rows
        ``image_id``, ``sample``, ``datetime`` and ``cluster``.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`: ``images`` nearer to it than to any centroid, ``far`` of the images
        it was found by, ``samples`` with the day of the ``first`` and ``last``, the cluster
        that most of its images are in now, and as ``examples`` the ids of the most typical
        ones: a list in JSON, as names of files may hold any sign.
    """
    rows = []
    for number, candidate in enumerate(candidates):
        mine = np.flatnonzero(which == number)
        seen = images.take(mine)
        days = pd.to_datetime(seen["datetime"].to_pandas()).dt.strftime("%Y-%m-%d")
        typical = mine[np.argsort(near[mine], kind="stable")[:EXAMPLES]]
        rows.append(
            [
                number, len(mine), len(candidate.members), len(seen["sample"].unique()),
                days.min(), days.max(), int(np.bincount(seen["cluster"]).argmax()),
                candidate.spread, candidate.distance, candidate.earlier, candidate.p,
                json.dumps(images["image_id"].take(typical).to_pylist(), ensure_ascii=False),
            ]
        )  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)
