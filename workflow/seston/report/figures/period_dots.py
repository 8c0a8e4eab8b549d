"""A single period: how often each class is, as dots with intervals, groups side by side."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.markers import MarkerStyle

from seston.report.drawing import marks, style
from seston.report.drawing.marks import CONCENTRATION, SHARE
from seston.report.drawing.trend_curves import any_interval, shown

MOST_DOTS = 30
TALLEST = 190.0  # mm of all rows together
ROOM = 20.0  # how far a logarithmic axis goes beyond the values, at most


def most_classes(groups: Sequence[str]) -> int:
    """Return how many classes fit on a page, each with a line for every group."""
    return min(MOST_DOTS, int(TALLEST / _row(groups)))


def any_dot_interval(rows: pd.DataFrame) -> bool:
    """Return whether dots can have an interval: of a share, or of a concentration if drawn."""
    drawn = (rows[CONCENTRATION.value] > 0).any()
    return any_interval(rows) or bool(drawn and any_interval(rows, CONCENTRATION))


def draw_dots(
    abundance: pd.DataFrame,
    clusters: Sequence[int],
    groups: Sequence[str],
    title: Callable[[int], str] = "cluster {}".format,
) -> Figure:
    """Draw shares and, where known, concentrations of one site in its only period."""
    drawn = shown(abundance, clusters, groups)
    known = drawn[CONCENTRATION.value]
    known = known[known > 0]
    edges = _edges(drawn, known) if len(known) else (1.0, 10.0)
    figure = style.new_figure(style.TWO_COLUMNS, 24 + _row(groups) * len(clusters))
    grid = figure.subplots(1, 1 + (len(known) > 0), sharey=True, squeeze=False)[0]
    offsets = (np.arange(len(groups)) - (len(groups) - 1) / 2) * 0.7 / max(1, len(groups))
    cut = False
    for position, group in enumerate(groups):
        one = drawn[drawn["group"] == group].set_index("cluster").reindex(list(clusters))
        y = np.arange(len(clusters)) + offsets[position]
        low, high = marks.limits(one, SHARE)
        _dots(grid[0], 100 * one["share"].to_numpy(float), y, low, high, one, position)
        if len(known):
            values = one[CONCENTRATION.value].to_numpy(float)
            low, high = marks.limits(one, CONCENTRATION)
            values = np.where(values > 0, values, np.nan)
            # The axis is logarithmic: zero lies beyond its edge.
            _dots(grid[1], values, y, np.maximum(low, edges[0]), high, one, position)
            cut |= _roofs(grid[1], y[high > edges[1]], edges[1], position)
    for axes in grid:
        axes.set(ylim=(len(clusters) - 0.4, -0.6))
        axes.grid(axis="y", color=style.GAP, lw=0.4)
        axes.set_axisbelow(True)
    grid[0].set(xlabel="share of all organisms, %", xlim=(0, None))
    grid[0].set_yticks(range(len(clusters)), [title(c) for c in clusters])
    if len(known):
        grid[1].set(xlabel="organisms per mL, logarithmic", xscale="log", xlim=edges)
        grid[1].set_xticks(*marks.log_ticks(*edges, 6))
        grid[1].minorticks_off()
    few = bool((drawn["few_samples"] > 0).any())
    marks.legend(figure, groups, few, any_dot_interval(drawn), cut)
    return figure


def _row(groups: Sequence[str]) -> float:
    """Height of a class's row, in mm."""
    return 2.2 + 1.6 * len(groups)


def _edges(drawn: pd.DataFrame, known: pd.Series) -> tuple[float, float]:
    """Return the ends of the axis: those of the intervals, unless these are far beyond."""
    ends = np.concatenate([known, *marks.limits(drawn, CONCENTRATION)])
    ends = ends[ends > 0]
    low, high = float(known.min()), float(known.max())
    return max(float(ends.min()), low / ROOM) / 1.5, min(float(ends.max()), high * ROOM) * 1.5


def _roofs(axes: Axes, y: npt.NDArray[np.float64], edge: float, position: int) -> bool:
    """Mark the intervals that go on beyond the edge; return whether there are any."""
    if not len(y):
        return False
    look: dict[str, Any] = {"ms": 3, "mew": 0.6, "mfc": "none", "mec": style.COLOURS[position]}
    roof = MarkerStyle(marks.CUT).rotated(deg=-90)
    axes.plot(np.full(len(y), edge), y, marker=roof, lw=0, **look, clip_on=False, in_layout=False)
    return True


def _dots(
    axes: Axes,
    x: npt.NDArray[np.float64],
    y: npt.NDArray[np.float64],
    low: npt.NDArray[np.float64],
    high: npt.NDArray[np.float64],
    rows: pd.DataFrame,
    position: int,
) -> None:
    colour = style.COLOURS[position]
    axes.hlines(y, low, high, colour, lw=0.8)
    few = rows["few_samples"].to_numpy(float) > 0
    for chosen, face in ((~few, colour), (few, "white")):
        axes.plot(
            x[chosen], y[chosen], style.MARKERS[position], ms=2.6, mfc=face, mec=colour, mew=0.7,
            zorder=3, clip_on=False, in_layout=False,
        )  # fmt: skip
