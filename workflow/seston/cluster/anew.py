"""A clustering made anew from other samples of the same water, told in the present clusters."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from seston.cluster.balance import Balance, draw_by_weight
from seston.cluster.fit import SAMPLE_BYTES
from seston.cluster.lloyd import move, sweep
from seston.cluster.nearest import Nearest
from seston.cluster.points import Points
from seston.cluster.train import train
from seston.progress import Progress

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.integer]


@dataclass(frozen=True)
class Settings:
    """How a clustering was made, as its report tells; see `seston.cluster.kmeans.kmeans`."""

    k: int
    iterations: int
    sample_per_centroid: int
    starts: int
    refine: int
    balance: Balance
    seed: int


@dataclass(frozen=True)
class Matched:
    """A clustering made anew, told in clusters of the present one.

    Attributes
    ----------
    labels : ndarray of int64, shape (n,)
        The present cluster that each image goes to.
    same : float
        Share of the images that go to the cluster they are in; NaN of no images.
    found : ndarray of int64
        The present clusters that any image goes to, ascending.
    """

    labels: npt.NDArray[np.int64]
    same: float
    found: npt.NDArray[np.int64]


def samples_of(points: Points) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Return the samples with images, ascending, and the position of each image's, as filed."""
    of_sorted = pc.replace_substring_regex(points.ids, "(?s)/.*", "").dictionary_encode()
    names = sorted(of_sorted.dictionary.to_pylist())
    rank = pc.index_in(of_sorted.dictionary, pa.array(names, pa.string())).to_numpy()
    sample = np.empty(len(points), np.int64)
    sample[points.order] = rank[of_sorted.indices.to_numpy()]
    return names, sample


def draw_samples(
    sample: Integers, samples: int, generator: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Draw as many samples as there are, with return; return how often each image comes, (n,)."""
    return generator.multinomial(samples, np.full(samples, 1 / samples))[sample]


def fit_anew(
    points: Points, weights: Floats, settings: Settings, generator: np.random.Generator
) -> tuple[Floats, int]:
    """Learn centroids from images that count more or less.

    Parameters
    ----------
    points : Points
    weights : ndarray of float32, shape (n,)
        Of the images, in file order; not all 0.
    settings : Settings
        Images are drawn by their weights, as many as the weights sum to and
        `sample_per_centroid` allows (0 = any number), but no more than `SAMPLE_BYTES` of them.
    generator : numpy.random.Generator
        For the images and the first centroids.

    Returns
    -------
    centroids : ndarray of float32, shape (k, D)
        Fewer than `settings.k` where there were fewer images to learn from.
    images : int
        Different images that they were learnt from.
    """
    most = max(settings.k, SAMPLE_BYTES // (4 * points.dim))
    wanted = min(most, max(1, round(float(weights.sum(dtype=np.float64)))))
    if settings.sample_per_centroid:
        wanted = min(wanted, settings.sample_per_centroid * settings.k)
    drawn = draw_by_weight(points, wanted, weights, generator)
    images = len(np.unique(drawn))
    k, seed = min(settings.k, images), int(generator.integers(2**31))
    sample, starts = points.take(drawn), settings.starts
    centroids, _ = train(sample, k, settings.iterations, points.spherical, seed, starts)
    del sample
    for _ in range(settings.refine):
        with Progress(len(points), "images") as progress:
            found = sweep(points, centroids, progress, weights)
        centroids, _ = move(found, centroids, points, weights)
    return centroids, images


def assign_to_all(points: Points, clusterings: list[Floats]) -> list[Integers]:
    """Return the nearest centroid of each image in each clustering, in one pass over the images.

    Parameters
    ----------
    points : Points
    clusterings : list of ndarray of float32, shape (k_r, D)

    Returns
    -------
    list of ndarray of unsigned integers, shape (n,)
        In file order; in as few bytes as the numbers need, since all are held at once.
    """
    nearest = [Nearest(centroids) for centroids in clusterings]
    labels = [np.empty(len(points), np.min_scalar_type(len(one))) for one in clusterings]
    start = 0
    with Progress(len(points), "images") as progress:
        for block in points.blocks():
            for find, found in zip(nearest, labels, strict=True):
                found[start : start + len(block)] = find.one(block)[0]
            start += len(block)
            progress.add(len(block))
    return labels


def match(present: Integers, anew: Integers, clusters: int) -> Matched:
    """Give each cluster found anew to that present one with which it shares most images.

    Parameters
    ----------
    present, anew : ndarray of integers, shape (n,)
        The cluster of each image in the present clustering, and in the new one.
    clusters : int
        Of the present one. If two share as many images, the lower number (the larger cluster)
        is taken.
    """
    if not len(present):
        return Matched(np.empty(0, np.int64), np.nan, np.empty(0, np.int64))
    pair, found = anew * np.int64(clusters) + present, int(anew.max()) + 1
    shared = np.bincount(pair, minlength=found * clusters).reshape(found, clusters)
    labels = shared.argmax(axis=1)[anew]
    return Matched(labels, float((labels == present).mean()), np.unique(labels))
