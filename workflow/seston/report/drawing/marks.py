"""A series as it is drawn everywhere: line, marks and intervals, in the look of its group."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.path import Path

from seston.report.drawing import style
from seston.report.drawing.gaps import unbroken
from seston.report.drawing.time_axis import TimeAxis
from seston.report.wording import distinct, group_name, number
from seston.trends.effort import FEW

Floats = npt.NDArray[np.float64]

MOST_GROUPS = len(style.COLOURS)
DENSE = 60  # marks of a panel above which intervals are bands
REACH = 2.5  # how far above the largest value an interval is followed
#: At the edge of a panel, of an interval that goes on beyond it: a roof, as no group has.
CUT = Path([(-0.5, -0.6), (0, 0), (0.5, -0.6)])


@dataclass(frozen=True)
class Measure:
    """Columns of a value and of its limits, and how they are drawn: times `factor`, in `unit`."""

    value: str
    low: str
    high: str
    unit: str
    factor: float = 1.0

    @property
    def is_share(self) -> bool:
        """Return whether the values lie between 0 and 1."""
        return self.factor != 1.0


class Reach(NamedTuple):
    """How high a series asks its panel to be, and where its intervals end.

    `x` and `high` are the upper ends of the bars, (n,); of bands there are none.
    """

    top: float
    x: Floats
    high: Floats
    colour: str


SHARE = Measure("share", "share_low", "share_high", "% of all", 100.0)
CONCENTRATION = Measure("concentration_per_ml", "concentration_low", "concentration_high", "per mL")
REJECTED = Measure("rejected_share", "rejected_low", "rejected_high", "rejected, %", 100.0)
NOISE = Measure("noise_share", "noise_low", "noise_high", "noise, %", 100.0)


def by_group(rows: pd.DataFrame, groups: Sequence[str]) -> Iterator[tuple[int, pd.DataFrame]]:
    """Yield the position and the rows of each group, in time."""
    for position, group in enumerate(groups):
        one = rows[rows["group"] == group]
        if len(one):
            yield position, one.sort_values("period")


def limits(rows: pd.DataFrame, measure: Measure) -> tuple[Floats, Floats]:
    """Return the limits of intervals, as drawn; NaN where there is none or a share's says nothing.

    That a share is between 0 and 1 is no news.
    """
    low, high = (rows[name].to_numpy(float) for name in (measure.low, measure.high))
    vain = np.isnan(low) | np.isnan(high)
    if measure.is_share:
        vain |= (low <= 0) & (high >= 1)
    low, high = (measure.factor * np.where(vain, np.nan, limit) for limit in (low, high))
    return low, high


def beside(starts: Sequence[str], groups: int, time: TimeAxis) -> Floats:
    """Return how far (days) each group is moved in time, so that marks do not overlap.

    All stay within a third of the least step between the periods.
    """
    places = (np.arange(groups) - (groups - 1) / 2) / groups
    return places * time.step(starts) * 2 / 3


def draw_series(
    axes: Axes, rows: pd.DataFrame, measure: Measure, position: int, groups: int, time: TimeAxis
) -> Reach:
    """Draw one group's series with intervals; return what `fit` needs.

    Lines and bands stop at gaps in the sampling and where the value is not known.

    Parameters
    ----------
    rows : pandas.DataFrame
        In time; `period`, `few_samples` and the columns of the measure.
    position : int
        Of the group, among `groups`: its colour, its mark, its place beside the others.
    """
    colour, marker = style.COLOURS[position], style.MARKERS[position]
    starts = rows["period"].tolist()
    dense = groups < 3 and len(starts) * groups > DENSE
    aside = 0.0 if dense else beside(starts, groups, time)[position]
    x, y = time.places(starts) + aside, measure.factor * rows[measure.value].to_numpy(float)
    low, high = limits(rows, measure)
    for cut in reversed(unbroken(time.places(starts))[1:]):
        x, y, low, high = (np.insert(one, cut.start, np.nan) for one in (x, y, low, high))
    axes.plot(x, y, color=colour, lw=0.7)
    known = np.isfinite(low)
    if dense:
        axes.fill_between(x, low, high, color=colour, alpha=0.16, lw=0)
        beside_it = np.r_[False, known[:-1]] | np.r_[known[1:], False]
        known &= ~beside_it  # a band needs two
    bars = np.stack([np.c_[x, low], np.c_[x, high]], axis=1)[known]
    if len(bars):
        axes.add_collection(LineCollection(list(bars), colors=colour, alpha=0.4, lw=0.7))
    there = np.isfinite(x)
    x, y, few = x[there], y[there], rows["few_samples"].to_numpy() > 0
    size = 1.6 if len(starts) * groups > DENSE else 2.5
    for chosen, face in ((~few, colour), (few, "white")):
        if chosen.any():
            look: dict[str, Any] = {"ms": size, "mfc": face, "mec": colour, "mew": 0.45}
            axes.plot(x[chosen], y[chosen], marker, **look, clip_on=False, in_layout=False)
    if not np.isfinite(y).any():
        return Reach(0.0, bars[:, 1, 0], bars[:, 1, 1], colour)
    highest, farthest = (float(np.nanmax(some, initial=0.0)) for some in (y, high))
    near = min(farthest, REACH * highest) if highest else farthest
    return Reach(1.06 * max(highest, near), bars[:, 1, 0], bars[:, 1, 1], colour)


def fit(axes: Axes, reaches: Sequence[Reach], least: float = 0.0) -> bool:
    """Let a panel reach from 0 as high as its series ask; return whether an interval is cut.

    A bar that goes on beyond the panel ends in an arrowhead on its edge.
    """
    top = max([*(one.top for one in reaches), least]) or 1.0
    axes.set_ylim(0, top)
    cut = False
    for one in reaches:
        if (beyond := one.high > top).any():
            look: dict[str, Any] = {"ms": 3, "mew": 0.6, "mfc": "none", "mec": one.colour}
            y = np.full(beyond.sum(), top)
            axes.plot(one.x[beyond], y, marker=CUT, lw=0, **look, clip_on=False, in_layout=False)
            cut = True
    return cut


def log_ticks(low: float, top: float, most: int) -> tuple[list[float], list[str]]:
    """Return round places on a logarithmic axis between two ends, and what to write there."""
    first, last = (int(np.floor(np.log10(end))) for end in (low, top))
    for steps in ((1, 2, 5), (1, 3), (1,)):
        ticks = [step * 10.0**power for power in range(first, last + 1) for step in steps]
        ticks = [tick for tick in ticks if low <= tick <= top]
        if len(ticks) <= most:
            break
    ticks = ticks[:: int(np.ceil(len(ticks) / most)) or 1]
    return ticks, [number(tick) for tick in ticks]


def chance(q: float) -> str:
    """Return a p or q as figures give it: two digits, ``<0.001`` below that."""
    return "<0.001" if q < 0.001 else number(q, 2)


def legend(
    figure: Figure, groups: Sequence[str], few: bool, interval: bool, cut: bool = False,
    more: Sequence[Line2D] = (),
) -> None:  # fmt: skip
    """Write above the figure which group is which, and what the marks mean.

    Parameters
    ----------
    few, interval, cut : bool
        Whether any mark is hollow, any interval is drawn, and any of these is cut.
    more : sequence of Line2D
        What else the figure has to tell, each with its label.
    """
    names = distinct(map(group_name, groups), 20)
    handles = [
        Line2D([], [], color=c, marker=m, markersize=3, lw=0.8, label=name)
        for name, c, m in zip(names, style.COLOURS, style.MARKERS, strict=False)
        if list(groups) != [""]
    ]
    if few:
        look: dict[str, Any] = {"marker": "o", "markersize": 3, "lw": 0}
        handles.append(
            Line2D([], [], color=style.INK, mfc="white", label=f"fewer than {FEW} samples", **look)
        )
    if interval:
        handles.append(Line2D([], [], color=style.GAP, lw=2.5, label="interval"))
    if cut:
        roof: dict[str, Any] = {"marker": CUT, "ms": 4, "mew": 0.7, "mfc": "none"}
        handles.append(Line2D([], [], lw=0, color=style.INK, label="goes on beyond", **roof))
    handles += more
    if not handles:
        return
    letters = [len(str(one.get_label())) + 6 for one in handles]
    columns = int(np.clip(130 // max(letters), 2, 8)) if sum(letters) > 130 else len(handles)
    figure.legend(
        handles=handles, loc="outside upper center", ncols=columns, columnspacing=1.4,
        handletextpad=0.6,
    )  # fmt: skip
