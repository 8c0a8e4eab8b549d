"""Centroids of all points: learnt on a sample, then moved by all, in bounded memory."""

import logging
from typing import Any

import numpy as np
import numpy.typing as npt

from seston.cluster.balance import draw_by_weight
from seston.cluster.lloyd import Engine, InMemory, Pass, on_cpu, refine
from seston.cluster.points import Points
from seston.cluster.train import (
    SETTLED,
    STARTED_FOR,
    STARTED_ON,
    Steps,
    best_start,
    competing,
    faiss_steps,
)
from seston.progress import Progress

log = logging.getLogger("seston")

Floats = npt.NDArray[np.float32]
SAMPLE_BYTES = 2**29  # of a training sample in memory, at most


def fit(
    points: Points,
    k: int,
    iterations: int,
    per_centroid: int,
    starts: int,
    passes: int,
    weights: Floats | None,
    generator: np.random.Generator,
    engine: Engine = on_cpu,
) -> tuple[Floats, Pass, dict[str, Any]]:
    """Find k centroids of all points.

    Parameters
    ----------
    points : Points
        At least k.
    k, iterations : int
        Clusters, and Lloyd iterations at most.
    per_centroid : int
        Images per cluster in the training sample, which is kept to `SAMPLE_BYTES`; 0 = only
        the starts see a sample, and the iterations pass over all images.
    starts : int
        Starts that compete, see `train.best_start`.
    passes : int
        Lloyd passes over all images after training on a sample.
    weights : ndarray of float32, shape (n,), optional
        Of the images, in file order. The sample is drawn by them, passes count with them.
    generator : numpy.random.Generator
    engine : Engine
        What finds the nearest centroids.

    Returns
    -------
    centroids : ndarray of float32, shape (k, D)
    found : Pass
        Who belongs to them.
    facts : dict
        What was trained on what, and how it went.
    """
    n = len(points)
    most = max(k, SAMPLE_BYTES // (4 * points.dim))
    wanted = (per_centroid or STARTED_ON) * k
    if weights is None:
        drawn = points.draw(min(wanted, most), generator)
    else:
        drawn = draw_by_weight(points, min(wanted, most), weights, generator)
    images = len(np.unique(drawn))  # by weight, one may be drawn repeatedly
    sample = points.take(drawn)
    steps: Steps = faiss_steps if engine is on_cpu else _steps_by(engine)
    seed = int(generator.integers(2**31))
    log.info("k-means: %d clusters, starting from %d of %d images", k, images, n)
    centroids, reached = best_start(sample, k, points.spherical, seed, starts, steps)
    sample_curve: list[float] = []
    if per_centroid:
        centroids, sample_curve = steps(sample, centroids, iterations, points.spherical)
        told = (
            f"Trained on all of a sample of {images} of {n} images: not on 256 images per"
            " cluster, as faiss by itself would without saying so."
        )
        if most < min(wanted, n):
            told += f" The sample was kept to {SAMPLE_BYTES >> 20} MB of memory."
    else:
        passes = iterations
        told = f"Trained on all {n} images, pass by pass, from centroids found on {images} of them."
    started_on, seeded_from = map(len, competing(sample, k))
    del sample
    with Progress(n * (passes + 1), "images") as progress:
        centroids, found, curve, reseeded = refine(
            points, centroids, passes, progress, weights, engine, 0.0 if per_centroid else SETTLED
        )
    return (
        centroids,
        found,
        {
            "init": "greedy k-means++",
            "seeded_from": seeded_from,
            "started_on": started_on,
            "started_for": STARTED_FOR,
            "start_objectives": reached,
            "settled": SETTLED,
            "trained_on": images if per_centroid else n,
            "training": told,
            "sample_curve": sample_curve,
            "curve": curve,
            "reseeded": reseeded,
        },
    )


def _steps_by(engine: Engine) -> Steps:
    def steps(
        rows: Floats, centroids: Floats, iterations: int, spherical: bool
    ) -> tuple[Floats, list[float]]:
        held = InMemory(rows, spherical)
        with Progress(len(rows) * (iterations + 1), "images of the sample") as progress:
            centroids, _, curve, _ = refine(
                held, centroids, iterations, progress, engine=engine, settled=SETTLED
            )
        return centroids, curve

    return steps
