"""Series of a whole sample: a row of panels for each group, a column for each measure.

Eight lines with intervals in one panel cannot be read; here each group has its own row, and the
other groups run behind it in grey, so that it can be compared without a colour for each.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from seston.report.drawing import style
from seston.report.drawing.gaps import unbroken
from seston.report.drawing.time_axis import TimeAxis
from seston.report.wording import distinct

Floats = npt.NDArray[np.float64]

MOST_ROWS, MOST_WIDE = 10, 2
DENSE = 60  # periods of a panel above which marks would touch
BEHIND = "#c9ced1"  # of other groups: paler than any mark, darker than a gap
BLUE, RED = style.COLOURS[0], style.COLOURS[1]


@dataclass(frozen=True)
class Grid:
    """A figure with panels of some groups and measures.

    Attributes
    ----------
    figure : Figure
    groups : list of str
    panels : ndarray of Axes, shape (groups, measures)
        Each measure has one scale.
    time : TimeAxis
    told : str
        Which groups these are, if not all.
    """

    figure: Figure
    groups: list[str]
    panels: npt.NDArray
    time: TimeAxis
    told: str

    def finish(
        self, periods: Sequence[str], tops: Sequence[float | None], whole: Sequence[int] = ()
    ) -> None:
        """Give all panels the same time, and each measure few round numbers.

        Parameters
        ----------
        tops : sequence of float or None
            The largest value of a measure that starts at 0; None for one that does not.
        whole : sequence of int
            Places of measures that are counts, above and below 0: ticks have no sign and no parts.
        """
        wide = len(self.groups) <= MOST_WIDE
        most = 8 // len(self.groups) if wide else 3
        beside = self.time.mark(self.panels[-1, -1], periods, most)
        self.figure.supxlabel(beside, fontsize=7)
        for axes in self.panels.ravel():
            axes.yaxis.set_major_locator(MaxNLocator(3, min_n_ticks=2))
            axes.yaxis.set_major_formatter(style.tick_number)
        for axes in self.panels[:, list(whole)].ravel():
            axes.yaxis.set_major_locator(MaxNLocator(3, integer=True))
            axes.yaxis.set_major_formatter(style.tick_count)
        for axes, top in zip(self.panels[0], tops, strict=True):
            if top is not None:
                axes.set_ylim(0, 1.06 * top if top > 0 else 1)
        self.figure.align_ylabels(self.panels[0] if wide else self.panels[:, 0])

    def key(self, handles: Sequence[Artist]) -> None:
        """Write above the panels what is what."""
        if handles or self.told:
            legend = self.figure.legend(
                handles=handles, loc="outside upper left", ncols=6, title=self.told or None,
                alignment="left", title_fontsize=7,
            )  # fmt: skip
            legend.set_in_layout(True)


def grid(table: pd.DataFrame, effort: str, measures: Sequence[str], time: TimeAxis) -> Grid:
    """Return a figure with empty panels, the groups by name.

    A group is a row; of one or two groups each is a column, so that time has room.

    Parameters
    ----------
    table : pandas.DataFrame
        With the column `group`; where it has more than `MOST_ROWS`, those with the largest sum
        of the column `effort`.
    measures : sequence of str
        Titles of the measures.
    """
    sums = table.groupby("group")[effort].sum().reset_index()
    biggest = sums.sort_values([effort, "group"], ascending=[False, True]).head(MOST_ROWS)
    groups = sorted(biggest["group"])
    told = f"the {len(groups)} of {len(sums)} groups with the most {effort}"
    told = told if len(sums) > len(groups) else ""
    if wide := len(groups) <= MOST_WIDE:
        figure = style.new_figure(style.TWO_COLUMNS, 22 + 25 * len(measures))
        panels = figure.subplots(
            len(measures), len(groups), sharex=True, sharey="row", squeeze=False
        ).T
        across, down = distinct(groups, 40), list(measures)
    else:
        each = float(np.clip(150 / len(groups), 16, 34))
        figure = style.new_figure(style.TWO_COLUMNS, 22 + each * len(groups))
        panels = figure.subplots(
            len(groups), len(measures), sharex=True, sharey="col", squeeze=False
        )
        across, down = list(measures), distinct(groups, 14)
    first, left = (panels[:, 0], panels[0]) if wide else (panels[0], panels[:, 0])
    for axes, title in zip(first, across, strict=False):
        axes.set_title(title, fontsize=7)
    for axes, title in zip(left, down, strict=True):
        axes.set_ylabel(title)
    return Grid(figure, groups, panels, time, told)


def line(
    axes: Axes, x: Floats, y: Floats, colour: str, marks: bool = True, dashed: bool = False
) -> None:
    """Draw a line that stops at gaps, and a mark where it would be a single point."""
    known = np.isfinite(y)
    x, y = x[known], y[known]
    marks = marks and len(x) <= DENSE
    for part in unbroken(x):
        alone = part.stop - part.start == 1
        axes.plot(
            x[part], y[part], color=colour, lw=0.8, ls=(0, (3, 2)) if dashed else "-",
            marker="o" if marks or alone else "", ms=1.8, mew=0, clip_on=False,
        )  # fmt: skip


def band(axes: Axes, x: Floats, low: Floats, high: Floats, colour: str) -> None:
    """Draw an interval around a line, also of a single period."""
    known = np.isfinite(low) & np.isfinite(high)
    x, low, high = x[known], low[known], high[known]
    for part in unbroken(x):
        axes.fill_between(x[part], low[part], high[part], color=colour, alpha=0.22, lw=0)
        if part.stop - part.start == 1:
            axes.vlines(x[part], low[part], high[part], colour, alpha=0.4, lw=0.9)
