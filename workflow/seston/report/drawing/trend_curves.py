"""How often each class is, with its interval: small multiples through time, over their effort."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from seston.report.drawing import effort_bars, marks, style
from seston.report.drawing.marks import CONCENTRATION, SHARE, Measure
from seston.report.drawing.time_axis import TimeAxis
from seston.report.wording import number

MOST_CLASSES = 12
WIDE = 3  # groups above which a series gets twice the width
MOST_WIDE = 8

#: Bars below a panel of each measure: what they count, and what to call it.
EFFORT = {SHARE: ("images", "images"), CONCENTRATION: ("water_ml", "mL of water")}
UNITS = {SHARE: "%", CONCENTRATION: "per mL"}


def biggest(abundance: pd.DataFrame, column: str, most: int) -> list:
    """Return the values of `column` with the most organisms, the largest first, then by name."""
    counts = abundance.groupby(column)["count"].sum().reset_index()
    counts = counts[counts["count"] > 0] if column == "cluster" else counts
    counts = counts.sort_values(["count", column], ascending=[False, True])
    return counts[column].head(most).tolist()


def most_classes(groups: Sequence[str]) -> int:
    """Return of how many classes the curves are drawn in one figure."""
    return MOST_WIDE if len(groups) > WIDE else MOST_CLASSES


def shown(rows: pd.DataFrame, clusters: Sequence[int], groups: Sequence[str]) -> pd.DataFrame:
    """Return the rows of these clusters and groups."""
    return rows[rows["cluster"].isin(list(clusters)) & rows["group"].isin(list(groups))]


def any_interval(rows: pd.DataFrame, measure: Measure = SHARE) -> bool:
    """Return whether an interval of this measure can be drawn in any of the rows."""
    return bool(np.isfinite(marks.limits(rows, measure)).all(axis=0).any())


def draw_curves(
    abundance: pd.DataFrame,
    effort: pd.DataFrame,
    clusters: Sequence[int],
    groups: Sequence[str],
    time: TimeAxis,
    title: Callable[[int], str] = "cluster {}".format,
) -> Figure:
    """Draw small multiples of one site: shares and, where known, concentrations beside them.

    Below each series stand the images, or the water, that it rests on.

    Parameters
    ----------
    abundance : pandas.DataFrame
        The rows of one site; `cluster` is the number of a class.
    effort : pandas.DataFrame
        The sampled rows of ``periods.tsv`` of the same site.
    clusters, groups
        What to draw, in this order.
    title : callable
        What to call a class, given its number.
    """
    drawn = shown(abundance, clusters, groups)
    measures = [SHARE, *([CONCENTRATION] if drawn[CONCENTRATION.value].notna().any() else [])]
    across = (2 if len(groups) > WIDE else 3 if len(measures) == 1 else 4) // len(measures)
    rows = int(np.ceil(len(clusters) / across))
    figure = style.new_figure(style.TWO_COLUMNS, 22 + (28 if rows > 5 else 34) * rows)
    grid = figure.subplots(rows, across * len(measures), sharex=True, squeeze=False)
    beside = time.mark(grid[0, 0], abundance["period"], 4 if across * len(measures) > 2 else 7)
    panels = grid.reshape(rows * across, len(measures))
    cut = False
    for column, measure in enumerate(measures):
        what, _ = EFFORT[measure]
        top = effort_bars.most(effort, what)
        corners, colours = effort_bars.stack(effort, groups, what, time)
        for axes, cluster in zip(panels[:, column], clusters, strict=False):
            cut |= _panel(axes, drawn[drawn["cluster"] == cluster], measure, groups, time)
            if top > 0:
                effort_bars.draw_strip(axes, corners, colours, top)
    for (axes, *_), cluster in zip(panels, clusters, strict=False):
        axes.set_title(title(cluster), fontsize=7.5)
    for axes in panels[len(clusters) :].ravel():
        axes.set_visible(False)
    for axes in panels[max(0, len(clusters) - across) : len(clusters)].ravel():
        axes.tick_params(labelbottom=True)
    told = bars_told(effort, measures, time)
    told = "; ".join(filter(None, ["%: share of all organisms", told]))
    figure.supxlabel("\n".join(filter(None, [beside, told])), fontsize=7)
    interval = any(any_interval(drawn, one) for one in measures)
    marks.legend(figure, groups, bool((drawn["few_samples"] > 0).any()), interval, cut)
    return figure


def bars_told(effort: pd.DataFrame, measures: Sequence[Measure], time: TimeAxis) -> str:
    """Return what the bars below series of these measures are, and how much the tallest is."""
    kinds = [EFFORT[one] for one in measures]
    tops = [(name, effort_bars.most(effort, what)) for what, name in kinds]
    bars = [f"{name} per {time.period} (at most {number(top)})" for name, top in tops if top]
    return "bars: " + ", ".join(bars) if bars else ""


def _panel(
    axes: Axes, rows: pd.DataFrame, measure: Measure, groups: Sequence[str], time: TimeAxis
) -> bool:
    """Draw the series of one class; return whether an interval is cut at the edge."""
    reaches = [
        marks.draw_series(axes, one, measure, position, len(groups), time)
        for position, one in marks.by_group(rows, groups)
    ]
    cut = marks.fit(axes, reaches)
    axes.locator_params(axis="y", nbins=4)
    axes.yaxis.set_major_formatter(style.tick_number)
    # Above the axis of values, so that the name of the class has the width of the panel.
    axes.annotate(
        UNITS[measure], (0, 1), (-3, 3), "axes fraction", "offset points", ha="right", va="bottom",
        fontsize=6,
    )  # fmt: skip
    return cut
