"""Levels (days, samples, …) whose pictures differ kind for kind: lighter, darker, blurred.

A day on which other organisms swim has another mean brightness, and no fault. So each image
is compared with the images of its own cluster at the other levels; what is left, averaged over
the level, is the picture's doing. It is judged by how far the levels scatter anyway. Each
instrument is looked at by itself: between two, nothing about light is alike.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seston.trust.circumstances import Circumstance, contingency

Floats = npt.NDArray[np.float64]

LEAST_IMAGES = 10  # of a level in clusters that it shares with others
LEAST_LEVELS = 8  # levels that tell how far levels scatter
#: Robust standard deviations. Two of 191 days of a lake (Greifensee 2018, as they are) are
#: beyond it; their pictures show blurred bundles of filaments, some taken several times.
FAR = 5.0
#: And standard deviations within clusters: less would not make a cluster of its own.
LARGE = 1.0


@dataclass(frozen=True)
class Light:
    """How the levels of a circumstance differ, kind for kind, in brightness or log focus.

    Attributes
    ----------
    difference : ndarray of float64, shape (levels,)
        Mean of the level's images less that of others of their clusters; NaN where fewer than
        `LEAST_IMAGES` can be compared.
    z : ndarray of float64, shape (levels,)
        That, centred on the median of all levels, over their robust standard deviation; NaN
        where fewer than `LEAST_LEVELS` levels can be compared.
    within : float
        Standard deviation within clusters.
    """

    difference: Floats
    z: Floats
    within: float

    @property
    def odd(self) -> npt.NDArray[np.bool_]:
        """Which levels differ, beyond the levels' scatter and by more than a trifle."""
        return (np.abs(self.z) >= FAR) & (np.abs(self.difference) >= LARGE * self.within)


def light_by_instrument(
    values: Floats,
    cluster: npt.NDArray[np.int64],
    circumstance: Circumstance,
    instrument: Circumstance,
    clusters: int,
) -> Light:
    """Compare the levels of a circumstance among those of one instrument; see `light`.

    A level of several instruments is told by the one that took most of its images.
    """
    levels = len(circumstance.names)
    difference, z = np.full(levels, np.nan), np.full(levels, np.nan)
    most, variance, known = np.zeros(levels, np.int64), 0.0, 0
    for number in np.unique(instrument.level):
        mine = instrument.level == number
        here = Circumstance(circumstance.what, circumstance.level[mine], circumstance.names)
        found = light(values[mine], cluster[mine], here, clusters)
        images = np.bincount(here.level[here.level >= 0], minlength=levels)
        larger = images > most
        difference[larger], z[larger] = found.difference[larger], found.z[larger]
        most = np.maximum(most, images)
        if np.isfinite(found.within):
            count = int(np.isfinite(values[mine]).sum())
            variance, known = variance + count * found.within**2, known + count
    return Light(difference, z, float(np.sqrt(variance / known)) if known else float("nan"))


def light(
    values: Floats,
    cluster: npt.NDArray[np.integer],
    circumstance: Circumstance,
    clusters: int,
) -> Light:
    """Compare the levels of a circumstance.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
        Mean grey level or log focus of each image; NaN where it is not known.
    cluster : ndarray of int, shape (n,)
    circumstance : Circumstance
    clusters : int
    """
    known = np.isfinite(values) & (circumstance.level >= 0)
    here = Circumstance(circumstance.what, circumstance.level[known], circumstance.names)
    cluster, values = cluster[known], values[known]
    counts = contingency(cluster, here, clusters)
    sums = contingency(cluster, here, clusters, values)
    others = counts.sum(axis=1, keepdims=True) - counts
    reference = (sums.sum(axis=1, keepdims=True) - sums) / np.maximum(others, 1)
    # Where a level holds most of a cluster, the others are too few, or no longer of its kinds.
    shared = others >= np.maximum(counts, 1)
    images = np.where(shared, counts, 0).sum(axis=0)
    excess = np.where(shared, sums - counts * reference, 0).sum(axis=0)
    difference = np.where(images >= LEAST_IMAGES, excess / np.maximum(images, 1), np.nan)
    sizes = np.bincount(cluster, minlength=clusters)
    means = np.bincount(cluster, values, clusters) / np.maximum(sizes, 1)
    within = float(np.std(values - means[cluster])) if len(values) else float("nan")
    z = np.full(len(difference), np.nan)
    told = np.isfinite(difference)
    if told.sum() >= LEAST_LEVELS:
        centred = difference[told] - np.median(difference[told])
        scatter = 1.4826 * np.median(np.abs(centred))
        noise = within**2 / images[told]
        with np.errstate(divide="ignore", invalid="ignore"):
            z[told] = centred / np.sqrt(scatter**2 + noise)
    return Light(difference, z, within)
