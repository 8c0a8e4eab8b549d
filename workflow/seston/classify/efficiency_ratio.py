"""How many times the labels another variant needs to be as right."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import isotonic_regression

Floats = npt.NDArray[np.float64]

#: Of the draws, at most this share may lie beyond the curve they are read from.
BEYOND = 0.025


class Ratio(NamedTuple):
    """Labels that the other variant needs, over one's own.

    Attributes
    ----------
    value, low, high : float
        `high` is infinite, or `low` 0, where the draws leave the curve of the other variant: it is
        then known on one side only.
    note : str
    """

    value: float
    low: float
    high: float
    note: str


def ratios(own: Floats, other: Floats, labels: Floats, other_labels: Floats) -> list[Ratio]:
    r"""Return the label-efficiency ratio of each number of labels.

    Parameters
    ----------
    own : ndarray, shape (B, F)
        How right a variant is with each number of labels, in each draw; the first is no draw but
        the data as they are.
    other : ndarray, shape (B, G)
        The same of the variant it is compared with, in the same draws.
    labels, other_labels : ndarray, shapes (F,), (G,)
        Ascending.

    Notes
    -----
    The curve of the other variant is made monotone (isotonic regression), linear in the logarithm
    of labels between its points; read from it is how many labels reach the same. Beyond its ends
    nothing is extrapolated: the end is told, with a note. Intervals are percentiles of the draws.
    """
    needed = np.stack(
        [
            [_needed(value, curve, other_labels) for value in row]
            for row, curve in zip(own, map(_monotone, other), strict=True)
        ]
    )  # (B, F) of logarithms, infinite beyond the ends
    return [_ratio(needed[:, place], labels[place], other_labels) for place in range(len(labels))]


def _ratio(needed: Floats, labels: float, other_labels: Floats) -> Ratio:
    first, drawn = needed[0], needed[1:]
    if np.isnan(first):
        return Ratio(np.nan, np.nan, np.nan, "not known: nothing to compare")
    ends = np.log(other_labels[[0, -1]])
    value = float(np.exp(np.clip(first, *ends)) / labels)
    known = np.sort(drawn[~np.isnan(drawn)])
    low = high = np.nan
    if len(known):
        # Order statistics, so that what lies beyond an end is not averaged with what does not.
        reach = len(known) - 1
        bounds = known[[int(np.floor(BEYOND * reach)), int(np.ceil((1 - BEYOND) * reach))]]
        low, high = (np.exp(bounds) / labels).tolist()
    notes = []
    if first > ends[1]:
        notes.append("at least: the other is never as right")
    elif first < ends[0]:
        notes.append("at most: the other is as right with its fewest labels")
    return Ratio(value, low, high, "; ".join(notes))


def _monotone(curve: Floats) -> Floats:
    known = np.isfinite(curve)
    found = np.full(curve.shape, np.nan)
    if known.any():
        found[known] = isotonic_regression(curve[known]).x
    return found


def _needed(value: float, curve: Floats, labels: Floats) -> float:
    """Return the logarithm of the labels with which a monotone curve first reaches a value."""
    known = np.isfinite(curve)
    if np.isnan(value) or not known.any():
        return np.nan
    heights, places = curve[known], np.log(labels[known])
    place = int(np.searchsorted(heights, value))  # the first that is as high
    if place == len(heights):
        return np.inf
    if place == 0:
        return -np.inf if heights[0] > value else float(places[0])
    below, above = heights[place - 1], heights[place]
    share = (value - below) / (above - below)
    return float(places[place - 1] + share * (places[place] - places[place - 1]))
