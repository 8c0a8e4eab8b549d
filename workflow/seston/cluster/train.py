"""k-means on a sample in memory: seeding, several starts, then the best on all of it."""

from collections.abc import Callable
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from seston.cluster.seeding import first_centroids

Floats = npt.NDArray[np.float32]
#: Moves centroids (k, D) by at most so many Lloyd steps on rows (n, D): centroids and curve.
Steps = Callable[[Floats, Floats, int, bool], tuple[Floats, list[float]]]

SEEDED_FROM = 64  # rows per centroid among which the first centroids are drawn
STARTED_ON = 128  # rows per centroid on which starts compete ...
STARTED_FOR = 8  # ... for so many iterations
#: Both cost more than in proportion to k, and starts differ the less the more centroids there are:
#: from so many rows on, there are fewer per centroid, down to a quarter.
MOST_SEEDED, MOST_STARTED = 2**14, 2**15
SETTLED = 1e-4  # share of the objective: an iteration that lowers it by less is the last


def faiss_steps(
    rows: Floats, centroids: Floats, iterations: int, spherical: bool, settled: float = SETTLED
) -> tuple[Floats, list[float]]:
    """Move centroids by Lloyd steps of faiss, on all rows.

    Parameters
    ----------
    rows : ndarray of float32, shape (n, D)
        At least k.
    centroids : ndarray of float32, shape (k, D)
    iterations : int
        At most.
    spherical : bool
        Keep centroids at length 1.
    settled : float
        Stop after an iteration that lowers the objective by less than this share of it;
        0 = never.

    Returns
    -------
    centroids : ndarray of float32, shape (k, D)
    curve : list of float
        Mean squared distance at the beginning of each iteration.
    """
    k, dim = centroids.shape
    clustering = faiss.Clustering(dim, k)
    clustering.niter, clustering.spherical = iterations, spherical
    clustering.early_stop_threshold = settled
    # faiss would otherwise train on 256 rows per centroid without a word.
    clustering.max_points_per_centroid = len(rows)
    clustering.min_points_per_centroid = 1
    faiss.copy_array_to_vector(np.ascontiguousarray(centroids).ravel(), clustering.centroids)
    clustering.train(rows, faiss.IndexFlatL2(dim))
    stats: Any = clustering.iteration_stats  # a C++ vector, whatever the stubs say
    curve = [stats.at(i).obj / len(rows) for i in range(stats.size())]
    return faiss.vector_to_array(clustering.centroids).reshape(k, dim), curve


def train(
    sample: Floats,
    k: int,
    iterations: int,
    spherical: bool,
    seed: int,
    starts: int = 1,
    steps: Steps = faiss_steps,
) -> tuple[Floats, list[float]]:
    """Run k-means on all rows of a sample.

    Each start seeds by greedy k-means++ on every so-manieth row (`SEEDED_FROM` per centroid)
    and runs for `STARTED_FOR` iterations on `STARTED_ON` rows per centroid (see `competing`).
    The best of them goes on with the whole sample until it settles: what starts differ in shows
    early, and most of the way is made on few rows.

    Parameters
    ----------
    sample : ndarray of float32, shape (m, D)
        At least k rows; their order should not matter (as by id) or be random.
    k, iterations : int
        Clusters, and Lloyd iterations at most.
    spherical : bool
        Keep the centroids at length 1.
    seed : int
        For the first centroids.
    starts : int
        Starts that compete.
    steps : Steps
        What computes Lloyd's steps.

    Returns
    -------
    centroids : ndarray of float32, shape (k, D)
    curve : list of float
        Mean squared distance at each iteration on the whole sample.
    """
    centroids, _ = best_start(sample, k, spherical, seed, starts, steps)
    return steps(sample, centroids, iterations, spherical)


def competing(sample: Floats, k: int) -> tuple[Floats, Floats]:
    """Return the rows of a sample on which starts compete, and those among which they seed."""
    started = min(STARTED_ON * k, max(STARTED_ON * k // 4, MOST_STARTED))
    seeded = min(SEEDED_FROM * k, max(SEEDED_FROM * k // 4, MOST_SEEDED))
    few = np.ascontiguousarray(sample[:: max(1, len(sample) // started)])
    return few, few[:: max(1, len(few) // seeded)]


def best_start(
    sample: Floats, k: int, spherical: bool, seed: int, starts: int, steps: Steps = faiss_steps
) -> tuple[Floats, list[float]]:
    """Return the best centroids of some starts, and the objective that each came to.

    See `train`. The objective is the mean squared distance of the rows that starts compete on.
    """
    generator = np.random.default_rng(seed)
    few, apart = competing(sample, k)
    best, reached = np.empty((0, sample.shape[1]), np.float32), []
    for _ in range(starts):
        first = first_centroids(apart, k, generator)
        if spherical:
            first /= np.maximum(np.linalg.norm(first, axis=1, keepdims=True), 1e-30)
        centroids, curve = steps(few, first, STARTED_FOR, spherical)
        reached.append(curve[-1] if curve else 0.0)  # as many rows as centroids: nothing to do
        if reached[-1] == min(reached):
            best = centroids
    return best, reached
