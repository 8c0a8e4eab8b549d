"""Turnover: how much the community changed from one period with enough images to the next."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from seston.report.drawing import style
from seston.report.drawing.group_grid import BLUE, RED, grid
from seston.report.drawing.time_axis import TimeAxis

DISTANCES = {"bray_curtis": "Bray-Curtis distance", "aitchison": "Aitchison distance"}
CHANCE = "_by_chance"
LOST = style.COLOURS[4]


def draw_turnover(table: pd.DataFrame, time: TimeAxis) -> Figure:
    """Draw a row for each group: distances to the next period, classes gained and lost.

    A distance is a line from the one period to the next, so that a long one over a gap is
    seen to be long; what counting alone would give stands below it.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of ``turnover.tsv`` of one site.
    time : TimeAxis
    """
    drawn = grid(table, "days", (*DISTANCES.values(), "classes gained\nand lost"), time)
    table = table[table["group"].isin(drawn.groups)].sort_values("period")
    for group, panels in zip(drawn.groups, drawn.panels, strict=True):
        mine = table[table["group"] == group]
        for axes, method in zip(panels, DISTANCES, strict=False):
            _steps(axes, mine, method + CHANCE, time, RED, 0.8)
            _steps(axes, mine, method, time, BLUE, 1.6)
        _classes(panels[-1], mine, time)
    tops = [float(table[[method, method + CHANCE]].max().max()) for method in DISTANCES]
    drawn.finish([*table["period"], *table["next_period"]], [*tops, None], whole=[2])
    drawn.key(
        [
            Line2D(
                [], [], color=BLUE, lw=1.6, label=f"to the next {time.period} with enough images"
            ),
            Line2D([], [], color=RED, lw=0.8, label="what counting alone could give"),
            Patch(color=BLUE, label="gained"),
            Patch(color=LOST, label="lost"),
        ]
    )
    return drawn.figure


def _steps(
    axes: Axes, rows: pd.DataFrame, column: str, time: TimeAxis, colour: str, wide: float
) -> None:
    """Draw a line for each step, and a thin one between those that follow each other."""
    start, stop = (time.places(rows[name].tolist()) for name in ("period", "next_period"))
    height = rows[column].to_numpy(float)
    level = np.stack([np.c_[start, height], np.c_[stop, height]], axis=1)
    next_level = level[1:, :1][stop[:-1] == start[1:]]
    joints = np.concatenate([level[:-1, 1:][stop[:-1] == start[1:]], next_level], axis=1)
    axes.add_collection(LineCollection(list(level), colors=colour, linewidths=wide))
    axes.add_collection(LineCollection(list(joints), colors=colour, linewidths=0.4, alpha=0.6))


def _classes(axes: Axes, rows: pd.DataFrame, time: TimeAxis) -> None:
    """Draw classes gained above and lost below, at the later of the two periods."""
    x = time.places(rows["next_period"].tolist())
    wide = 0.8 * time.step([*rows["period"], *rows["next_period"]])
    axes.bar(x, rows["gained"], wide, color=BLUE)
    axes.bar(x, -rows["lost"], wide, color=LOST)
    axes.axhline(0, color=style.INK, lw=0.5)
