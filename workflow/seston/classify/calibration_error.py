"""How far the confidence of a classifier is from how often it is right.

Errors of calibration are found by grouping images of like confidence into bins. Equal bins of few
images find an error in a perfect classifier too, which is why one form has that taken off
(`debiased_ece`). NLL and Brier's score need no bins: they judge calibration and sharpness at
once, and neither can be bettered by claiming more than is known. All functions take what is
*right* as a number between 0 and 1: where experts do not agree, the share of them that say what
was predicted (the expected agreement); dividing it by the largest share, as Schanz et al. (2023)
do, makes a perfect classifier look unsure of itself and rewards false confidence.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from seston.trends.intervals import wilson

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

BINS = 15
RELIABILITY = ["bin", "confidence", "right", "low", "high", "images"]


def nll(log_posterior: npt.NDArray, votes: npt.NDArray) -> float:
    """Return the mean negative log-likelihood in nats of log-posteriors (n, K) given votes (n, K).

    Infinite where a class was ruled out that somebody voted for.
    """
    told = np.where(votes > 0, log_posterior, 0)  # 0 times -inf is nothing
    return float(-(votes * told).sum() / len(votes)) if len(votes) else float("nan")


def brier(posterior: npt.NDArray, votes: npt.NDArray) -> float:
    """Return Brier's score, the mean squared distance of posteriors and votes (n, K): 0 to 2."""
    return float(((posterior - votes) ** 2).sum(axis=1).mean()) if len(votes) else float("nan")


def ece(confidence: npt.NDArray, right: npt.NDArray, bins: int = BINS) -> float:
    r"""Return the expected calibration error over bins of equal width.

    Parameters
    ----------
    confidence : ndarray, shape (n,)
        Probability of the predicted class, 0 to 1.
    right : ndarray, shape (n,)
        Whether the prediction is right, or the share of experts that agree.
    bins : int

    Returns
    -------
    float
        :math:`\sum_b n_b / n \, |\bar r_b - \bar c_b|` over bins (low, high] (Naeini et al. 2015,
        AAAI; Guo et al. 2017, ICML). NaN without images.
    """
    return _error(confidence, right, _equal_width(confidence, bins))


def adaptive_ece(confidence: npt.NDArray, right: npt.NDArray, bins: int = BINS) -> float:
    """Return the same over bins of equally many images (Nguyen & O'Connor 2015, EMNLP)."""
    return _error(confidence, right, _equal_mass(confidence, bins))


def debiased_ece(confidence: npt.NDArray, right: npt.NDArray, bins: int = BINS) -> float:
    r"""Return the root mean squared calibration error, without what chance alone makes of it.

    Parameters
    ----------
    confidence, right, bins
        As in `ece`.

    Returns
    -------
    float
        Root of :math:`\sum_b n_b / n \, [(\bar r_b - \bar c_b)^2 - s_b^2 / n_b]` over bins of
        equally many images, :math:`s_b^2` being the variance of :math:`r - c` within the bin; 0
        where that is below 0, NaN where no bin has two images (after Kumar, Liang & Ma 2019,
        NeurIPS).
    """
    place = _equal_mass(confidence, bins)
    count = np.bincount(place, minlength=1).astype(np.float64)
    gap = np.asarray(right, dtype=np.float64) - confidence
    several = count > 1
    if not several.any():
        return float("nan")
    mean = np.bincount(place, gap) / np.maximum(count, 1)
    within = np.bincount(place, (gap - mean[place]) ** 2) / np.maximum(count - 1, 1)
    square = (count * (mean**2 - within / np.maximum(count, 1)))[several].sum()
    return float(np.sqrt(max(square / count[several].sum(), 0)))


def classwise_ece(posterior: npt.NDArray, votes: npt.NDArray, bins: int = BINS) -> Floats:
    """Return the calibration error of the probability of each class (K,), bins of equal width.

    Their mean is the class-wise ECE (Kull et al. 2019, NeurIPS). Unlike `ece` it sees the
    probabilities of classes that were not predicted, which is what counts are summed from.
    """
    columns = range(posterior.shape[1])
    return np.array([ece(posterior[:, place], votes[:, place], bins) for place in columns])


def reliability(
    confidence: npt.NDArray,
    right: npt.NDArray,
    bins: int = 10,
    confidence_level: float = 0.95,
    *,
    units: npt.NDArray[np.int64] | None = None,
) -> pd.DataFrame:
    """Return the reliability diagram: how often images of like confidence are right.

    Parameters
    ----------
    confidence, right : ndarray, shape (n,)
        As in `ece`.
    bins : int
        Of equal width.
    confidence_level : float
        Of the interval.
    units : ndarray of int64, shape (n,), or None
        Number of the day or sample of each image, whose images are alike; None takes all images
        for independent.

    Returns
    -------
    pandas.DataFrame
        Columns `RELIABILITY`: ``bin`` (1 is the least confident), mean ``confidence``, share
        ``right`` and its interval ``low`` to ``high``, number of ``images``. Bins without images
        have no row. The interval is Wilson's, with the variance between units in place of that
        of independent images where it is greater and a bin has two units.
    """
    place = _equal_width(confidence, bins)
    right = np.asarray(right, dtype=np.float64)
    count = np.bincount(place, minlength=bins)
    total = np.bincount(place, right, bins)
    effect, freedom = np.ones(bins), np.full(bins, np.inf)
    if units is not None and len(units):
        off = right - (total / np.maximum(count, 1))[place]
        effect, freedom = _design_effect(off, place, units, bins)
    there = np.flatnonzero(count)
    images = count[there]
    low, high = wilson(total[there], images, effect[there], freedom[there], confidence_level)
    return pd.DataFrame(
        {
            "bin": there + 1,
            "confidence": np.bincount(place, confidence, bins)[there] / images,
            "right": total[there] / images,
            "low": low,
            "high": high,
            "images": images,
        }
    )


def _design_effect(
    off: Floats, place: Integers, units: Integers, bins: int
) -> tuple[Floats, Floats]:
    """Return variance of each bin's mean over that of independent images, and its freedom.

    Parameters
    ----------
    off : ndarray, shape (n,)
        What is right less the mean of its bin.
    place, units : ndarray of int64, shape (n,)
    """
    cells, cell = np.unique(place * (units.max() + 1) + units, return_inverse=True)
    home = cells // (units.max() + 1)
    count = np.bincount(home, minlength=bins)
    between = np.bincount(home, np.bincount(cell, off) ** 2, bins)
    independent = np.bincount(place, off**2, bins)
    several = (count > 1) & (independent > 0)
    effect = np.ones(bins)
    np.divide(between * count, independent * (count - 1), out=effect, where=several)
    return np.maximum(effect, 1), np.where(several, count - 1.0, np.inf)


def _error(confidence: npt.NDArray, right: npt.NDArray, place: Integers) -> float:
    if not len(confidence):
        return float("nan")
    gap = np.bincount(place, np.asarray(right, dtype=np.float64) - confidence)
    return float(np.abs(gap).sum() / len(confidence))


def _equal_width(confidence: npt.NDArray, bins: int) -> Integers:
    """Return the bin (low, high] of each; 0 stands in the first, as does what rounding left."""
    place = np.ceil(np.asarray(confidence, dtype=np.float64) * bins).astype(np.int64) - 1
    return np.clip(place, 0, bins - 1)


def _equal_mass(confidence: npt.NDArray, bins: int) -> Integers:
    """Return the bin of each by its rank; images of the same confidence share their mean rank."""
    rank = stats.rankdata(confidence) - 0.5
    return np.minimum((rank * bins / max(len(rank), 1)).astype(np.int64), bins - 1)
