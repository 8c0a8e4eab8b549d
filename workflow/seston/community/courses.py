"""The course of each class in each group, on a log scale: what synchrony looks at."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seston.change.series import Measure, choose_measure, tested, totals
from seston.community.compositions import LEAST_IMAGES, without_unlabelled
from seston.trends.counted import Counted
from seston.trends.periods import Period, periods_between

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Courses:
    """Series of K classes in n groups and periods, by group and period.

    Attributes
    ----------
    measure : {"concentration", "share"}
    classes : list of str, length K
        Those that the site has; images without a label are none.
    group, place : ndarray of int64, shape (n,)
        Number of the group, and of the period on the calendar.
    values : ndarray of float64, shape (n, K)
        What trends are tested of, too (`seston.change.series`): log of concentrations, or
        centred log-ratios of shares.
    there : ndarray of bool, shape (n, K)
        Whether the class was found.
    """

    measure: Measure
    classes: list[str]
    group: Integers
    place: Integers
    values: Floats
    there: npt.NDArray[np.bool_]


def courses(counted: Counted, period: Period, day_zero: str) -> Courses:
    """Return the courses of one site: of concentrations where most volumes are known.

    Groups and periods whose volume is not known are then left out; of shares, those with fewer
    images than a composition needs.
    """
    counted = without_unlabelled(counted)
    starts = counted.effort["period"]
    found = totals(counted, periods_between(starts.min(), starts.max(), period, day_zero))
    measure, _ = choose_measure(found)
    values = tested(found, measure)
    known = ~np.isnan(values).any(axis=2)
    if measure == "share":
        known &= found.counts.sum(axis=2) >= LEAST_IMAGES
    classes = [name for name, has in zip(found.classes, found.present, strict=True) if has]
    group, place = np.nonzero(known)
    return Courses(
        measure, classes, group, place,
        values[known][:, found.present], found.counts[known][:, found.present] > 0,
    )  # fmt: skip
