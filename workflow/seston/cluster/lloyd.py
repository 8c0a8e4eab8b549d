"""Lloyd passes over all points: who belongs where, and where the centroids go."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from seston.cluster.nearest import Nearest
from seston.cluster.shards import BLOCK
from seston.progress import Progress

Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]
#: Makes of centroids (k, D) what gives rows (n, D) their nearest and the squared distances to it.
Engine = Callable[[Floats], Callable[[Floats], tuple[Labels, Floats]]]


class Rows(Protocol):
    """What is clustered: `Points` on disk, or `InMemory`."""

    @property
    def spherical(self) -> bool:
        """Rows have length 1."""
        ...

    def __len__(self) -> int: ...

    def blocks(self) -> Iterator[Floats]:
        """Yield all rows in order."""
        ...

    def take(self, positions: Labels) -> Floats:
        """Return the rows at these positions."""
        ...


@dataclass
class InMemory:
    """Rows (n, D) of an array, some at a time."""

    rows: Floats
    spherical: bool

    def __len__(self) -> int:
        return len(self.rows)

    def blocks(self) -> Iterator[Floats]:
        """Yield all rows in order."""
        for start in range(0, len(self.rows), BLOCK):
            yield self.rows[start : start + BLOCK]

    def take(self, positions: Labels) -> Floats:
        """Return the rows at these positions."""
        return self.rows[positions]


def on_cpu(centroids: Floats) -> Callable[[Floats], tuple[Labels, Floats]]:
    """Give the nearest of these centroids by numpy; an `Engine`."""
    return Nearest(centroids).one


@dataclass
class Pass:
    """What one pass over all points found.

    Attributes
    ----------
    sums : ndarray of float64, shape (k, D)
        Sum of the points of each cluster, each times its weight.
    mass : ndarray of float64, shape (k,)
        Sum of the weights of each cluster.
    sizes : ndarray of int64, shape (k,)
        Images of each cluster.
    labels : ndarray of int32, shape (n,)
        Nearest centroid of each point, in file order.
    squares : ndarray of float32, shape (n,)
        Squared distance to it.
    objective : float
        Mean of the squared distances by weight: what Lloyd's steps lower.
    """

    sums: npt.NDArray[np.float64]
    mass: npt.NDArray[np.float64]
    sizes: npt.NDArray[np.int64]
    labels: npt.NDArray[np.int32]
    squares: Floats
    objective: float


def sweep(
    points: Rows,
    centroids: Floats,
    progress: Progress,
    weights: Floats | None = None,
    engine: Engine = on_cpu,
    add_up: bool = True,
) -> Pass:
    """Assign all points to their nearest centroid and add them up, block by block.

    Parameters
    ----------
    points : Points
    centroids : ndarray of float32, shape (k, D)
    progress : Progress
    weights : ndarray of float32, shape (n,), optional
        Of the points, in file order; all 1 by default.
    engine : Engine
        What finds the nearest.
    add_up : bool
        False: leave `sums` 0, for a last pass that moves nothing.
    """
    k, n = len(centroids), len(points)
    nearest = engine(centroids)
    sums = np.zeros(centroids.shape)
    labels, squares = np.empty(n, np.int32), np.empty(n, np.float32)
    start = 0
    for block in points.blocks():
        some = slice(start, start + len(block))
        labels[some], squares[some] = nearest(block)
        if add_up:
            each = np.ones(len(block), np.float32) if weights is None else weights[some]
            rows = np.arange(len(block) + 1)
            sums += csr_array((each, labels[some], rows), (len(block), k)).T @ block
        start += len(block)
        progress.add(len(block))
    mass = np.bincount(labels, weights, minlength=k).astype(np.float64)
    objective = float(np.average(squares.astype(np.float64), weights=weights))
    return Pass(sums, mass, np.bincount(labels, minlength=k), labels, squares, objective)


def move(
    found: Pass, centroids: Floats, points: Rows, weights: Floats | None = None
) -> tuple[Floats, int]:
    """Return the centroids after one Lloyd step, and how many empty clusters were re-seeded.

    An empty cluster takes the point farthest from its own centroid, which leaves its old
    cluster. Where no point is off its centroid (fewer distinct points than clusters), the
    cluster stays empty.
    """
    sums, mass = found.sums.copy(), found.mass.copy()
    empty = np.flatnonzero(found.sizes == 0)
    filled = 0
    if len(empty):
        last = min(len(centroids), len(found.squares)) - 1
        far = np.argpartition(-found.squares, last)[: last + 1]
        far = far[np.lexsort((far, -found.squares[far]))]
        left = found.sizes.copy()
        givers = (row for row in far if found.squares[row] > 0 and left[found.labels[row]] > 1)
        for cluster, row in zip(empty, givers, strict=False):
            old, weight = found.labels[row], 1.0 if weights is None else float(weights[row])
            left[old] -= 1
            sums[cluster] = weight * points.take(np.array([row]))[0].astype(np.float64)
            sums[old] -= sums[cluster]
            mass[cluster] = weight
            mass[old] -= weight
            filled += 1
    moved = centroids.astype(np.float64)
    held = (mass > 0) & (found.sizes > 0)
    held[empty[:filled]] = True
    moved[held] = sums[held] / mass[held, None]
    if points.spherical:  # a cluster of opposite directions has none of its own: stays at 0
        lengths = np.linalg.norm(moved, axis=1, keepdims=True)
        moved /= np.where(lengths > 0, lengths, 1)
    return moved.astype(np.float32), filled


def refine(
    points: Rows,
    centroids: Floats,
    passes: int,
    progress: Progress,
    weights: Floats | None = None,
    engine: Engine = on_cpu,
    settled: float = 0.0,
) -> tuple[Floats, Pass, list[float], list[int]]:
    """Move the centroids by Lloyd steps over all points, then see who belongs to them.

    Parameters
    ----------
    passes : int
        Steps, at most.
    settled : float
        Stop after a step that lowered the objective by less than this share of it.

    Returns
    -------
    centroids : ndarray of float32, shape (k, D)
    found : Pass
        Who belongs to them, without sums.
    curve : list of float
        Mean squared distance (by weight) before and after each step.
    reseeded : list of int
        Empty clusters that took a new place at each step.
    """
    curve: list[float] = []
    reseeded: list[int] = []
    while len(reseeded) < passes:
        found = sweep(points, centroids, progress, weights, engine)
        curve.append(found.objective)
        centroids, filled = move(found, centroids, points, weights)
        reseeded.append(filled)
        if len(curve) > 1 and not filled and curve[-2] - curve[-1] <= settled * curve[-2]:
            break
    found = sweep(points, centroids, progress, weights, engine, add_up=False)
    return centroids, found, [*curve, found.objective], reseeded
