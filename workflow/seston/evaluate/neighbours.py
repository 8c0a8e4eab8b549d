"""Nearest neighbours by cosine, and what they say about an organism."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

_BLOCK = 512  # queries at a time: 40 MB of likenesses at 20,000 organisms


def unit_rows(rows: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    """Return the rows scaled to length 1, as float32; rows of zeros stay."""
    rows = rows.astype(np.float32)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


def nearest(
    unit: npt.NDArray[np.float32],
    k: int,
    apart: npt.NDArray[np.integer] | None = None,
) -> npt.NDArray[np.int64]:
    """Return the k most alike other rows of each row, the most alike first.

    Parameters
    ----------
    unit : ndarray of float32, shape (n, d)
        Rows of length 1, so that the inner product is the cosine.
    k : int
    apart : ndarray of int, shape (n,), or None
        Rows with the same number are no neighbours of each other.

    Returns
    -------
    ndarray of int64, shape (n, k)
        -1 where there are fewer neighbours.
    """
    n = len(unit)
    found = np.full((n, k), -1, np.int64)
    most = min(k, n)
    for start in range(0, n, _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, n))
        alike = unit[rows] @ unit.T
        alike[np.arange(len(rows)), rows] = -np.inf
        if apart is not None:
            alike[apart[rows, None] == apart[None, :]] = -np.inf
        if most < n:
            near = np.argpartition(alike, n - most, axis=1)[:, n - most :]
        else:
            near = np.tile(np.arange(n), (len(rows), 1))
        likeness = np.take_along_axis(alike, near, axis=1)
        order = np.lexsort((near, -likeness), axis=1)
        near = np.take_along_axis(near, order, axis=1)
        absent = np.isneginf(np.take_along_axis(likeness, order, axis=1))
        found[rows, :most] = np.where(absent, -1, near)
    return found


def vote(
    neighbours: npt.NDArray[np.int64], labels: npt.NDArray[np.integer], k: int
) -> npt.NDArray[np.int64]:
    """Return the label that most of the k nearest have; of several, the one nearer on the whole.

    Parameters
    ----------
    neighbours : ndarray of int64, shape (n, at least k)
        As `nearest` gives them.
    labels : ndarray of int, shape (n,)
        From 0 on.

    Returns
    -------
    ndarray of int64, shape (n,)
        -1 for an organism without neighbours.
    """
    answers = np.full(len(neighbours), -1, np.int64)
    for rows, near in _blocks(neighbours[:, :k]):
        votes = np.zeros((len(near), int(labels.max()) + 1))
        for rank, column in enumerate(near.T):
            there = np.flatnonzero(column >= 0)
            # A vote counts a hair less the farther it comes from, which settles ties.
            votes[there, labels[column[there]]] += 1 - 1e-3 * rank
        answers[rows] = np.where(near[:, 0] >= 0, votes.argmax(axis=1), -1)
    return answers


def _blocks(neighbours: npt.NDArray[np.int64]) -> Iterator[tuple[slice, npt.NDArray[np.int64]]]:
    for start in range(0, len(neighbours), _BLOCK):
        yield slice(start, start + _BLOCK), neighbours[start : start + _BLOCK]
