"""How much of each sample lies farther from the frozen centroids than what they were made from."""

import matplotlib.dates as dates
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from seston.report.drawing import style
from seston.report.wording import group_name, short, site_name

MOST_SITES = 8
DASHES = (0, (4, 3))
HALF_A_DAY = np.timedelta64(12, "h")


def draw_drift(table: pd.DataFrame) -> Figure:
    """Draw the share beyond the 99th percentile per sample, a panel for each site.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per sample: `site`, `group`, `datetime` (ISO), `share`, `share_low`, `share_high`,
        `expected`, and whether it has drifted (`drift`: 0 or 1).
    """
    known = table[table["share"].notna() & table["datetime"].fillna("").ne("")]
    sites = known["site"].value_counts(sort=False).sort_index().index[:MOST_SITES].tolist()
    groups = sorted(known["group"].unique())[: len(style.COLOURS)]
    figure = style.new_figure(style.TWO_COLUMNS, 16 + 46 * max(1, len(sites)))
    grid = figure.subplots(max(1, len(sites)), 1, squeeze=False)[:, 0]
    for axes, site in zip(grid, sites, strict=False):
        for position, group in enumerate(groups):
            one = known[(known["site"] == site) & (known["group"] == group)]
            _draw_group(axes, one.sort_values("datetime"), position)
        here = known[known["site"] == site].sort_values("datetime")
        when = _times(here)
        axes.plot(
            when, 100 * here["expected"], color=style.INK, lw=0.8, ls=DASHES, marker="_", ms=5
        )
        if when[0] == when[-1]:  # matplotlib would show years around it
            axes.set_xlim(when[0] - HALF_A_DAY, when[-1] + HALF_A_DAY)
        axes.set(title=short(site_name(site), 60))
        axes.set_ylim(bottom=0)
        axes.xaxis.set_major_locator(locator := dates.AutoDateLocator(maxticks=8))
        axes.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator))
        axes.margins(x=0.03)
    figure.supylabel("images beyond their cluster's limit, %", fontsize=7)
    handles = [
        Line2D([], [], color=c, marker=m, ms=3, lw=0.8, label=short(group_name(g)))
        for g, c, m in zip(groups, style.COLOURS, style.MARKERS, strict=False)
        if groups != [""]
    ]
    line = Line2D([], [], color=style.INK, lw=0.8, ls=DASHES, label="expected by the earlier run")
    full = Line2D([], [], color=style.INK, marker="o", ms=3.4, lw=0, label="differs from it")
    interval = Line2D([], [], color=style.FAINT, lw=0.9, label="interval")
    figure.legend(handles=[*handles, line, full, interval], loc="outside upper center", ncols=5)
    return figure


def _times(rows: pd.DataFrame) -> npt.NDArray[np.datetime64]:
    return pd.to_datetime(rows["datetime"], format="ISO8601").to_numpy("datetime64[m]")


def _draw_group(axes: Axes, one: pd.DataFrame, position: int) -> None:
    if one.empty:
        return
    colour, when = style.COLOURS[position], _times(one)
    low, high = (100 * one[name].to_numpy(float) for name in ("share_low", "share_high"))
    axes.vlines(when, low, high, colour, alpha=0.4, lw=0.9)
    faces = np.where(one["drift"] == 1, colour, "white").tolist()
    axes.scatter(
        when, 100 * one["share"], s=11, marker=style.MARKERS[position], c=faces,
        edgecolors=colour, linewidths=0.8, zorder=3, clip_on=False,
    )  # fmt: skip
