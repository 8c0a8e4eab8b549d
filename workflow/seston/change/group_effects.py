"""How many times as much there is in each group, and the curve of each."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from seston.change.compared import Compared
from seston.change.design import contrasts
from seston.change.difference import Difference

Floats = npt.NDArray[np.float64]

WIDEST = 1e6  # an interval whose ends are farther apart says nothing
MOST_POINTS = 400  # of a curve; of longer ones every second period, or third …


class Ratios(NamedTuple):
    """Against the geometric mean of the groups, adjusted for time; each of shape (G,).

    The ends of the interval are NaN where it spans more than a millionfold.
    """

    ratio: Floats
    low: Floats
    high: Floats
    p: Floats


class Curves(NamedTuple):
    """Fitted courses of n groups and periods, each of shape (n,); NaN as in `Ratios`."""

    group: npt.NDArray[np.int64]
    period: npt.NDArray[np.int64]
    fitted: Floats
    low: Floats
    high: Floats


def ratios(found: Difference, groups: int, confidence: float) -> Ratios:
    """Return the ratio of each group, of the regression with parallel courses."""
    columns = len(found.levels.coefficients)
    targets = np.zeros((groups, columns))
    targets[:, columns - groups + 1 :] = contrasts(groups)
    value, half, p = found.levels.estimates(targets, confidence)
    return Ratios(*_interval(value, half), p)


def curves(found: Difference, site: Compared, confidence: float) -> Curves:
    """Return each group's course, from its first to its last sampled period.

    From the regression with a course for each group. Periods between samples have a value too:
    what the curve says of them.
    """
    if site.model is None:
        raise ValueError("a site without a regression has no curves")
    cells, design = site.model.cells, site.model.design
    numbers, periods = [], []
    for number in range(len(site.groups)):
        times = cells.time[cells.group == number]
        last = min((times.max() + 1) * cells.width, len(site.periods))
        first = times.min() * cells.width
        span = np.arange(first, last, 1 + (last - first - 1) // MOST_POINTS)
        numbers.append(np.full(len(span), number))
        periods.append(span)
    group, period = np.concatenate(numbers), np.concatenate(periods)
    time = (period + 0.5) / cells.width - 0.5
    columns = design.columns("curve", "groups", "courses", time=time, group=group)
    value, half, _ = found.courses.estimates(columns, confidence)
    return Curves(group, period, *_interval(value, half))


def _interval(value: Floats, half: Floats) -> tuple[Floats, Floats, Floats]:
    """Return estimate and ends of an interval that was found on the log scale."""
    half = np.where(2 * half > np.log(WIDEST), np.nan, half)
    return np.exp(value), np.exp(value - half), np.exp(value + half)
