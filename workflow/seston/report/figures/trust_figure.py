"""The clusters beside the density clusters, and how surely each cluster is found again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from seston.report.drawing import style
from seston.report.wording import number

MOST_ROWS, MOST_COLUMNS = 40, 30
NOISE, OTHERS = -1, -2


@dataclass(frozen=True)
class Overlap:
    """Which share (0 to 1) of a cluster (row) lies in which density cluster (column).

    The last columns are `OTHERS`, if any are left out, and `NOISE`, if there is any.
    """

    clusters: list[int]
    density: list[int]
    values: npt.NDArray[np.float64]


def overlap(table: pd.DataFrame) -> Overlap:
    """Return the largest clusters beside the largest density clusters.

    Rows stand in the order of the column that holds most of them, so that clusters which
    both methods find lie on the diagonal.

    Parameters
    ----------
    table : pandas.DataFrame
        `cluster`, `density_cluster` and `images` in both.
    """
    counts = table.pivot_table(
        index="cluster", columns="density_cluster", values="images", aggfunc="sum", fill_value=0
    )
    largest = counts.sum(axis=1).sort_values(ascending=False, kind="stable")
    shares = counts.div(counts.sum(axis=1), axis=0).loc[largest.index[largest > 0][:MOST_ROWS]]
    dense = counts.drop(columns=NOISE, errors="ignore").sum()
    kept = dense.sort_values(ascending=False, kind="stable").index[:MOST_COLUMNS].tolist()
    columns = shares[kept].copy()
    if len(kept) < len(dense):
        columns[OTHERS] = shares[[one for one in dense.index if one not in kept]].sum(axis=1)
    if NOISE in shares:
        columns[NOISE] = shares[NOISE]
    most = columns.to_numpy().argmax(axis=1)
    order = np.lexsort((-columns.to_numpy().max(axis=1), most))
    ordered = columns.iloc[order]
    return Overlap(
        [int(one) for one in ordered.index],
        [int(one) for one in ordered.columns],
        ordered.to_numpy(float),
    )


def draw_overlap(both: Overlap, label: Callable[[int], str] = str) -> Figure:
    """Draw clusters beside density clusters; colour is the share of the cluster."""
    rows, columns = both.values.shape
    figure = style.new_figure(style.TWO_COLUMNS, float(np.clip(3.6 * rows, 24, 150)) + 20)
    axes = figure.subplots()
    colours = matplotlib.colormaps[style.SEQUENCE]
    picture = axes.imshow(both.values, aspect="auto", cmap=colours, vmin=0, vmax=1)
    names = {NOISE: "noise", OTHERS: "others"}
    axes.set_xticks(range(columns), [names.get(d, str(d)) for d in both.density], rotation=90)
    axes.set_yticks(range(rows), [label(c) for c in both.clusters])
    axes.set(xlabel="density cluster", ylabel="cluster")
    first = sum(d >= 0 for d in both.density)
    if 0 < first < columns:
        axes.axvline(first - 0.5, color="white", lw=1.2)
    bar = figure.colorbar(picture, ax=axes, label="share of the cluster", fraction=0.03, pad=0.02)
    bar.ax.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    return figure


def draw_stability(
    table: pd.DataFrame, label: Callable[[int], str] = str, limits: Sequence[float] = ()
) -> Figure:
    """Draw how surely the largest clusters are found again, with intervals.

    Parameters
    ----------
    table : pandas.DataFrame
        `cluster`, `stability`, `stability_low`, `stability_high`, `flags`; the largest first.
    label : callable
        What to call a cluster.
    limits : sequence of float
        Stabilities to draw a line at, with the number above it.
    """
    known = table[table["stability"].notna()].head(MOST_ROWS)
    figure = style.new_figure(style.TWO_COLUMNS, 22 + 3.6 * len(known))
    axes = figure.subplots()
    places = np.arange(len(known))
    unstable = known["flags"].str.split(";").map(lambda codes: "unstable" in codes).to_numpy(bool)
    for limit in limits:
        axes.axvline(limit, color=style.COLOURS[1], lw=0.8, ls=(0, (4, 3)))
        axes.annotate(
            number(limit), (limit, 1), (0, 2), ("data", "axes fraction"), "offset points",
            ha="center", fontsize=6, color=style.COLOURS[1],
        )  # fmt: skip
    axes.hlines(places, known["stability_low"], known["stability_high"], style.COLOURS[0], lw=1.1)
    faces = np.where(unstable, "white", style.COLOURS[0]).tolist()
    axes.scatter(
        known["stability"], places, s=13, c=faces, edgecolors=style.COLOURS[0], linewidths=0.9,
        zorder=3, clip_on=False,
    )  # fmt: skip
    axes.set_yticks(places, [label(int(one)) for one in known["cluster"]])
    axes.set(ylim=(len(known) - 0.4, -0.6), xlim=(0, 1), ylabel="cluster, largest first")
    axes.set_xlabel("stability: Jaccard index over reclusterings, better \u2192")
    axes.grid(axis="x", color=style.GAP, lw=0.4)
    axes.set_axisbelow(True)
    look: dict[str, Any] = {"color": style.COLOURS[0], "marker": "o", "ms": 4}
    handles = [Line2D([], [], lw=1.1, label="stability with interval", **look)]
    if unstable.any():
        white = Line2D([], [], mfc="white", lw=0, mew=0.9, label="flagged unstable", **look)
        handles.append(white)
    figure.legend(handles=handles, loc="outside upper center", ncols=2)
    return figure
