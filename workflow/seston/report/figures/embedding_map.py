"""The map of all organisms (UMAP), coloured by cluster, by day and by group."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure

from seston.report.drawing import style
from seston.report.drawing.class_colours import class_colours
from seston.report.wording import distinct, group_name, site_name

MOST_POINTS, MOST_NUMBERS = 100_000, 120
DATE = 0.28  # of the colour bar: the width of a date below it, and some room


@dataclass(frozen=True)
class Points:
    """The organisms drawn, in drawing order, of how many on the map."""

    table: pd.DataFrame
    of: int


def choose_points(images: pd.DataFrame, seed: int) -> Points:
    """Return organisms that have a place on the map, shuffled; at most `MOST_POINTS`, at random.

    The shuffle keeps a group that was listed last from covering the others.
    """
    placed = images[images["map_x"].notna() & images["map_y"].notna()]
    order = np.random.default_rng(seed).permutation(len(placed))[:MOST_POINTS]
    return Points(placed.iloc[order], len(placed))


def draw_by_cluster(points: Points, label: Callable[[int], str] = str) -> Figure:
    """Draw the map with the colour of each cluster, and its label at its median place."""
    figure = style.new_figure(style.TWO_COLUMNS, 128)
    axes = _frame(figure)
    table = points.table
    cluster = table["cluster"].to_numpy()
    _dots(axes, table, np.array(class_colours(int(cluster.max()) + 1))[cluster].tolist())
    sizes = table["cluster"].value_counts().sort_index().sort_values(ascending=False, kind="stable")
    halo = [patheffects.withStroke(linewidth=1.8, foreground="white")]
    middle = table.groupby("cluster")[["map_x", "map_y"]].median()
    for cluster in sizes.index[:MOST_NUMBERS]:
        x, y = middle.loc[cluster]
        axes.text(
            x, y, label(int(cluster)), fontsize=6.5, ha="center", va="center", path_effects=halo
        )
    return figure


def draw_by_day(points: Points) -> Figure:
    """Draw the map with the day of sampling as a continuous colour; grey where it is unknown.

    Every sampled day is one step of colour, so that a gap of years does not use up the scale.
    """
    figure = style.new_figure(style.ONE_COLUMN, 80)
    axes = _frame(figure)
    known = points.table[points.table["datetime"].notna()]
    unknown = points.table[points.table["datetime"].isna()]
    _dots(axes, unknown, [style.GAP] * len(unknown))
    if len(known):
        days, rank = np.unique(known["datetime"].dt.strftime("%Y-%m-%d"), return_inverse=True)
        picture = _dots(axes, known, rank, cmap=style.SEQUENCE)
        bar = figure.colorbar(picture, ax=axes, location="bottom", fraction=0.04, pad=0.02)
        ticks = day_ticks(len(days))
        bar.set_ticks(ticks, labels=days[ticks].tolist())
    return figure


def draw_by_group(points: Points) -> Figure:
    """Draw the map by site and group; beyond the colours there are, the rest is grey."""
    figure = style.new_figure(style.ONE_COLUMN, 80)
    axes = _frame(figure)
    kinds = pd.MultiIndex.from_frame(points.table[["site", "group"]])
    names = kinds.value_counts().sort_index().sort_values(ascending=False, kind="stable").index
    rank = np.minimum(names.get_indexer(kinds), len(style.COLOURS))
    colours = np.array([*style.COLOURS, style.GAP])
    _dots(axes, points.table, colours[rank].tolist())
    called = [
        site_name(site) + (f", {group_name(group)}" if group else "") for site, group in names
    ]
    for label, colour in zip(distinct(called, 26), style.COLOURS, strict=False):
        axes.scatter([], [], s=12, c=colour, label=label)
    if len(names) > len(style.COLOURS):
        axes.scatter([], [], s=12, c=style.GAP, label=f"{len(names) - len(style.COLOURS)} more")
    figure.legend(loc="outside lower center", ncols=2, handletextpad=0.2)
    return figure


def day_ticks(days: int) -> list[int]:
    """Return which of the days are named: the first, the last and up to two that have room."""
    for count in (4, 3):
        ticks = np.unique(np.linspace(0, days - 1, count).round().astype(int))
        if np.diff(ticks).min(initial=days) >= DATE * (days - 1):
            return ticks.tolist()
    return sorted({0, days - 1})


def _frame(figure: Figure) -> Axes:
    axes = figure.subplots()
    style.bare(axes)
    axes.set_aspect("equal", adjustable="datalim")
    return axes


def _dots(
    axes: Axes, table: pd.DataFrame, colours: npt.ArrayLike, cmap: str | None = None
) -> PathCollection:
    size = float(np.clip(20_000 / max(1, len(table)), 0.3, 5))
    return axes.scatter(
        table["map_x"],
        table["map_y"],
        s=size,
        c=np.asarray(colours),
        cmap=cmap,
        linewidths=0,
        rasterized=True,
    )
