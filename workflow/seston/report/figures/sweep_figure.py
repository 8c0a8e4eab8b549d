"""How tight, how apart and how repeatable clusters are, over the number of clusters."""

from textwrap import fill
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator, PercentFormatter

from seston.report.drawing import style

#: Curves with an interval: colour, marker, name.
CURVES = {
    "silhouette": (style.COLOURS[2], "^", "silhouette"),
    "ari_seeds": (style.COLOURS[0], "o", "other starts"),
    "ari_bootstrap": (style.COLOURS[1], "s", "other images"),
}
CHARACTERS = 145  # of a line below the figure
APART = 0.15  # of two numbers on an axis, in parts of it, to be read


def draw_sweep(sweep: pd.DataFrame, facts: dict, k: int) -> Figure:
    """Draw the table of a sweep, with the number of clusters by rule and the one used.

    Parameters
    ----------
    sweep : DataFrame
        ``sweep.tsv``, one row per number of clusters.
    facts : dict
        ``sweep.json``: the number by rule, and on how many images.
    k : int
        The number of the clustering that the report shows.
    """
    sweep = sweep.sort_values("k")
    figure = style.new_figure(style.TWO_COLUMNS, 66)
    tight, apart, repeatable = figure.subplots(1, 3)
    tight.plot(sweep["k"], sweep["explained"], color=style.INK, marker="o", ms=3)
    tight.set_title("explained variance")
    tight.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    tight.set_ylim(bottom=0)
    _curve(apart, sweep, "silhouette")
    score = sweep["silhouette"] * sweep["explained"]
    times = "times explained variance"
    apart.plot(sweep["k"], score, color=style.INK, marker="D", ms=2.5, label=times)
    apart.set_title("silhouette")
    for name in ("ari_seeds", "ari_bootstrap"):
        _curve(repeatable, sweep, name)
    repeatable.set_title("agreement (adjusted Rand index)")
    repeatable.set_ylim(min(0.0, repeatable.get_ylim()[0]), 1.02)
    marks: dict[str, dict[str, Any]] = {
        "by rule": {"color": style.INK, "lw": 0.8, "ls": (0, (4, 2))}
    }
    if k != facts["k"]:
        marks["used"] = {"color": style.FAINT, "lw": 1.4}
    for axes in (tight, apart, repeatable):
        _number(axes, sweep["k"].to_numpy())
        for place, how in zip((facts["k"], k), marks.values(), strict=False):
            axes.axvline(place, zorder=0.5, **how)
    handles = [line for axes in (apart, repeatable) for line in axes.get_lines()]
    handles = [line for line in handles if line.get_marker() != "None"]
    handles += [Line2D([], [], label=label, **how) for label, how in marks.items()]
    figure.legend(handles=handles, loc="outside upper center", ncols=len(handles), columnspacing=1)
    _tell(figure, facts)
    return figure


def _curve(axes: Axes, sweep: pd.DataFrame, name: str) -> None:
    """Draw a curve with its interval, as far as there are numbers."""
    colour, marker, label = CURVES[name]
    known = sweep[sweep[name].notna()]
    low, high = known[f"{name}_low"], known[f"{name}_high"]
    axes.fill_between(known["k"], low, high, color=colour, alpha=0.18, lw=0)
    axes.plot(known["k"], known[name], color=colour, marker=marker, ms=3, label=label)


def _number(axes: Axes, tried: npt.NDArray[np.integer]) -> None:
    """Give the axis of k the numbers tried, as many as can be read."""
    axes.set_xscale("log")
    ticks: list[int] = []
    least = (float(tried.max()) / float(tried.min())) ** APART
    for number in tried.tolist():
        if not ticks or number / ticks[-1] >= least:
            ticks.append(number)
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("clusters (k)")
    axes.grid(axis="y", color=style.GAP, lw=0.4)
    axes.set_axisbelow(True)


def _tell(figure: Figure, facts: dict) -> None:
    """Write below the figure what the rule found, on what."""
    some = f" of {facts['of']:,}" if facts["of"] > facts["images"] else ""
    told = (
        f"By rule: {facts['why']}. On {facts['images']:,}{some} images; bands are 95 % intervals."
    )
    cautions = "".join(f" But {caution}." for caution in facts["cautions"])
    figure.supxlabel(fill(told + cautions, CHARACTERS), x=0.01, ha="left", fontsize=6.5)
