"""One class at one site: its regressions, its tests, and what speaks against them."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from seston.change.compared import LEAST_IMAGES, Compared
from seston.change.difference import Difference, difference, p_value

Test = Literal["time", "groups", "interaction"]

TESTS: tuple[Test, ...] = ("time", "groups", "interaction")
MISFIT = 1.5  # Pearson's ratio of a negative binomial regression that does not fit


@dataclass
class ComparedClass:
    """What is known of one class at one site.

    Attributes
    ----------
    site : Compared
    name : str
    counts : ndarray of int64, shape (m,)
        Images in each sample of the site.
    found : Difference or None
        None where nothing can be estimated.
    p, q : dict
        By test; NaN where there is none.
    since : tuple of str and str, or None
        Period from which the groups differ, and the group that does.
    reclusterings, same : int or None
        Clusterings made anew, and those in which the groups differ too.
    flags : list of str
        See `seston.change.group_words.FLAGS`.
    """

    site: Compared
    name: str
    counts: npt.NDArray[np.int64]
    found: Difference | None = None
    p: dict[Test, float] = field(default_factory=lambda: dict.fromkeys(TESTS, np.nan))
    q: dict[Test, float] = field(default_factory=lambda: dict.fromkeys(TESTS, np.nan))
    since: tuple[str, str] | None = None
    reclusterings: int | None = None
    same: int | None = None
    flags: list[str] = field(default_factory=list)

    def differs(self, alpha: float) -> list[Test]:
        """Return by which tests the groups differ, at this false discovery rate."""
        return [test for test in ("groups", "interaction") if self.q[test] <= alpha]


def compare_class(site: Compared, name: str, counts: npt.NDArray[np.int64]) -> ComparedClass:
    """Return the regressions and p-values of one class, from its images in each sample (m,)."""
    one = ComparedClass(site, name, counts, flags=list(site.flags))
    if site.model is None:
        return one
    cells = site.model.cells
    total = cells.total(counts)
    if total.sum() < LEAST_IMAGES:
        one.flags.insert(0, "too_few_images")
        return one
    found = difference(total, site.model)
    if not (found.additive.converged and found.full.converged):
        one.flags.insert(0, "not_converged")
        return one
    one.found = found
    if (np.bincount(cells.group, total) == 0).any():
        one.flags.append("absent_in_group")
    if found.full.ratio > MISFIT:
        one.flags.append("misfit")
    if site.tested:
        one.p["time"] = p_value(found, site.model, ["groups"], "curve")
        if site.comparable:
            one.p["groups"] = p_value(found, site.model, ["curve"], "groups")
            one.p["interaction"] = p_value(found, site.model, ["curve", "groups"], "courses")
    return one
