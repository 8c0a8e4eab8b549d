"""How much each image counts, so that one bloom does not own all centroids."""

from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from seston.cluster.nearest import Nearest
from seston.cluster.points import Points
from seston.cluster.train import train

Floats = npt.NDArray[np.float32]
Balance = Literal["none", "sample", "density"]

LANDMARKS = 2048  # images among which neighbours are counted
ROWS = 1024  # at a time


def image_weights(
    points: Points, balance: Balance, k: int, generator: np.random.Generator
) -> Floats | None:
    """Return the weight of each image in file order, of mean 1; None where all count alike.

    ``sample``: each sample weighs the same in total. ``density``: an image counts less where
    more than a k-th of all images lie near it, in proportion; see `by_density`.
    """
    if balance == "none" or not len(points):
        return None
    weights = by_sample(points) if balance == "sample" else by_density(points, k, generator)
    return (weights / weights.mean()).astype(np.float32)


def by_sample(points: Points) -> npt.NDArray[np.float64]:
    """Return for each image one over the number of images of its sample."""
    samples = pc.replace_substring_regex(points.ids, "(?s)/.*", "").dictionary_encode()
    of_sorted = samples.indices.to_numpy()
    weights = np.empty(len(points))
    weights[points.order] = 1 / np.bincount(of_sorted)[of_sorted]
    return weights


def by_density(points: Points, k: int, generator: np.random.Generator) -> npt.NDArray[np.float64]:
    """Return for each image the share it keeps in a crowd: ``min(1, L / (k * near))``.

    `near` counts the images, of L drawn ones, that are no farther than two images of one cluster
    are on average: ``sqrt(2)`` times the root mean square distance to the centroid, in a quick
    clustering of the L into k (at most L / 8). A crowd of less than a k-th of all images keeps
    its weight, a larger one weighs as a k-th. So the most frequent kind does not decide alone
    where centroids lie, and a single odd image counts no more than any other.

    Notes
    -----
    Sampling by local density, as cytometry does: Qiu, P. et al. (2011). Extracting a cellular
    hierarchy from high-dimensional cytometry data with SPADE. Nature Biotechnology 29, 886-891.
    """
    landmarks = points.take(points.draw(LANDMARKS, generator))
    cells = max(1, min(k, len(landmarks) // 8))
    seed = int(generator.integers(2**31))
    places, _ = train(landmarks, cells, 10, points.space.spherical, seed)
    reach = 2 * float(Nearest(places).one(landmarks)[1].mean())
    squares = np.einsum("ij,ij->i", landmarks, landmarks)
    near = np.empty(len(points))
    start = 0
    for block in points.blocks():
        for first in range(0, len(block), ROWS):
            rows = block[first : first + ROWS]
            apart = rows @ (-2 * landmarks.T) + squares
            within = reach - np.einsum("ij,ij->i", rows, rows)
            near[start + first : start + first + len(rows)] = (apart <= within[:, None]).sum(axis=1)
        start += len(block)
    return np.minimum(1, len(landmarks) / (k * np.maximum(near, 1)))


def draw_by_weight(
    points: Points, count: int, weights: Floats, generator: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Return the file positions of `count` images drawn by weight, by ascending id.

    Systematic sampling: image i comes ``count * w_i / sum(w)`` times, rounded up or down. Those
    of large weight come repeatedly, so that the sample needs no weights of its own.
    """
    cumulated = np.cumsum(weights[points.order], dtype=np.float64)
    steps = (generator.random() + np.arange(count)) * (cumulated[-1] / count)
    places = np.searchsorted(cumulated, steps, side="right")
    return points.order[np.minimum(places, len(points) - 1)]
