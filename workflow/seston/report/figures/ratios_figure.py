"""All classes and groups at a glance: how far each group lies above or below their mean."""

from collections.abc import Callable, Sequence
from math import ceil
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from seston.report.drawing import style
from seston.report.wording import distinct, group_name, number

MOST_ROWS, MOST_PANELS = 50, 2
LEAST, MOST = 1.0, 3.0  # doublings at which the colours end
DIVERGING = "PuOr_r"  # purple below, orange above: also for colour-blind eyes


def ordered(tests: pd.DataFrame, effects: pd.DataFrame) -> list[str]:
    """Return the classes that have ratios, the surest difference first.

    Parameters
    ----------
    tests, effects : pandas.DataFrame
        The rows of ``groups.tsv`` and of ``group_effects.tsv`` of one site.
    """
    known = effects.loc[effects["ratio"] > 0, "class"].unique()
    rows = tests[tests["class"].isin(known)]
    least = rows[["q_groups", "q_interaction"]].min(axis=1).fillna(1.0)
    rows = rows.assign(least=least).sort_values(["least", "class"], kind="stable")
    return rows["class"].head(MOST_ROWS * MOST_PANELS).tolist()


def draw_ratios(
    classes: Sequence[str],
    effects: pd.DataFrame,
    groups: Sequence[str],
    alpha: float,
    title: Callable[[str], str] = str,
) -> Figure:
    """Draw classes by groups; the colour is the ratio to the mean of the groups.

    Parameters
    ----------
    classes : sequence of str
        In rows; see `ordered`.
    effects : pandas.DataFrame
        The rows of ``group_effects.tsv`` of one site.
    groups : sequence of str
        In columns.
    alpha : float
        The q up to which a ratio has a dot: it differs from 1.
    title : callable
        What to call a class.
    """
    panels = ceil(len(classes) / MOST_ROWS) or 1
    rows = ceil(len(classes) / panels)
    cells = {name: _matrix(effects, name, classes, groups) for name in ("ratio", "q")}
    doublings = np.log2(np.where(cells["ratio"] > 0, cells["ratio"], np.nan))
    end = float(np.clip(np.nanmax(np.abs(doublings), initial=0), LEAST, MOST))
    figure = style.new_figure(style.TWO_COLUMNS, 32 + max(3.5 * rows, 20))
    grid = figure.subplots(1, panels, squeeze=False)[0]
    colours = matplotlib.colormaps[DIVERGING].with_extremes(bad=style.GAP)
    norm = Normalize(-end, end)
    for axes, places in zip(grid, np.array_split(np.arange(len(classes)), panels), strict=True):
        picture = axes.imshow(
            doublings[places], aspect="auto", cmap=colours, norm=norm, rasterized=True
        )
        row, column = np.nonzero(cells["q"][places] <= alpha)
        axes.plot(column, row, "o", mfc=style.INK, mec="white", ms=2.8, mew=0.4)
        axes.set_ylim(rows - 0.5, -0.5)
        axes.set_yticks(range(len(places)), [title(classes[i]) for i in places], fontsize=6)
        names = distinct(map(group_name, groups), 16)
        axes.set_xticks(range(len(groups)), names, rotation=90 if len(groups) > 4 else 0)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
    ends: dict[str, Any] = {"extend": "both", "extendfrac": 0.03} if end == MOST else {}
    bar = figure.colorbar(picture, ax=grid, fraction=0.025, pad=0.012, **ends)
    ticks = np.arange(-int(end), int(end) + 1)
    bar.set_ticks(ticks.tolist(), labels=[number(2.0**tick) for tick in ticks])
    bar.set_label("ratio to the mean of the groups")
    look: dict[str, Any] = {"color": style.INK, "marker": "o", "ms": 2.4, "mew": 0, "lw": 0}
    dot = Line2D([], [], label=f"q ≤ {number(alpha)}", **look)
    figure.legend(handles=[dot], loc="outside upper center")
    return figure


def _matrix(
    effects: pd.DataFrame, column: str, classes: Sequence[str], groups: Sequence[str]
) -> np.ndarray:
    table = effects.pivot_table(index="class", columns="group", values=column, dropna=False)
    return table.reindex(index=list(classes), columns=list(groups)).to_numpy(float)
