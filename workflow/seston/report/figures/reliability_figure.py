"""Whether a stated probability holds, and how many errors go when the least sure are left out."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from seston.report.drawing import style
from seston.report.drawing.stage_looks import LOOKS
from seston.report.wording import number

DASHES = (0, (4, 3))
STRIP = 5  # how much higher a diagram is than the bars below it


def draw_reliability(
    reliability: pd.DataFrame, risk: pd.DataFrame, reject: Mapping[str, Any] | None = None
) -> Figure:
    """Draw a reliability diagram of each stage, and beside them error against coverage.

    Parameters
    ----------
    reliability : pandas.DataFrame
        `stage`, `confidence`, `right`, `low`, `high` (0 to 1) and `images` of each bin.
    risk : pandas.DataFrame
        `stage`, `coverage` and `error` (0 to 1).
    reject : mapping, optional
        `coverage`, `error` and `error_high` where the classifier leaves the least sure images
        without a class.
    """
    stages = [stage for stage in LOOKS if (reliability["stage"] == stage).any()]
    columns = len(stages) + 1
    figure = style.new_figure(style.TWO_COLUMNS, 66)
    grid = figure.add_gridspec(2, columns, height_ratios=(STRIP, 1))
    most = reliability["images"].max()
    for place, stage in enumerate(stages):
        rows = reliability[(reliability["stage"] == stage) & (reliability["images"] > 0)]
        above = figure.add_subplot(grid[0, place])
        _diagram(above, rows.sort_values("confidence"), stage)
        _strip(figure.add_subplot(grid[1, place], sharex=above), rows, stage, most)
        above.tick_params(labelleft=not place)
        above.set_ylabel("" if place else "share that is right")
    _risk(figure.add_subplot(grid[:, columns - 1]), risk, reject)
    handles = [
        Line2D([], [], color=style.INK, lw=0.7, ls=DASHES, label="as stated"),
        Line2D([], [], color=style.INK, lw=0.9, label="interval"),
        *(
            Line2D([], [], color=LOOKS[s].colour, lw=1.1, label=f"error, {LOOKS[s].title}")
            for s in stages
        ),
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=len(handles))
    return figure


def _diagram(axes: Axes, rows: pd.DataFrame, stage: str) -> None:
    look = LOOKS[stage]
    axes.plot([0, 1], [0, 1], color=style.INK, lw=0.7, ls=DASHES, zorder=1)
    axes.vlines(rows["confidence"], rows["low"], rows["high"], look.colour, lw=0.9, zorder=2)
    axes.plot(
        rows["confidence"], rows["right"], color=look.colour, marker=look.marker, ms=2.8, lw=0.8,
        zorder=3, clip_on=False,
    )  # fmt: skip
    axes.set(xlim=(0, 1), ylim=(0, 1), title=look.title)
    axes.set_yticks(np.linspace(0, 1, 6))
    axes.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    axes.tick_params(labelbottom=False)


def _strip(axes: Axes, rows: pd.DataFrame, stage: str, most: float) -> None:
    """Draw how many images each point stands for."""
    axes.vlines(rows["confidence"], 0, rows["images"], LOOKS[stage].colour, lw=2.2, alpha=0.5)
    axes.set(xlim=(0, 1), ylim=(0, most), xlabel="stated probability", yticks=[])
    axes.set_xticks([0, 0.5, 1])
    axes.xaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    axes.spines.left.set_visible(False)


def _risk(axes: Axes, risk: pd.DataFrame, reject: Mapping[str, Any] | None) -> None:
    for stage, look in LOOKS.items():
        rows = risk[risk["stage"] == stage].sort_values("coverage")
        axes.plot(rows["coverage"], rows["error"], color=look.colour, lw=1.1)
    axes.set(xlim=(0, 1), title="least sure left out", xlabel="share that is named")
    shown = reject if reject and reject.get("error") is not None else {}
    axes.set_ylim(0, 1.08 * max(risk["error"].max(), float(shown.get("error_high", 0)), 0.01))
    axes.set_xticks([0, 0.5, 1])
    axes.set_ylabel("wrong among them")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1, symbol=" %", decimals=None))
    if not shown:
        return
    x, y = float(shown["coverage"]), float(shown["error"])
    axes.vlines(x, y, float(shown["error_high"]), style.INK, lw=0.9)
    axes.plot(x, y, "o", color=style.INK, ms=3.5, zorder=3, clip_on=False)
    axes.annotate(
        f"set: {number(100 * x)} % named", (x, y), (-5, 4), textcoords="offset points",
        ha="right", va="bottom", fontsize=6,
    )  # fmt: skip
