"""Whether the images of a sample look like those that the classifier learned from.

Another mixture of the classes is no reason for alarm: counting takes it into account. New kinds,
another focus or another light are, since all that is said of the classifier then holds for other
images. What is compared is how strange each image is, such as its distance from the nearest
labelled image or how unsure its class is, with what is usual of its class. Days differ in that,
and a sample counts as strange only beyond what labelled days differ by.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

Floats = npt.NDArray[np.float64]

#: Units below which nobody can say what days differ by.
LEAST_UNITS = 3
_ROUNDS = 60


@dataclass(frozen=True)
class Usual:
    """How strange labelled images are.

    Attributes
    ----------
    values : ndarray, shape (n,)
        Strangeness of the labelled images, sorted; ranks among them are what is averaged.
    mean, variance, error : ndarray, shape (K,)
        Mean rank of each class (0 to 1), its variance within a unit, and the square of the standard
        error of the mean.
    between : float
        Variance between units of what an image exceeds the mean of its class by.
    units : int
        Days or samples that this was found from.
    """

    values: Floats
    mean: Floats
    variance: Floats
    error: Floats
    between: float
    units: int


class Drift(NamedTuple):
    """How strange a sample is.

    Attributes
    ----------
    excess : float
        By how much its images exceed what is usual of their classes, in ranks (-1 to 1).
    p : float
        Chance that a sample like the labelled ones exceeds it by as much; NaN if that cannot be
        said, from too few labelled units.
    """

    excess: float
    p: float


def unsureness(posterior: npt.NDArray) -> Floats:
    """Return 1 less the probability of the likeliest class (n,).

    Give posteriors (n, K) under one prior for all, not under that of each sample: images would
    seem less strange where their class is common.
    """
    return 1 - np.asarray(posterior, dtype=np.float64).max(axis=1)


def usual(strangeness: npt.NDArray, votes: npt.NDArray, units: npt.NDArray) -> Usual:
    """Return how strange labelled images are that were treated as new ones.

    Parameters
    ----------
    strangeness : ndarray, shape (n,)
        Of each labelled image as if it were new: held-out posteriors, nearest labelled image of
        another unit.
    votes : ndarray, shape (n, K)
        Their classes, known in the same way as those of the samples that are asked about; images
        count for several by shares.
    units : ndarray of int, shape (n,)
        Day or sample of each.

    Notes
    -----
    The excess of a unit is the mean over its images of their rank less the mean rank of their
    class in the *other* units. Its variance is that of single images over their number, that of
    the means, and that between units, found so that squared excesses are what they should be
    (Paule & Mandel 1982, J. Res. NBS 87:377).
    """
    values = np.sort(np.asarray(strangeness, dtype=np.float64))
    rank = _ranks(values, strangeness)
    names, unit = np.unique(units, return_inverse=True)
    images = _by_unit(votes, unit, len(names))  # (U, K)
    sums = _by_unit(votes * rank[:, None], unit, len(names))
    total = images.sum(axis=0)
    mean = _ratio(sums.sum(axis=0), total)
    squares = _by_unit(votes * rank[:, None] ** 2, unit, len(names)).sum(axis=0)
    variance = np.maximum(_ratio(squares, total) - mean**2, 0) * _ratio(total, total - 1, 1.0)
    others = total - images
    other_mean = _ratio(sums.sum(axis=0) - sums, others)
    known = np.where(others > 0, images, 0)
    size = known.sum(axis=1)
    excess = _ratio((np.where(others > 0, sums, 0) - known * other_mean).sum(axis=1), size)
    mix = _ratio(known, size[:, None])
    chance = _ratio((mix * variance).sum(axis=1), size)
    chance += (mix**2 * _ratio(variance, others)).sum(axis=1)
    tells = size > 0
    between = _between(excess[tells], chance[tells])
    # The means of classes found in few units are as unsure as those units differ.
    spread = _ratio((images**2).sum(axis=0), total**2)
    error = _ratio(variance, total) + between * spread
    return Usual(values, mean, variance, error, between, int(tells.sum()))


def unlike(known: Usual, strangeness: npt.NDArray, share: npt.NDArray) -> Drift:
    """Return how much stranger the images of a sample are than labelled ones.

    Parameters
    ----------
    known : Usual
    strangeness : ndarray, shape (m,)
        Of the images of the sample, measured as that of the labelled ones.
    share : ndarray, shape (K,)
        How frequent the classes seem to be in the sample.

    Returns
    -------
    Drift
        With p of Student's t: a sample is as good as one more unit.
    """
    images = len(strangeness)
    if not images or known.units < LEAST_UNITS:
        return Drift(float("nan"), float("nan"))
    rank = _ranks(known.values, strangeness)
    excess = float(rank.mean() - share @ known.mean)
    variance = known.between + share @ known.variance / images + share**2 @ known.error
    if not variance > 0:
        return Drift(excess, float(excess <= 0))
    return Drift(excess, float(stats.t.sf(excess / np.sqrt(variance), known.units - 1)))


def _ranks(values: Floats, strangeness: npt.NDArray) -> Floats:
    """Return the share of sorted `values` below each, those that equal it counting half."""
    below = np.searchsorted(values, strangeness, side="left")
    return (below + np.searchsorted(values, strangeness, side="right")) / (2 * len(values))


def _by_unit(values: npt.NDArray, unit: npt.NDArray, units: int) -> Floats:
    sums = np.zeros((units, values.shape[1]))
    np.add.at(sums, unit, values)
    return sums


def _ratio(part: npt.ArrayLike, whole: npt.ArrayLike, otherwise: float = 0.0) -> Floats:
    part, whole = np.broadcast_arrays(np.asarray(part, float), np.asarray(whole, float))
    return np.divide(part, whole, out=np.full(part.shape, otherwise, dtype=float), where=whole > 0)


def _between(excess: Floats, chance: Floats) -> float:
    """Return the variance between units that makes squared excesses what they should be."""

    def surplus(between: float) -> float:
        weight = 1 / np.maximum(chance + between, 1e-12)
        middle = (weight * excess).sum() / weight.sum()
        return float((weight * (excess - middle) ** 2).sum() - (len(excess) - 1))

    if len(excess) < 2 or surplus(0) <= 0:
        return 0.0
    low, high = 0.0, 1.0  # ranks lie between 0 and 1, so more is impossible
    for _ in range(_ROUNDS):
        middle = (low + high) / 2
        low, high = (middle, high) if surplus(middle) > 0 else (low, middle)
    return high
