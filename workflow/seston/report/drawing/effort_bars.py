"""What is behind a series: bars of images and water, and the shares that were not used."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

from seston.report.drawing import marks, style
from seston.report.drawing.time_axis import TimeAxis

Floats = npt.NDArray[np.float64]

STRIP = (-0.24, -0.05)  # foot and head of the bars below a panel, in heights of the panel
WIDTH = 0.8  # of a bar, in steps of the periods
EDGE = 0.15  # pt: the thinnest bar can still be seen
BARS = {"images": "images", "water_ml": "water, mL"}
SHARES = (marks.REJECTED, marks.NOISE)


def effort_of(periods: pd.DataFrame) -> pd.DataFrame:
    """Return the sampled rows of ``periods.tsv`` (of one site)."""
    return periods[periods["sampled"] > 0]


def most(effort: pd.DataFrame, what: str) -> float:
    """Return the tallest bar: the most in one period, all groups together; 0 where none."""
    sums = effort.groupby("period")[what].sum(min_count=1)
    return float(sums.max()) if sums.notna().any() else 0.0


def stack(
    effort: pd.DataFrame, groups: Sequence[str], what: str, time: TimeAxis
) -> tuple[Floats, list[str]]:
    """Return the bars of each group, on top of each other.

    Parameters
    ----------
    effort : pandas.DataFrame
        `group`, `period` and the column `what`.
    groups : sequence of str
        In the order of their colours; others are one grey bar on top.

    Returns
    -------
    corners : numpy.ndarray, shape (bars, 4, 2)
    colours : list of str, one per bar
    """
    position = {group: place for place, group in enumerate(groups)}
    place = effort["group"].map(position).fillna(len(position)).astype(int)
    table = effort.assign(place=place)[effort[what] > 0]
    table = table.groupby(["period", "place"])[what].sum().reset_index()
    head = table.groupby("period")[what].cumsum().to_numpy(float)
    foot = head - table[what].to_numpy(float)
    x, half = time.places(table["period"].tolist()), WIDTH * time.step(effort["period"]) / 2
    corners = np.empty((len(table), 4, 2))
    corners[..., 0] = np.stack([x - half, x - half, x + half, x + half], axis=1)
    corners[..., 1] = np.stack([foot, head, head, foot], axis=1)
    own = style.COLOURS[: len(groups)] if len(groups) > 1 else (style.FAINT,)
    return corners, [[*own, style.GAP][place] for place in table["place"]]


def draw_strip(axes: Axes, corners: Floats, colours: Sequence[str], top: float) -> None:
    """Draw bars below a panel, on the axis of its time; `top` is what fills the strip."""
    foot, head = STRIP
    scaled = corners.copy()
    scaled[..., 1] = foot + (head - foot) * corners[..., 1] / top
    bars = PolyCollection(
        list(scaled), facecolors=list(colours), edgecolors="face", linewidths=EDGE,
        transform=axes.get_xaxis_transform(), clip_on=False,
    )  # fmt: skip
    axes.add_collection(bars, autolim=False)
    axes.plot([0, 1], [0, 0], color=style.FAINT, lw=0.6, transform=axes.transAxes, zorder=1)
    axes.spines.bottom.set_position(("axes", foot))


def draw_effort(periods: pd.DataFrame, groups: Sequence[str], time: TimeAxis) -> Figure:
    """Draw what was taken at one site, and which shares of it were not used.

    Parameters
    ----------
    periods : pandas.DataFrame
        The rows of ``periods.tsv`` of one site.
    groups : sequence of str
        In the order of their colours.
    """
    effort = effort_of(periods)
    bars = [what for what in ("samples", *BARS) if most(effort, what) > 0]
    shares = [one for one in SHARES if effort[one.value].notna().any()]
    figure = style.new_figure(style.TWO_COLUMNS, 24 + 18 * len(bars) + 26 * len(shares))
    heights = [18] * len(bars) + [26] * len(shares)
    panels = figure.subplots(
        len(heights), 1, sharex=True, squeeze=False, gridspec_kw={"height_ratios": heights}
    ).ravel()
    for axes, what in zip(panels, bars, strict=False):
        corners, colours = stack(effort, groups, what, time)
        look: dict[str, Any] = {"facecolors": colours, "edgecolors": "face", "linewidths": EDGE}
        axes.add_collection(PolyCollection(list(corners), **look))
        axes.set(ylim=(0, 1.05 * most(effort, what)), ylabel=BARS.get(what, what))
        axes.locator_params(axis="y", nbins=3, integer=what != "water_ml")
        axes.yaxis.set_major_formatter(style.tick_number)
    cut = False
    for axes, measure in zip(panels[len(bars) :], shares, strict=True):
        reaches = [
            marks.draw_series(axes, rows, measure, place, len(groups), time)
            for place, rows in marks.by_group(effort, groups)
        ]
        cut |= marks.fit(axes, reaches, 1e-3)
        axes.set_ylabel(measure.unit)
    panels[-1].set_xlabel(time.mark(panels[-1], periods["period"], 12))
    figure.align_ylabels(panels)
    few = bool((effort["few_samples"] > 0).any() and shares)
    drawn = any(np.isfinite(marks.limits(effort, one)[0]).any() for one in shares)
    marks.legend(figure, groups, few, drawn, cut)
    return figure
