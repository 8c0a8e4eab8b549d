"""How often a classifier is right: of all images, of each class, and in what it counts.

Images of one day or sample are alike, so intervals come from drawing days (or samples) anew.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from seston.evaluate.tally import LEAST_UNITS, draw_units

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

HALF = 0.5  # images that stand for an estimate of none, which has no logarithm


def confusion(truth: npt.NDArray, predicted: npt.NDArray, classes: int) -> Integers:
    """Return how many images of each class (rows) were taken for each class (columns).

    Parameters
    ----------
    truth, predicted : ndarray of int, shape (n,)
        Classes by number; images where either is negative (no majority, not classified) are
        left out.
    classes : int
        K. Classes that are never predicted, or of which there is no image, have their row and
        column all the same.

    Returns
    -------
    ndarray of int64, shape (K, K)
    """
    known = (truth >= 0) & (predicted >= 0)
    cells = truth[known].astype(np.int64) * classes + predicted[known]
    return np.bincount(cells, minlength=classes**2).reshape(classes, classes)


def recalls(matrix: npt.NDArray) -> Floats:
    """Return the share of each class's images that is found (K,); NaN for a class without any."""
    return _ratio(np.diagonal(matrix), matrix.sum(axis=1))


def precisions(matrix: npt.NDArray) -> Floats:
    """Return the share of each class's predictions that is right (K,); NaN for one never made."""
    return _ratio(np.diagonal(matrix), matrix.sum(axis=0))


def micro(matrix: npt.NDArray) -> float:
    """Return the share of all images that is right; NaN without images."""
    return float(_ratio(np.trace(matrix), matrix.sum()))


def macro(matrix: npt.NDArray) -> float:
    """Return the mean recall over the classes that have images; NaN without any."""
    return float(_mean(recalls(matrix)))


def log_count_error(estimated: npt.NDArray, true: npt.NDArray) -> float:
    """Return the mean over classes of ``|log(estimated / true)|``.

    Parameters
    ----------
    estimated, true : ndarray, shape (K,)
        Images of each class; classes of which there is none are left out, and an estimate of
        less than half an image counts as `HALF`.

    Returns
    -------
    float
        0.69 is a factor of two; NaN where no class has images.
    """
    there = np.asarray(true) > 0
    found = np.maximum(np.asarray(estimated, dtype=np.float64)[there], HALF)
    return float(_mean(np.abs(np.log(found / np.asarray(true)[there]))))


class Score(NamedTuple):
    """A figure, or one of each class, with the interval over units (NaN from too few)."""

    value: Floats
    low: Floats
    high: Floats


class Scores(NamedTuple):
    """What a set of predictions is worth.

    Attributes
    ----------
    micro, macro : Score
        Of scalars.
    recall, precision : Score
        Of each class, (K,).
    units : int
        Days or samples behind the intervals.
    """

    micro: Score
    macro: Score
    recall: Score
    precision: Score
    units: int


def score(
    truth: npt.NDArray,
    predicted: npt.NDArray,
    units: npt.NDArray,
    classes: int,
    *,
    seed: int,
    confidence: float = 0.95,
) -> Scores:
    """Return recalls and precisions with intervals from a bootstrap over units.

    Parameters
    ----------
    truth, predicted : ndarray of int, shape (n,)
        As in `confusion`.
    units : ndarray of int, shape (n,)
        Number of the day or sample of each image.
    classes : int
    seed : int
    confidence : float

    Notes
    -----
    Percentiles of figures from units drawn with replacement (Efron 1979). The recall of a class is
    not asked of draws that miss it; to their macro it gives what it is over all units: left out, a
    class that is rare and found badly would raise most draws above the figure itself. From fewer
    than `LEAST_UNITS` units there is no interval.
    """
    known = (truth >= 0) & (predicted >= 0)
    truth, predicted = truth[known], predicted[known]
    names, unit = np.unique(units[known], return_inverse=True)

    def by_unit(those: npt.NDArray[np.bool_] | slice, codes: npt.NDArray) -> Integers:
        cells = unit[those] * classes + codes[those]
        return np.bincount(cells, minlength=len(names) * classes).reshape(-1, classes)

    hits = by_unit(truth == predicted, truth)
    asked, answered = by_unit(slice(None), truth), by_unit(slice(None), predicted)
    once = np.ones((1, len(names)))
    value = _figures(once, hits, asked, answered)
    overall = value[2][0]
    if len(names) < LEAST_UNITS:
        none = [np.full_like(found[0], np.nan) for found in value]
        limits = [(nothing, nothing) for nothing in none]
    else:
        drawn = _figures(draw_units(len(names), seed), hits, asked, answered, overall)
        limits = [_limits(found, confidence) for found in drawn]
    micros, macros, recall, precision = (
        Score(found[0], low, high) for found, (low, high) in zip(value, limits, strict=True)
    )
    return Scores(micros, macros, recall, precision, len(names))


def _figures(
    drawn: Floats,
    hits: Integers,
    asked: Integers,
    answered: Integers,
    missed: Floats | float = np.nan,
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return micro (B,), macro (B,), recall (B, K) and precision (B, K) of each draw.

    `missed` is the recall (K,) that a class gives to the macro of draws without it.
    """
    right, there = drawn @ hits, drawn @ asked
    recall = _ratio(right, there)
    whole = _ratio(right.sum(axis=1), there.sum(axis=1))
    macro = _mean(np.where(np.isfinite(recall), recall, missed))
    return whole, macro, recall, _ratio(right, drawn @ answered)


def _limits(found: Floats, confidence: float) -> tuple[Floats, Floats]:
    """Return percentiles over the first axis, without what is not a number."""
    tail = (1 - confidence) / 2
    never = ~np.isfinite(found).any(axis=0)
    limits = np.nanquantile(np.where(never, 0, found), [tail, 1 - tail], axis=0)
    low, high = np.where(never, np.nan, limits)
    return low, high


def _ratio(part: npt.ArrayLike, whole: npt.ArrayLike) -> Floats:
    part, whole = np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64)
    return np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0)


def _mean(values: Floats) -> Floats:
    """Return the mean over the last axis of what is a number; NaN if nothing is."""
    known = np.isfinite(values)
    return _ratio(np.where(known, values, 0).sum(axis=-1), known.sum(axis=-1))
