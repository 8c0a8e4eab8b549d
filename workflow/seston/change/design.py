"""The columns of the regressions of one site: time, groups, and the groups' own courses."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from seston.change.cells import Cells
from seston.change.spline import NaturalSpline, degrees, waves

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Term = Literal["curve", "groups", "courses"]


@dataclass(frozen=True)
class Design:
    """Columns for N cells; those of groups sum to 0 over the groups.

    Attributes
    ----------
    curve : NaturalSpline
        The course in time that all groups have in common, with df columns.
    course : NaturalSpline
        How a group's course departs from it, with d columns: df - 1, but at least 1.
    common_waves : ndarray, shape (N, c)
        Scatter beside the common curve.
    own_waves : ndarray, shape (N, (G - 1) c)
        Scatter beside the groups' own courses.
    time, group : ndarray of int64, shape (N,)
    groups : int
    """

    curve: NaturalSpline
    course: NaturalSpline
    common_waves: Floats
    own_waves: Floats
    time: Integers
    group: Integers
    groups: int

    def columns(
        self, *terms: Term, time: npt.NDArray | None = None, group: Integers | None = None
    ) -> Floats:
        """Return the level and these terms, of the cells or of other times and groups."""
        when = self.time if time is None else time
        contrast = contrasts(self.groups)[self.group if group is None else group]
        made = {
            "curve": lambda: self.curve(when),
            "groups": lambda: contrast,
            "courses": lambda: crossed(contrast, self.course(when)),
        }
        return np.hstack([np.ones((len(when), 1)), *(made[term]() for term in terms)])


def design_of(cells: Cells) -> Design:
    """Return the design for the cells of a site."""
    fewest = int(np.bincount(cells.group).min())
    df = degrees(fewest)
    own = max(df - 1, 1)
    contrast = contrasts(cells.groups)[cells.group]
    return Design(
        NaturalSpline(cells.time, df),
        NaturalSpline(cells.time, own),
        waves(cells.time, df, fewest),
        crossed(contrast, waves(cells.time, own, fewest)),
        cells.time,
        cells.group,
        cells.groups,
    )


def contrasts(groups: int) -> Floats:
    """Return (G, G - 1) columns that sum to 0: level of each group against the mean of all."""
    return np.vstack([np.eye(groups - 1), -np.ones((1, groups - 1))])


def crossed(left: Floats, right: Floats) -> Floats:
    """Return each column of one times each of the other, (N, a b)."""
    return (left[:, :, None] * right[:, None, :]).reshape(len(left), -1)
