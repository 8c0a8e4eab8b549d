"""The groups of a site made ready for comparison: which, in what unit, and what forbids it."""

import logging
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from seston.change.cells import Cells, cells_of
from seston.change.correlation import grid_of
from seston.change.design import design_of
from seston.change.difference import Regression
from seston.change.series import Measure, choose_measure, totals
from seston.change.verdicts import LEAST_PERIODS
from seston.trends.counted import Counted
from seston.trends.periods import Period, periods_between

Floats = npt.NDArray[np.float64]

log = logging.getLogger("seston")

LEAST_CURVE = 5  # sampled periods that a group needs for a curve
LEAST_PART = 1 / 3  # and which part of those of the group with most
LEAST_SHARED = 0.5  # part of the cells whose period has another group too
LEAST_IMAGES = 20  # of a class at the site


@dataclass(frozen=True)
class Compared:
    """A site whose groups are compared.

    Attributes
    ----------
    site : str
    groups : list of str
        Those that are compared.
    left_out : list of str
        Those with too few periods.
    periods : list of str
        Every period from the first to the last.
    measure : {"concentration", "share"}
    why : str
        Of the measure.
    model : Regression or None
        None where there are too few periods for a curve, or one class only, whose share is 1.
    flags : list of str
        What holds for all classes of the site; see `seston.change.group_words.FLAGS`.
    """

    site: str
    groups: list[str]
    left_out: list[str]
    periods: list[str]
    measure: Measure
    why: str
    model: Regression | None = None
    flags: list[str] = field(default_factory=list)

    @property
    def tested(self) -> bool:
        """Whether there are enough periods for p-values."""
        return "too_few_periods" not in self.flags

    @property
    def comparable(self) -> bool:
        """Whether there are groups to compare."""
        return not {"one_group", "groups_apart"} & {*self.flags}


def compare(site: Counted, period: Period, day_zero: str) -> Compared:
    """Return the groups of one site, ready for comparison."""
    seen = site.effort["period"]
    found = totals(site, periods_between(seen.min(), seen.max(), period, day_zero))
    measure, why = choose_measure(found)
    effort = site.effort["water_ml" if measure == "concentration" else "used"]
    amount = effort.fillna(0.0).to_numpy(np.float64)
    group = np.searchsorted(found.groups, site.effort["group"].to_numpy(str))
    time = np.searchsorted(found.periods, site.effort["period"].to_numpy(str))
    spent = amount > 0
    sampled = np.array([
        len(np.unique(time[spent & (group == place)])) for place in range(len(found.groups))
    ])  # fmt: skip
    enough = sampled >= max(LEAST_CURVE, LEAST_PART * sampled.max(initial=0))
    name = site.effort["site"].iloc[0]
    groups = [text for text, kept in zip(found.groups, enough, strict=True) if kept]
    left_out = [text for text in found.groups if text not in groups]
    flags = ["share_only"] if measure == "share" else []
    cells = cells_of(group, time, np.where(enough[group], amount, 0.0)) if groups else None
    refused = ""
    # Also where periods had to be joined to fewer blocks than a curve needs.
    if cells is None or np.bincount(cells.group).min() < LEAST_CURVE:
        refused = "too_few_periods"
    elif measure == "share" and found.present.sum() < 2:
        refused = "one_class"
    if cells is None or refused:
        return Compared(
            name, groups, left_out, found.periods, measure, why, flags=[refused, *flags]
        )
    if left_out:
        flags.append("groups_left_out")
        log.warning("groups: site %s: %s sampled too rarely", name or "-", ", ".join(left_out))
    if cells.periods < LEAST_PERIODS:
        flags.insert(0, "too_few_periods")
    if cells.width > 1:
        flags.append("periods_joined")
    if len(groups) == 1:
        flags.append("one_group")
    elif _shared(cells) < LEAST_SHARED:
        flags.append("groups_apart")
    return Compared(
        name, groups, left_out, found.periods, measure, why,
        Regression(cells, design_of(cells), grid_of(cells)), flags,
    )  # fmt: skip


def _shared(cells: Cells) -> float:
    """Return the part of the cells whose period has another group too."""
    return float((np.bincount(cells.time)[cells.time] > 1).mean())
