"""How well each class is found, before and after the correction of the prior."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from seston.report.drawing import style
from seston.report.drawing.stage_looks import LOOKS
from seston.report.wording import count

MOST_ROWS = 48
BESIDE = 0.16  # of a line: how far the two stages stand from its middle


def parts(classes: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the rows for each figure, classes with the most labelled images first."""
    rows = classes.sort_values(["labelled", "class"], ascending=[False, True])
    return [rows.iloc[at : at + MOST_ROWS] for at in range(0, len(rows), MOST_ROWS)]


def draw_gains(rows: pd.DataFrame, title: Callable[[str], str] = str, unit: str = "day") -> Figure:
    """Draw recall, precision and labelled images of each class.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows of ``classifier_classes.tsv`` in the order of the lines.
    title : callable
        What to call a class.
    unit : str
        What was held out as a whole.
    """
    figure = style.new_figure(style.TWO_COLUMNS, 24 + max(4.2 * len(rows), 16))
    grid = figure.subplots(1, 3, sharey=True, width_ratios=(5, 5, 2))
    lines = np.arange(len(rows))
    for axes, measure in zip(grid, ("recall", "precision"), strict=False):
        _lines(axes, lines, rows, measure)
    grid[0].hlines(
        lines - BESIDE, rows["recall_low"], rows["recall_high"], LOOKS["raw"].colour, lw=1.0
    )
    _labelled(grid[2], lines, rows)
    grid[0].set_yticks(lines, [title(name) for name in rows["class"]])
    grid[0].set_ylim(len(rows) - 0.4, -0.6)
    grid[0].set_title("found of those there are (recall)")
    grid[1].set_title("right of those called so (precision)")
    grid[2].set_title("labelled")
    figure.legend(handles=_key(rows, unit), loc="outside upper center", ncols=4)
    return figure


def _lines(axes: Axes, lines: np.ndarray, rows: pd.DataFrame, measure: str) -> None:
    raw, corrected = rows[measure].to_numpy(float), rows[f"{measure}_corrected"].to_numpy(float)
    single = (rows["units"] < 2).to_numpy()
    axes.plot(
        np.stack([raw, corrected]), np.stack([lines - BESIDE, lines + BESIDE]), color=style.FAINT,
        lw=0.7, zorder=1,
    )  # fmt: skip
    for stage, values, aside in (("raw", raw, -BESIDE), ("corrected", corrected, BESIDE)):
        look = LOOKS[stage]
        axes.scatter(
            values, lines + aside, s=12, marker=look.marker, zorder=3, clip_on=False,
            c=np.where(single, "white", look.colour).tolist(), edgecolors=look.colour,
            linewidths=0.9,
        )  # fmt: skip
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    axes.grid(axis="x", color=style.GAP, lw=0.4)
    axes.set_axisbelow(True)


def _labelled(axes: Axes, lines: np.ndarray, rows: pd.DataFrame) -> None:
    """Draw labelled images as bars on a logarithmic axis, the number beside each."""
    images = rows["labelled"].to_numpy(float)
    axes.barh(lines, images, 0.55, color=style.GAP)
    axes.set_xscale("log")
    axes.set_xlim(0.8, 12 * max(images.max(initial=1), 1))
    for line, n in zip(lines, images, strict=True):
        axes.annotate(
            count(n), (max(n, 0.8), line), (2, 0), textcoords="offset points", va="center",
            fontsize=5.5,
        )  # fmt: skip
    axes.tick_params(bottom=False, labelbottom=False, which="both")
    axes.spines.bottom.set_visible(False)


def _key(rows: pd.DataFrame, unit: str) -> list[Line2D]:
    look: dict[str, Any] = {"lw": 0, "ms": 4}
    handles = [
        Line2D([], [], marker=one.marker, color=one.colour, label=told, **look)
        for one, told in ((LOOKS["raw"], "before the correction"), (LOOKS["corrected"], "after it"))
    ]
    handles.append(Line2D([], [], color=LOOKS["raw"].colour, lw=1.0, label="interval"))
    if (rows["units"] < 2).any():
        white: dict[str, Any] = {
            "mfc": "white",
            "color": style.INK,
            "label": f"labels of one {unit} only",
        }
        handles.append(Line2D([], [], marker="o", **look, **white))
    return handles
