"""Both models side by side: each figure with its interval and what chance would give."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, PercentFormatter

from seston.report.drawing import style
from seston.report.given.evidence import Row
from seston.report.given.measures import MODELS, measure_of
from seston.report.wording import listing, short

MOST_SETS = 6  # of labels
LOOKS = {"pretrained": (style.INK, "o", "white"), "finetuned": (style.COLOURS[0], "s", None)}
TOWARDS = {"higher": "better \u2192", "lower": "\u2190 better", "": ""}
BESIDE = 0.19  # of a line: how far the two models stand from its middle


def draw_labels(rows: Sequence[Row], chosen: str, names: Mapping[str, str] = MODELS) -> Figure:
    """Draw what the names of organisms say: a panel per set of labels, a line per measure."""
    sets = list(dict.fromkeys(row.set for row in rows))[:MOST_SETS]
    measures = list(dict.fromkeys(row.measure for row in rows))
    columns = min(len(sets), 3)
    lines = int(np.ceil(len(sets) / columns))
    figure = style.new_figure(style.TWO_COLUMNS, 16 + lines * (12 + 7.5 * len(measures)))
    grid = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False).ravel()
    for axes, labels in zip(grid, sets, strict=False):
        some = [row for row in rows if row.set == labels]
        _lines(axes, some, measures)
        axes.set_title(short(labels, 80 // columns) or "labels")
        axes.tick_params(labelbottom=True)
        axes.set_xlabel(f"0 to 1, {TOWARDS['higher']}")
    grid[0].set_xlim(_least(rows), 1.0)
    for axes in grid[len(sets) :]:
        axes.set_visible(False)
    _legend(figure, rows, chosen, names)
    return figure


def draw_label_free(rows: Sequence[Row], chosen: str, names: Mapping[str, str] = MODELS) -> Figure:
    """Draw what needs no labels: every measure has units, and so an axis, of its own."""
    columns = min(len(rows), 3)
    lines = int(np.ceil(len(rows) / columns))
    figure = style.new_figure(style.TWO_COLUMNS, 12 + 23 * lines)
    grid = figure.subplots(lines, columns, squeeze=False).ravel()
    for axes, row in zip(grid, rows, strict=False):
        measure = measure_of(row.measure)
        _lines(axes, [row], [row.measure])
        axes.set_title(measure.name, fontsize=7.5)
        axes.set(yticks=[], xlabel=TOWARDS.get(row.better, ""))
        axes.spines.left.set_visible(False)
        axes.margins(x=0.08)
        axes.axvline(
            0, color=style.FAINT, lw=0.6
        )  # of each measure 0 is an end: all alike, or all apart
        axes.xaxis.set_major_locator(MaxNLocator(4))
        if measure.percent:
            axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=None, symbol=" %"))
    for axes in grid[len(rows) :]:
        axes.set_visible(False)
    _legend(figure, rows, chosen, names)
    return figure


def draw_confounding(rows: Sequence[Row], chosen: str, names: Mapping[str, str] = MODELS) -> Figure:
    """Draw what can be told from an embedding although it is no trait of the organism."""
    measures = list(dict.fromkeys(row.measure for row in rows))
    figure = style.new_figure(style.TWO_COLUMNS, 18 + 7.5 * len(measures))
    axes = figure.subplots()
    _lines(axes, rows, measures)
    axes.set_xlim(_least(rows), 1.0)
    axes.xaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    traits = listing(row.measure for row in rows if not row.better)
    axes.set_xlabel(
        "how well it can be told from the embedding, \u2190 better"
        + f" ({traits}: neither)" * bool(traits)
    )
    _legend(figure, rows, chosen, names)
    return figure


def _lines(axes: Axes, rows: Sequence[Row], measures: Sequence[str]) -> None:
    """One line per measure, the models above each other, joined; a dash for chance."""
    for row in rows:
        line = measures.index(row.measure)
        places = [line + (BESIDE if model == "finetuned" else -BESIDE) for model in row.found]
        values = [float(one["value"]) for one in row.found.values()]
        axes.plot(values, places, color=style.FAINT, lw=0.7, zorder=1)
        for place, (model, one) in zip(places, row.found.items(), strict=True):
            _value(axes, place, model, one)
    axes.set_yticks(range(len(measures)), [measure_of(name).name for name in measures])
    axes.set_ylim(len(measures) - 0.4, -0.6)
    axes.grid(axis="x", color=style.GAP, lw=0.4)
    axes.set_axisbelow(True)


def _least(rows: Sequence[Row]) -> float:
    """Return where an axis begins: at 0 or below all values, with room for a dash there."""
    every = [one[["value", "low", "chance"]].min() for row in rows for one in row.found.values()]
    return float(min(0.0, *every)) - 0.02


def _value(axes: Axes, place: float, model: str, one: pd.Series) -> None:
    colour, marker, face = LOOKS[model]
    low, high, chance = (float(one[name]) for name in ("low", "high", "chance"))
    axes.hlines(place, low, high, colour, lw=1.1, zorder=2)
    axes.vlines(chance, place - BESIDE, place + BESIDE, style.COLOURS[1], lw=1.3, zorder=2)
    axes.plot(
        float(one["value"]), place, marker=marker, color=colour, mfc=face or colour,
        markersize=4, lw=0, mew=0.9, zorder=3, clip_on=False,
    )  # fmt: skip


def _legend(figure: Figure, rows: Sequence[Row], chosen: str, names: Mapping[str, str]) -> None:
    """Name the models there are; intervals and chance only where one is drawn."""
    every = pd.DataFrame([one for row in rows for one in row.found.values()])
    handles = []
    for model in (name for name in MODELS if (every["model"] == name).any()):
        colour, marker, face = LOOKS[model]
        label = names[model] + (" (used)" if model == chosen else "")
        handles.append(
            Line2D([], [], color=colour, marker=marker, mfc=face or colour, ms=4, lw=0, label=label)
        )
    if every[["low", "high"]].notna().all(axis=1).any():
        handles.append(Line2D([], [], color=style.INK, lw=1.1, label="interval"))
    if every["chance"].notna().any():
        colour = style.COLOURS[1]
        handles.append(
            Line2D([], [], color=colour, marker="|", ms=7, mew=1.3, lw=0, label="by chance")
        )
    figure.legend(handles=handles, loc="outside upper center", ncols=len(handles))
