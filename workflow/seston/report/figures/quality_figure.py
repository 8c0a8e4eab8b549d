"""The samples side by side: effort, rejects by reason, focus, and what was warned of."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from seston.report.drawing import style
from seston.report.given.sample_quality import SampleQuality
from seston.report.wording import group_name, percent, short, site_name

MOST_COLUMNS = 240  # beyond, neighbours share a column
MOST_REASONS = 10
MOST_RATIO = 30  # of high bars to low ones on a linear axis
MOST_BLOCKS = 26  # sites and groups that are named below the panels
UNKNOWN = "#b9c1c5"
ASIDE: dict[str, Any] = {"fontsize": 6, "color": "#55646d"}
ODD_MARK: dict[str, Any] = {"marker": "v", "ls": "", "ms": 3.2, "mew": 0, "color": style.COLOURS[1]}

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Columns:
    """The columns of the picture: the rows of the samples that each stands for."""

    rows: list[npt.NDArray[np.int64]]

    @property
    def most(self) -> int:
        """Return how many samples one column stands for at most."""
        return max(map(len, self.rows))

    def of(self, values: Floats, how: Callable[[Floats], float]) -> Floats:
        """Return a value per column; NaN where none is known."""
        kept = (values[rows][np.isfinite(values[rows])] for rows in self.rows)
        return np.array([how(some) if len(some) else np.nan for some in kept])


def columns_of(samples: int) -> Columns:
    """Return a column for each sample, or for as few neighbours as fit into the picture."""
    return Columns(np.array_split(np.arange(samples), min(samples, MOST_COLUMNS)))


def shown_reasons(reasons: pd.DataFrame) -> pd.DataFrame:
    """Return the rejects by the most frequent reasons, all others as one."""
    if len(reasons.columns) <= MOST_REASONS:
        return reasons
    first, rest = reasons.iloc[:, : MOST_REASONS - 1], reasons.iloc[:, MOST_REASONS - 1 :]
    return first.assign(**{f"{rest.shape[1]} other reasons": rest.sum(axis=1)})


def draw_quality(known: SampleQuality) -> Figure:
    """Draw one column per sample; more than `MOST_COLUMNS` samples share columns.

    What is known of no sample, or happened in none, has no panel.
    """
    table, columns = known.table, columns_of(len(known.table))
    reasons = shown_reasons(known.reasons)
    topics = known.topics.loc[:, known.topics.any()]
    bars = {"images\nlisted": "listed", "volume,\nmL": "volume_ml"}
    bars = {label: name for label, name in bars.items() if table[name].notna().any()}
    focus = [22.0] if table["focus"].notna().any() else []
    rows = [3.6 * shape for shape in (reasons.shape[1], topics.shape[1]) if shape]
    heights = [*[20.0] * len(bars), *focus, *rows]
    figure = style.new_figure(style.TWO_COLUMNS, sum(heights) + 26)
    panels = list(np.ravel(figure.subplots(len(heights), 1, sharex=True, height_ratios=heights)))
    below = iter(panels)
    for label, name in bars.items():
        _bars(next(below), columns.of(table[name].to_numpy(float), np.sum), label)
    if focus:
        _focus(next(below), columns, table)
    if reasons.shape[1]:
        _rejects(next(below), columns, reasons, table["listed"].to_numpy(float))
    if topics.shape[1]:
        _marks(next(below), columns, topics)
    panels[0].set_xlim(-0.5, len(columns.rows) - 0.5)
    _blocks(panels, columns, table)
    return figure


def _bars(axes: Axes, heights: Floats, label: str) -> None:
    x, known = np.arange(len(heights)), np.isfinite(heights)
    found = heights[known & (heights > 0)]
    wide = len(found) > 0 and found.max() > MOST_RATIO * np.quantile(found, 0.1)
    if wide:  # no bars: on a logarithmic axis they have no foot
        size = min(2.6, 320 / len(x))
        axes.plot(x[known], heights[known], "o", ms=size, mew=0, color=style.COLOURS[0])
    else:
        axes.bar(x[known], heights[known], 0.86, color=style.COLOURS[0], lw=0)
    if not known.all():
        marks = np.flatnonzero(~known)
        axes.plot(marks, np.full(len(marks), 0.06), "x", ms=2.4, mew=0.6, color=style.FAINT,
                  transform=axes.get_xaxis_transform())  # fmt: skip
        axes.text(1, 1.01, "× unknown", transform=axes.transAxes, ha="right", va="bottom", **ASIDE)
    if wide:
        axes.set_yscale("log")
        axes.yaxis.set(major_locator=LogLocator(numticks=4), minor_locator=NullLocator())
    elif len(found):
        axes.locator_params(axis="y", nbins=3)
    else:
        axes.set_yticks([])
    axes.yaxis.set_major_formatter(style.tick_number)
    axes.set_ylabel(f"{label} (log)" if wide else label)


def _focus(axes: Axes, columns: Columns, table: pd.DataFrame) -> None:
    low, middle, high = (
        columns.of(table[name].to_numpy(float), how)
        for name, how in (("focus_low", np.min), ("focus", np.median), ("focus_high", np.max))
    )
    x = np.arange(len(middle))
    axes.vlines(x, low, high, color=UNKNOWN, lw=min(2.0, 150 / len(x)))
    axes.plot(x, middle, "o", ms=min(2.6, 320 / len(x)), mew=0, color=style.INK)
    if np.isfinite(middle).any() and np.nanmin(low) > 0:
        axes.set_yscale("log")
        axes.yaxis.set(
            major_locator=LogLocator(subs=(1, 2, 5), numticks=5), minor_locator=NullLocator()
        )
    axes.yaxis.set_major_formatter(style.tick_number)
    odd = [at for at, rows in enumerate(columns.rows) if table["odd_focus"].iloc[rows].any()]
    axes.plot(odd, [0.94] * len(odd), transform=axes.get_xaxis_transform(), **ODD_MARK)
    axes.set_ylabel("focus")


def _rejects(axes: Axes, columns: Columns, reasons: pd.DataFrame, listed: Floats) -> None:
    """Colour each reason's share of the images that were listed."""
    names = [short(str(name), 24) for name in reasons]
    values = np.full((len(names), len(columns.rows)), np.nan)
    for position, rows in enumerate(columns.rows):
        values[:, position] = reasons.iloc[rows].sum().to_numpy() / max(1.0, listed[rows].sum())
    values = np.where(values > 0, values, np.nan)
    top = float(np.nanmax(values))
    axes.imshow(
        values, aspect="auto", cmap="YlOrRd", norm=PowerNorm(0.5, 0, top), interpolation="nearest"
    )
    _rows(axes, names)
    told = f"of the images listed; darkest: {percent(top)}"
    axes.text(1, 1.01, told, transform=axes.transAxes, ha="right", va="bottom", **ASIDE)


def _marks(axes: Axes, columns: Columns, topics: pd.DataFrame) -> None:
    size = min(3.4, 700 / len(columns.rows))
    for row, topic in enumerate(topics):
        there = [at for at, rows in enumerate(columns.rows) if topics[topic].iloc[rows].any()]
        axes.plot(there, [row] * len(there), "s", ms=size, mew=0, color=style.COLOURS[1])
    _rows(axes, list(topics.columns))
    axes.set_ylim(len(topics.columns) - 0.5, -0.5)


def _rows(axes: Axes, names: list[str]) -> None:
    axes.set_yticks(range(len(names)), names, fontsize=6)
    axes.tick_params(axis="y", length=0)
    axes.spines[:].set_visible(False)
    for row in range(1, len(names)):
        axes.axhline(row - 0.5, color=style.GAP, lw=0.4, zorder=0)


def _blocks(panels: list[Axes], columns: Columns, table: pd.DataFrame) -> None:
    """Part sites and groups by lines, and name them below with their first and last days."""
    first = table.iloc[[rows[0] for rows in columns.rows]]
    keys = list(zip(first["site"], first["group"], strict=True))
    blocks, start = [], 0
    for key, some in groupby(keys):
        blocks.append((key, start, start := start + len(list(some))))
    if len(blocks) > MOST_BLOCKS:
        blocks, start = [], 0
        for site, some in groupby(key[0] for key in keys):
            blocks.append(((site, ""), start, start := start + len(list(some))))
    for axes in panels:
        for _, start, _ in blocks[1:]:
            axes.axvline(start - 0.5, color=style.FAINT, lw=0.5)
        axes.tick_params(axis="x", length=0)
    if len(blocks) > MOST_BLOCKS:
        panels[-1].set_xticks([])
        panels[-1].set_xlabel(f"samples by site and time ({len(blocks)} sites)")
        return
    several = len({site for (site, _), _, _ in blocks}) > 1
    names = [
        " · ".join(filter(None, [short(site_name(site), 16) if several else "",
                                 short(group_name(group), 14) if group else ""])) or "samples"
        for (site, group), _, _ in blocks
    ]  # fmt: skip
    middles = [(start + stop - 1) / 2 for _, start, stop in blocks]
    wide = min(stop - start for _, start, stop in blocks) / len(keys) > 0.1
    panels[-1].set_xticks(middles, names, rotation=0 if wide else 40,
                          ha="center" if wide else "right", rotation_mode="anchor")  # fmt: skip
    panels[-1].set_xlabel("samples by site and group, each in the order of time")
