"""How right each way to learn is with few and with many labels."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter
from scipy.stats import t

from seston.report.drawing import style
from seston.report.drawing.marks import log_ticks
from seston.report.wording import short

CONFIDENCE = 0.95
MOST_VARIANTS = len(style.COLOURS)


class Measure(NamedTuple):
    """A column of the table, how it is called, and whether it is a share."""

    column: str
    title: str
    share: bool = True
    log: bool = False


#: Rows of the first figure: by measure; its columns are raw and corrected.
RIGHT = (Measure("macro", "found of the average class (macro)"), Measure("micro", "right (micro)"))
#: Panels of the second one.
COST = (
    Measure("nll", "negative log likelihood", share=False),
    Measure("ece", "calibration error (ECE)", share=False),
    Measure("classwise_ece", "the same by class (cw-ECE)", share=False),
    Measure("steps", "steps of training", share=False, log=True),
    Measure("seconds", "seconds of training", share=False, log=True),
)
#: Corrections that are drawn; the others are in the table.
RAW, CORRECTED = "none", "multiclass"


def summary(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return mean and interval (Student's t over seeds) of each variant and fraction.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of ``label_efficiency.tsv`` of one correction.
    column : str
        The measure.

    Returns
    -------
    pandas.DataFrame
        `variant`, `labels` (mean over seeds), `mean`, `low`, `high`; without an interval where
        there is one seed.
    """
    some = table[table[column].notna()].groupby(["variant", "fraction"], sort=True)
    found = some.agg(
        labels=("labels", "mean"), mean=(column, "mean"), sd=(column, "std"), n=(column, "size")
    ).reset_index()
    few = (found["n"] - 1).clip(lower=1)
    room = t.ppf((1 + CONFIDENCE) / 2, few) * found["sd"] / np.sqrt(found["n"])
    return found.assign(low=found["mean"] - room, high=found["mean"] + room)


def draw_efficiency(
    table: pd.DataFrame, variants: Sequence[str], title: Callable[[str], str] = str
) -> Figure:
    """Draw macro recall and micro accuracy against labels, raw and corrected.

    Parameters
    ----------
    table : pandas.DataFrame
        ``label_efficiency.tsv``.
    variants : sequence of str
        In the order of their colours.
    title : callable
        What to call a variant.
    """
    figure = style.new_figure(style.TWO_COLUMNS, 118)
    grid = figure.subplots(2, 2, sharex=True, sharey="row")
    columns = ((RAW, "as learned"), (CORRECTED, "corrected"))
    for line, measure in zip(grid, RIGHT, strict=True):
        for axes, (correction, told) in zip(line, columns, strict=True):
            rows = table[table["correction"] == correction]
            _curves(axes, rows, variants, measure)
            axes.set_title(f"{measure.title}, {told}")
        shown = table["variant"].isin(variants) & table["correction"].isin((RAW, CORRECTED))
        least = table.loc[shown, measure.column].min()
        line[0].set_ylim(np.floor(10 * np.nan_to_num(least)) / 10, 1)
        line[0].yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    _finish(figure, grid, table, variants, 8, title)
    return figure


def draw_cost(
    table: pd.DataFrame, variants: Sequence[str], title: Callable[[str], str] = str
) -> Figure:
    """Draw what else depends on the number of labels: likelihood, calibration, steps, time."""
    figure = style.new_figure(style.TWO_COLUMNS, 104)
    grid = figure.subplots(2, 3, sharex=True)
    rows = table[table["correction"] == CORRECTED]
    for axes, measure in zip(grid.ravel(), COST, strict=False):
        _curves(axes, rows, variants, measure)
        axes.set_title(measure.title)
    grid[-1, -1].set_visible(False)
    grid[0, -1].tick_params(labelbottom=True)
    _finish(figure, grid, table, variants, 4, title)
    return figure


def _curves(axes: Axes, rows: pd.DataFrame, variants: Sequence[str], measure: Measure) -> None:
    found = summary(rows, measure.column)
    for place, variant in enumerate(variants):
        one = found[found["variant"] == variant].sort_values("labels")
        seeds = rows[rows["variant"] == variant]
        colour, marker = style.COLOURS[place], style.MARKERS[place % len(style.MARKERS)]
        known = one["low"].notna() & (not measure.log)
        axes.vlines(
            one["labels"][known], one["low"][known], one["high"][known], colour, lw=0.9, alpha=0.5
        )
        axes.plot(seeds["labels"], seeds[measure.column], ".", color=colour, ms=1.6, alpha=0.6)
        axes.plot(one["labels"], one["mean"], color=colour, marker=marker, ms=3.2, lw=1.0)
    axes.set_xscale("log")
    values = rows[measure.column]
    if measure.log and values.max() > 0:
        low, high = values[values > 0].min() / 1.4, values.max() * 1.4
        axes.set(yscale="log", ylim=(low, high))
        axes.minorticks_off()
        axes.set_yticks(*log_ticks(low, high, 5))
    elif not measure.share:
        axes.set_ylim(0, 1.05 * float(values.max() or 1))


def _finish(
    figure: Figure, grid: npt.NDArray, table: pd.DataFrame, variants: Sequence[str], most: int,
    title: Callable[[str], str],
) -> None:  # fmt: skip
    labels = table["labels"][table["labels"] > 0]
    low, high = labels.min() / 1.3, labels.max() * 1.3
    ticks, names = log_ticks(low, high, most)
    for axes in grid.ravel():
        axes.minorticks_off()
        axes.set_xlim(low, high)
        axes.set_xticks(ticks, names)
        axes.grid(axis="y", color=style.GAP, lw=0.4)
        axes.set_axisbelow(True)
    figure.supxlabel("labelled images to learn from", fontsize=7)
    figure.legend(handles=_key(variants, title), loc="outside upper center", ncols=3)


def _key(variants: Sequence[str], title: Callable[[str], str]) -> list[Line2D]:
    handles = [
        Line2D([], [], color=colour, marker=marker, ms=3.5, lw=1.0, label=short(title(name), 32))
        for name, colour, marker in zip(
            variants, style.COLOURS, [*style.MARKERS, *style.MARKERS], strict=False
        )
    ]
    return [*handles, Line2D([], [], color=style.INK, lw=0.9, alpha=0.5, label="interval")]
