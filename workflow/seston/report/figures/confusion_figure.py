"""Which class is taken for which: shares of each true class."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import matplotlib
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.ticker import PercentFormatter

from seston.report.drawing import style

MOST_CLASSES, WRITTEN, BESIDE = 40, 15, 20  # drawn; with figures in the cells; side by side
ROOT = 0.5  # of the scale of colours, so that a few per cent can be seen
TICKS = [0, 0.02, 0.1, 0.25, 0.5, 0.75, 1]
TITLES = {
    "none": "before the correction",
    "multiclass": "corrected by the training prior",
    "em": "corrected by EM",
    "one_versus_rest": "corrected one versus rest",
}


@dataclass(frozen=True)
class Confusion:
    """Images by true class (row) and predicted class (column), in one order."""

    classes: list[str]
    counts: npt.NDArray[np.float64]

    @property
    def shares(self) -> npt.NDArray[np.float64]:
        """Shares (0 to 1) of each row; NaN where a class has no image."""
        total = self.counts.sum(axis=1, keepdims=True)
        return np.divide(self.counts, total, out=np.full_like(self.counts, np.nan), where=total > 0)


def most_frequent(confusion: pd.DataFrame) -> list[str]:
    """Return the classes with the most labelled images, the largest first."""
    one = confusion[confusion["correction"] == confusion["correction"].iloc[0]]
    totals = one.groupby("true")["count"].sum().reset_index()
    totals = totals.sort_values(["count", "true"], ascending=[False, True])
    return totals["true"].tolist()


def confusion_of(confusion: pd.DataFrame, correction: str, classes: Sequence[str]) -> Confusion:
    """Return the matrix of one correction; classes beyond these count as ``""``.

    Parameters
    ----------
    confusion : pandas.DataFrame
        `correction`, `true`, `predicted`, `count`.
    classes : sequence of str
        The first of them are rows and columns.
    """
    kept = list(classes[:MOST_CLASSES])
    rows = confusion[confusion["correction"] == correction]
    named = rows.assign(
        true=rows["true"].where(rows["true"].isin(kept), ""),
        predicted=rows["predicted"].where(rows["predicted"].isin(kept), ""),
    )
    order = kept + [""] * (len(classes) > len(kept))
    table = named.pivot_table(
        index="true", columns="predicted", values="count", aggfunc="sum", fill_value=0
    )
    return Confusion(order, table.reindex(index=order, columns=order, fill_value=0).to_numpy(float))


def draw_confusion(found: dict[str, Confusion], title: Callable[[str], str] = str) -> Figure:
    """Draw the matrices by their corrections, rows summing to 1.

    Parameters
    ----------
    found : dict of str to Confusion
        By the correction.
    title : callable
        What to call a class.
    """
    classes = len(next(iter(found.values())).classes)
    across = len(found) if classes <= BESIDE else 1
    side = 150.0 / across if across > 1 else min(60 + 3.2 * classes, 180.0)
    lines = int(np.ceil(len(found) / across))
    high = min(255.0, lines * (side * (0.62 if across == 1 else 1.0) + 22))
    figure = style.new_figure(style.TWO_COLUMNS, high)
    grid = figure.subplots(lines, across, squeeze=False, sharex=True, sharey=True)
    pictures = [
        _matrix(axes, one, title) for axes, one in zip(grid.ravel(), found.values(), strict=True)
    ]
    for axes, correction in zip(grid.ravel(), found, strict=True):
        axes.set_title(TITLES.get(correction, correction))
    for axes in grid[-1]:
        axes.set_xlabel("predicted")
    for axes in grid[:, 0]:
        axes.set_ylabel("labelled as (images)")
    bar = figure.colorbar(pictures[0], ax=grid, label="share of the row", fraction=0.03, pad=0.015)
    bar.set_ticks(TICKS)
    bar.ax.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    return figure


def _matrix(axes: Axes, one: Confusion, title: Callable[[str], str]) -> AxesImage:
    shares, size = one.shares, len(one.classes)
    colours = matplotlib.colormaps[style.SEQUENCE].with_extremes(bad=style.GAP)
    picture = axes.imshow(shares, aspect="auto", cmap=colours, norm=PowerNorm(ROOT, 0, 1))
    names = [title(name) if name else "all others" for name in one.classes]
    counts = one.counts.sum(axis=1)
    axes.set_xticks(range(size), names, rotation=90, fontsize=5.5 if size > WRITTEN else 6)
    told = [f"{name} ({n:,.0f})" for name, n in zip(names, counts, strict=True)]
    axes.set_yticks(range(size), told, fontsize=5.5 if size > WRITTEN else 6)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    if size <= WRITTEN:
        for (row, column), share in np.ndenumerate(shares):
            if share >= 0.005:
                colour = "white" if share**ROOT < 0.75 else style.INK
                axes.text(
                    column, row, f"{100 * share:.0f}", ha="center", va="center", fontsize=5,
                    color=colour,
                )  # fmt: skip
    return picture
