"""How fast engines are, and whether their embeddings lead to the same clusters."""

from collections.abc import Callable, Mapping
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from seston.runtime.engine import Engine, Rows, Tiles, embed_array

#: Rounds, and the seconds that the first engine takes in each, at least.
ROUNDS, SECONDS = 7, 0.5
Name = TypeVar("Name")


def race(
    engines: Mapping[Name, Engine], tiles: Tiles, clock: Callable[[], float]
) -> dict[Name, npt.NDArray[np.float64]]:
    """Return the images per second of each engine, round by round.

    The engines take turns, so that a machine that is busy for a while slows
    all of them, and the ratio of two within a round hardly changes.

    Parameters
    ----------
    engines : mapping of Engine
    tiles : ndarray (n, size, size, 3) of uint8
        A round computes at least two batches of them, again from the start if they are few.
    clock : callable
        Returns seconds: of the processor (all threads), or of the wall.
    """

    def rate(engine: Engine, count: int) -> float:
        images = np.resize(tiles, (count, *tiles.shape[1:]))
        start = clock()
        embed_array(engine, images)
        return count / (clock() - start)

    warm = [
        [rate(engine, 2 * engine.batch_size) for _ in range(2)][1] for engine in engines.values()
    ]
    count = max(*(2 * engine.batch_size for engine in engines.values()), int(SECONDS * warm[0]))
    rounds = [[rate(engine, count) for engine in engines.values()] for _ in range(ROUNDS)]
    return dict(zip(engines, np.array(rounds).T, strict=True))


def agreement(reference: Rows, other: Rows, seed: int) -> dict[str, float]:
    """Return how far embeddings agree with those of the reference.

    A cosine near 1 proves little: all organisms may lie within a cone. What
    counts is whether they end in the same cluster, so both are assigned to the
    centroids of a k-means of the reference, of about 25 images each.

    Returns
    -------
    dict
        ``labels``: share of images with the same cluster; ``cosine_min``: least cosine of
        an image's two embeddings; ``max_abs``: largest difference of a value.
    """
    first, second = reference.astype(np.float64), other.astype(np.float64)
    if not np.isfinite(second).all():
        return {"labels": 0.0, "cosine_min": -1.0, "max_abs": float(np.finfo(np.float16).max)}
    centroids = k_means(first, max(2, len(first) // 25), np.random.default_rng(seed))
    lengths = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    cosines = (first * second).sum(1) / np.maximum(lengths, np.finfo(float).tiny)
    return {
        "labels": float((nearest(first, centroids) == nearest(second, centroids)).mean()),
        "cosine_min": float(cosines.min()),
        "max_abs": float(np.abs(first - second).max()),
    }


def k_means(
    rows: npt.NDArray[np.float64], k: int, rng: np.random.Generator, steps: int = 10
) -> npt.NDArray[np.float64]:
    """Return centroids (k, dim) after some steps of Lloyd's algorithm from random rows.

    In numpy, because the jobs that embed come without the libraries that cluster.
    """
    centroids = rows[rng.choice(len(rows), min(k, len(rows)), replace=False)]
    for _ in range(steps):
        labels = nearest(rows, centroids)
        for cluster in np.unique(labels):  # an empty cluster stays where it is
            centroids[cluster] = rows[labels == cluster].mean(0)
    return centroids


def nearest(
    rows: npt.NDArray[np.float64], centroids: npt.NDArray[np.float64]
) -> npt.NDArray[np.int64]:
    """Return the centroid nearest to each row."""
    return ((centroids**2).sum(1) - 2 * rows @ centroids.T).argmin(1)
