"""The tree of clusters, as a dendrogram with its coarse groups."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator, StrMethodFormatter
from scipy.cluster.hierarchy import dendrogram

from seston.report.drawing import style

MOST_LEAVES = 200  # beyond, numbers at the leaves cannot be read on a page
EACH = 2.6  # mm of a leaf


def draw_tree(tree: pd.DataFrame, groups: pd.DataFrame, sizes: npt.NDArray[np.int64]) -> Figure:
    """Draw joins to the left of the images of each cluster.

    Parameters
    ----------
    tree : DataFrame
        ``tree.tsv``: step, left, right, height, images, fine.
    groups : DataFrame
        ``coarse.tsv``: cluster, coarse.
    sizes : ndarray of int64, shape (k,)
        Images of each cluster.

    Returns
    -------
    Figure
        Empty but for a sentence above `MOST_LEAVES` clusters, or of a single one.
    """
    k = len(sizes)
    if not 1 < k <= MOST_LEAVES:
        return _told(
            f"{k} clusters: too many to draw; the tree is in tree.tsv and tree.nwk"
            if k > 1
            else "one cluster makes no tree"
        )
    coarse = groups.sort_values("cluster")["coarse"].to_numpy()
    count = int(coarse.max()) + 1
    linkage = tree[["left", "right", "height", "fine"]].to_numpy(np.float64)
    drawn = dendrogram(linkage, no_plot=True)
    figure = style.new_figure(style.TWO_COLUMNS, 18 + EACH * k)
    joins, bars = figure.subplots(1, 2, sharey=True, width_ratios=(3, 1))
    order = np.array(drawn["leaves"])
    # Neighbours differ in colour, which their numbers alone would not give.
    turn = {group: place for place, group in enumerate(dict.fromkeys(coarse[order].tolist()))}
    colours = [style.COLOURS[turn[group] % len(style.COLOURS)] for group in range(count)]
    places = 5 + 10.0 * np.arange(k)  # where scipy's dendrogram has its leaves
    _joins(joins, linkage, drawn, coarse, colours)
    _images(bars, sizes[order], places, [colours[group] for group in coarse[order]])
    _names(joins, coarse[order], order, places)
    joins.set_ylim(10 * k, 0)
    return figure


def _joins(
    axes: Axes,
    linkage: npt.NDArray[np.float64],
    drawn: dict,
    coarse: npt.NDArray[np.int64],
    colours: list[str],
) -> None:
    """Draw the joins within groups in their colours, those above the cut in grey."""
    k, count = len(coarse), len(colours)
    lines, inks = [], []
    group_of = _groups_of_nodes(linkage, coarse)
    step_of = _steps(linkage, drawn)
    for across, along, step in zip(drawn["icoord"], drawn["dcoord"], step_of, strict=True):
        lines.append(np.column_stack([along, across]))
        within = step < k - count
        inks.append(colours[group_of[k + step]] if within else style.FAINT)
    axes.add_collection(LineCollection(lines, colors=inks, linewidths=0.9))
    heights = linkage[:, 2]
    if 1 < count < k:
        line = (heights[k - count - 1] + heights[k - count]) / 2
        axes.axvline(line, color=style.INK, lw=0.7, ls=(0, (4, 2)))
        axes.set_title(f"{k} clusters in {count} coarse groups: cut at the dashed line")
    else:
        axes.set_title(f"{k} clusters")
    axes.set_xlim(max(heights[-1], 1e-12) * 1.04, 0)
    axes.set_xlabel("height: root of what the join adds to the mean squared distance")


def _images(
    axes: Axes, sizes: npt.NDArray[np.int64], places: npt.NDArray, colours: list[str]
) -> None:
    """Draw the images of each leaf; bars start at one image, so a bar needs two or more."""
    axes.barh(places, np.maximum(sizes, 0.5) - 0.5, left=0.5, height=7, color=colours)
    axes.set_xscale("log")
    axes.set_xlim(0.5, max(sizes.max(), 1) * 3)
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("images")
    for place, size in zip(places, sizes, strict=True):
        axes.text(max(size, 0.5) * 1.15, place, f"{size:,}", va="center", fontsize=5.5)
    axes.tick_params(left=False)


def _names(
    axes: Axes, coarse: npt.NDArray, order: npt.NDArray[np.int64], places: npt.NDArray
) -> None:
    """Write the cluster at each leaf, and the group at the first of its leaves."""
    axes.yaxis.tick_right()
    axes.spines.left.set_visible(False)
    first = np.append(True, coarse[1:] != coarse[:-1])
    names = [
        f"{cluster}  (group {group})" if begins else str(cluster)
        for cluster, group, begins in zip(order, coarse, first, strict=True)
    ]
    axes.set_yticks(places, names, fontsize=5.5)
    axes.tick_params(axis="y", length=0)


def _groups_of_nodes(
    linkage: npt.NDArray[np.float64], coarse: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Return the group of every node below the cut (2k - 1,); above it that of its first leaf."""
    groups = np.append(coarse, np.zeros(len(linkage), np.int64))
    for row, left in enumerate(linkage[:, 0].astype(np.int64)):
        groups[len(coarse) + row] = groups[left]
    return groups


def _steps(linkage: npt.NDArray[np.float64], drawn: dict) -> list[int]:
    """Return the row of the linkage that each drawn join stands for.

    scipy draws them in another order and does not say in which: a join spans the middles of
    its two sides, which the order of the leaves gives.
    """
    k = len(linkage) + 1
    middle = np.empty(2 * k - 1)
    middle[drawn["leaves"]] = 5 + 10.0 * np.arange(k)
    spans = {}
    for row, (left, right) in enumerate(linkage[:, :2].astype(np.int64)):
        low, high = sorted((middle[left], middle[right]))
        spans[low, high] = row
        middle[k + row] = (low + high) / 2
    return [spans[across[0], across[-1]] for across in drawn["icoord"]]


def _told(sentence: str) -> Figure:
    figure = style.new_figure(style.TWO_COLUMNS, 12)
    figure.text(0.01, 0.5, sentence, va="center")
    return figure
