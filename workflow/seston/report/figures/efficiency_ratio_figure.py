"""How many times the labels learning from scratch needs to be as right."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from seston.report.drawing import style
from seston.report.drawing.marks import log_ticks
from seston.report.wording import number, short

#: Measures in the order of the panels, and what they are called.
TITLES = {
    "macro": "average class (macro)",
    "macro_corrected": "the same, corrected",
    "micro": "all images (micro)",
    "micro_corrected": "the same, corrected",
}
ASIDE = 1.03  # factor between the places of variants at one fraction


def hardest(ratio: pd.DataFrame) -> str:
    """Return the variant `against` that is the best of its kind: the one with the least ratios."""
    logs = np.log(ratio["ratio"].where(ratio["ratio"] > 0))
    means = logs.groupby(ratio["against"]).mean().dropna()
    return str(means.index[means.to_numpy().argmin()]) if len(means) else ""


def draw_ratio(
    ratio: pd.DataFrame, variants: Sequence[str], against: str, title: Callable[[str], str] = str
) -> Figure:
    """Draw the label-efficiency ratio against labels, a panel for each measure.

    Parameters
    ----------
    ratio : pandas.DataFrame
        ``label_efficiency_ratio.tsv``; an empty `high` is an interval without an upper end.
    variants : sequence of str
        In the order of their colours.
    against : str
        Which variant needs the labels.
    title : callable
        What to call a variant.
    """
    known = ratio[(ratio["against"] == against) & (ratio["ratio"] > 0)]
    measures = [name for name in TITLES if (known["measure"] == name).any()]
    figure = style.new_figure(style.TWO_COLUMNS, 70)
    grid = figure.subplots(1, len(measures), sharey=True, sharex=True, squeeze=False)[0]
    shown = np.unique(known["fraction"])
    values = known[["ratio", "low", "high"]].to_numpy(float)
    values = np.r_[1.0, values[np.isfinite(values) & (values > 0)]]
    low, high = values.min() / 1.3, values.max() * 1.3
    for axes, measure in zip(grid, measures, strict=True):
        rows = known[known["measure"] == measure].sort_values("fraction")
        for place, variant in enumerate(variants):
            one = rows[rows["variant"] == variant]
            beside = ASIDE ** (place - (len(variants) - 1) / 2)
            _curve(axes, one, place, 100 * one["fraction"].to_numpy() * beside, (low, high))
        axes.axhline(1, color=style.INK, lw=0.7, ls=(0, (4, 3)))
        axes.set(xscale="log", yscale="log", title=TITLES[measure])
        axes.minorticks_off()
        axes.set_xticks(100 * shown, [number(100 * one) for one in shown], rotation=90)
        axes.set_yticks(*log_ticks(low, high, 8))
        axes.set_ylim(low, high)
    figure.supxlabel("labels to learn from, % of all", fontsize=7)
    grid[0].set_ylabel(f"times as many labels for\n“{short(title(against), 36)}”")
    there = [name for name in variants if (known["variant"] == name).any()]
    figure.legend(handles=_key(there, variants, title), loc="outside upper center", ncols=3)
    return figure


def _curve(
    axes: Axes, rows: pd.DataFrame, place: int, x: np.ndarray, ends: tuple[float, float]
) -> None:
    """Draw ratios and their intervals; one without an end goes on beyond the panel."""
    low, high = rows["low"].to_numpy(float), rows["high"].to_numpy(float)
    known = np.isfinite(low)
    low = np.where(low > 0, low, ends[0] / 2)
    high = np.where(np.isfinite(high), high, ends[1] * 2)
    colour, marker = style.COLOURS[place], style.MARKERS[place % len(style.MARKERS)]
    axes.vlines(x[known], low[known], high[known], colour, lw=0.9, alpha=0.5)
    bound = rows["note"].str.startswith("at ").to_numpy(bool)
    axes.plot(x, rows["ratio"], color=colour, lw=1.0)
    for chosen, face in ((~bound, colour), (bound, "white")):
        axes.plot(x[chosen], rows["ratio"].to_numpy(float)[chosen], marker, ms=3.2, mfc=face,
                  mec=colour, mew=0.8, lw=0)  # fmt: skip


def _key(
    there: Sequence[str], variants: Sequence[str], title: Callable[[str], str]
) -> list[Line2D]:
    handles = []
    for name in there:
        place = list(variants).index(name)
        colour, marker = style.COLOURS[place], style.MARKERS[place % len(style.MARKERS)]
        label = short(title(name), 32)
        handles.append(Line2D([], [], color=colour, marker=marker, ms=3.5, lw=1.0, label=label))
    hollow: dict[str, Any] = {"marker": "o", "mfc": "white", "label": "at least, or at most"}
    return [
        *handles,
        Line2D([], [], color=style.INK, lw=0.9, alpha=0.5, label="interval"),
        Line2D([], [], color=style.INK, lw=0, ms=3.5, **hollow),
    ]
