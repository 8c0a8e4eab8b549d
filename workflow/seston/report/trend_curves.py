"""How often each cluster is, with its interval: curves through time, or dots for one period."""

from collections.abc import Callable, Sequence

import matplotlib.dates as dates
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from seston.report import periods, style
from seston.report.wording import group_name, number, short
from seston.trends.abundance import FEW

MOST_PANELS, MOST_GROUPS, MOST_DOTS = 12, len(style.COLOURS), 30
ROOM = 20.0  # how far a logarithmic axis goes beyond the values


def biggest(abundance: pd.DataFrame, column: str, most: int) -> list:
    """Return the values of `column` with the most organisms, the largest first, then by name."""
    counts = abundance.groupby(column)["count"].sum().reset_index()
    counts = counts[counts["count"] > 0] if column == "cluster" else counts
    counts = counts.sort_values(["count", column], ascending=[False, True])
    return counts[column].head(most).tolist()


def intervals(rows: pd.DataFrame) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the limits of the shares; NaN where they say nothing (0 to 1, or none)."""
    low, high = (rows[name].to_numpy(float) for name in ("share_low", "share_high"))
    vain = (low <= 0) & (high >= 1)
    return np.where(vain, np.nan, low), np.where(vain, np.nan, high)


def shown(rows: pd.DataFrame, clusters: Sequence[int], groups: Sequence[str]) -> pd.DataFrame:
    """Return the rows of these clusters and groups."""
    return rows[rows["cluster"].isin(list(clusters)) & rows["group"].isin(list(groups))]


def any_interval(rows: pd.DataFrame) -> bool:
    """Return whether an interval of a share can be drawn in any of the rows."""
    return bool(np.isfinite(intervals(rows)).all(axis=0).any())


def any_dot_interval(rows: pd.DataFrame) -> bool:
    """Return whether dots can have an interval: of a share, or of a concentration if drawn."""
    limits = rows[["concentration_low", "concentration_high"]]
    drawn = (rows["concentration_per_ml"] > 0).any()
    return any_interval(rows) or bool(drawn and limits.notna().all(axis=1).any())


def draw_curves(
    abundance: pd.DataFrame,
    clusters: Sequence[int],
    groups: Sequence[str],
    title: Callable[[int], str] = "cluster {}".format,
) -> Figure:
    """Draw small multiples, one cluster each, of the rows of one site."""
    rows = int(np.ceil(len(clusters) / 3))
    figure = style.new_figure(style.TWO_COLUMNS, 16 + 34 * rows)
    grid = figure.subplots(rows, 3, sharex=True, squeeze=False).ravel()
    aside = beside(abundance["period"].tolist(), len(groups))
    for axes, cluster in zip(grid, clusters, strict=False):
        for position, group in enumerate(groups):
            one = abundance[(abundance["cluster"] == cluster) & (abundance["group"] == group)]
            _curve(axes, one.sort_values("period"), position, aside[position])
        axes.set(title=title(cluster))
        axes.set_ylim(bottom=0)
    for axes in grid[len(clusters) :]:
        axes.set_visible(False)
    for axes in grid[max(0, len(clusters) - 3) : len(clusters)]:
        axes.tick_params(labelbottom=True)
        axes.xaxis.set_major_locator(locator := dates.AutoDateLocator(maxticks=6))
        axes.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator))
    figure.supylabel("share of all organisms, %", fontsize=7)
    _legend(figure, groups, any_interval(shown(abundance, clusters, groups)))
    return figure


def beside(dates: Sequence[str], groups: int) -> npt.NDArray[np.timedelta64]:
    """Return how far each group is moved in time, so that intervals of a date do not overlap.

    All stay within a third of the usual step between dates.
    """
    days = np.unique(np.array(dates, "datetime64[D]")).astype(int)
    step = float(np.median(np.diff(days))) if len(days) > 1 else 1.0
    places = (np.arange(groups) - (groups - 1) / 2) / groups
    return (places * step * 2 / 3 * 24 * 60).round().astype("timedelta64[m]")


def draw_dots(
    abundance: pd.DataFrame,
    clusters: Sequence[int],
    groups: Sequence[str],
    title: Callable[[int], str] = "cluster {}".format,
) -> Figure:
    """Draw a single period: shares and, where known, concentrations; groups side by side."""
    drawn = shown(abundance, clusters, groups)
    known = drawn["concentration_per_ml"]
    known = known[known > 0]
    figure = style.new_figure(style.TWO_COLUMNS, 24 + (2.2 + 1.6 * len(groups)) * len(clusters))
    grid = figure.subplots(1, 1 + (len(known) > 0), sharey=True, squeeze=False)[0]
    offsets = (np.arange(len(groups)) - (len(groups) - 1) / 2) * 0.7 / max(1, len(groups))
    for position, group in enumerate(groups):
        one = drawn[drawn["group"] == group].set_index("cluster").reindex(list(clusters))
        y = np.arange(len(clusters)) + offsets[position]
        low, high = intervals(one)
        _dots(grid[0], 100 * one["share"], y, 100 * low, 100 * high, one, position)
        if len(known):
            values, below, above = (one[f"concentration_{n}"] for n in ("per_ml", "low", "high"))
            floor = known.min() / ROOM  # the axis is logarithmic: zero lies beyond its edge
            values, below = values.where(values > 0), below.clip(lower=floor)
            _dots(grid[1], values, y, below, above, one, position)
    for axes in grid:
        axes.set(ylim=(len(clusters) - 0.4, -0.6))
        axes.grid(axis="y", color=style.GAP, lw=0.4)
        axes.set_axisbelow(True)
    grid[0].set(xlabel="share of all organisms, %", xlim=(0, None))
    grid[0].set_yticks(range(len(clusters)), [title(c) for c in clusters])
    if len(known):
        limits = (known.min() / ROOM, known.max() * ROOM)
        grid[1].set(xlabel="organisms per mL, logarithmic", xscale="log", xlim=limits)
        grid[1].xaxis.set_major_formatter(lambda value, _: number(value))
    _legend(figure, groups, any_dot_interval(drawn))
    return figure


def _curve(axes: Axes, one: pd.DataFrame, position: int, aside: np.timedelta64) -> None:
    if one.empty:
        return
    colour, x = style.COLOURS[position], one["period"].to_numpy("datetime64[m]") + aside
    share, (low, high) = 100 * one["share"].to_numpy(float), intervals(one)
    axes.vlines(x, 100 * low, 100 * high, colour, alpha=0.35, lw=0.9)
    for part in periods.stretches(one["period"].tolist()):
        axes.plot(x[part], share[part], color=colour, lw=0.8)
    _markers(axes, x, share, one["few_samples"], position)


def _dots(
    axes: Axes,
    x: pd.Series,
    y: npt.NDArray[np.float64],
    low: npt.ArrayLike,
    high: npt.ArrayLike,
    rows: pd.DataFrame,
    position: int,
) -> None:
    axes.hlines(y, np.asarray(low), np.asarray(high), style.COLOURS[position], lw=0.8)
    _markers(axes, x, y, rows["few_samples"], position)


def _markers(axes: Axes, x: npt.ArrayLike, y: npt.ArrayLike, few: pd.Series, position: int) -> None:
    faces = np.where(few.to_numpy() > 0, "white", style.COLOURS[position])
    axes.scatter(
        np.asarray(x), np.asarray(y), s=7, marker=style.MARKERS[position], c=faces.tolist(),
        edgecolors=style.COLOURS[position], linewidths=0.7, zorder=3, clip_on=False,
    )  # fmt: skip


def _legend(figure: Figure, groups: Sequence[str], with_interval: bool) -> None:
    handles = [
        Line2D([], [], color=c, marker=m, markersize=3, lw=0.8, label=short(group_name(g)))
        for g, c, m in zip(groups, style.COLOURS, style.MARKERS, strict=False)
    ]
    if groups == [""]:
        handles = []
    hollow = Line2D(
        [], [], color=style.INK, marker="o", markersize=3, mfc="white", lw=0,
        label=f"fewer than {FEW} samples",
    )  # fmt: skip
    interval = Line2D([], [], color=style.FAINT, lw=0.9, label="interval")
    everything = [*handles, hollow, *([interval] if with_interval else [])]
    longest = max(len(str(one.get_label())) for one in everything)
    figure.legend(
        handles=everything, loc="outside upper center", ncols=int(np.clip(120 // longest, 2, 5))
    )
