"""The path of the community through time, on the principal coordinates of its compositions."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import matplotlib
import numpy as np
import pandas as pd
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D

from seston.report.drawing import style
from seston.report.drawing.free_places import ABOVE, BELOW, LEFT, RIGHT, along, freest
from seston.report.drawing.gaps import gaps, unbroken
from seston.report.drawing.time_axis import TimeAxis
from seston.report.wording import distinct

METHODS = {"bray_curtis": "Bray-Curtis", "aitchison": "Aitchison"}
MEAN = "(mean of groups)"  # of `seston.community.ordination`, whose import takes seconds
MOST_GROUPS, COLUMNS = 12, 4
TICKS, DENSE = 6, 60
BESIDE = 0.25  # room to the left and right of all places, for names: in parts of their span
PANEL = (72.0, 60.0)  # mm of a large panel, about
LETTER, TALL, ROOM = 1.25, 2.6, 1.4  # mm: of a name, and between it and its point


class Clock(NamedTuple):
    """Time as an axis, and as a colour."""

    axis: TimeAxis
    norm: Normalize


def draw_ordination(
    table: pd.DataFrame, explained: Mapping[str, Sequence[float | None]], time: TimeAxis
) -> Figure:
    """Draw all compositions by both distances, and below the path of each group.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of ``ordination.tsv`` of one site: `method`, `group`, `period`, `axis1`, `axis2`. Of
        the group `MEAN` are the means of all groups.
    explained : mapping of str to sequence of float
        Share that each axis explains, by method.
    time : TimeAxis
    """
    places = time.places(table["period"].tolist())
    clock = Clock(time, Normalize(places.min(), max(places.max(), places.min() + 1e-6)))
    table = table.assign(axis2=table["axis2"].fillna(0.0))  # two compositions lie on one axis
    methods = [method for method in METHODS if (table["method"] == method).any()]
    groups = [group for group in sorted(table["group"].unique()) if group != MEAN]
    shown = groups[:MOST_GROUPS] if len(groups) > 1 else []
    rows = -(-len(shown) // COLUMNS)
    tall = 28 + 84 * _height(table)
    figure = style.new_figure(style.TWO_COLUMNS, tall + 46 * rows)
    heights = [tall, *([46 * rows] if rows else [])]
    parts = figure.subfigures(len(heights), 1, squeeze=False, height_ratios=heights)
    top, *below = parts.ravel()
    panels = np.atleast_1d(top.subplots(1, len(methods)))
    for axes, method in zip(panels, methods, strict=True):
        _draw_all(axes, table[table["method"] == method], clock)
        axes.set_title(METHODS[method])
        for one, told in zip((axes.xaxis, axes.yaxis), explained.get(method, ()), strict=False):
            share = "" if told is None or np.isnan(told) else f" ({100 * told:.0f} %)"
            one.set_label_text(f"axis {1 + (one is axes.yaxis)}{share}")
    _colour_bar(top, panels, table, clock)
    broken = any(
        gaps(time.places(sorted(one["period"]))) for _, one in table.groupby(["method", "group"])
    )
    key = _key(len(groups) > 1, broken, clock.axis)
    top.legend(handles=key, loc="outside upper right", ncols=3)
    for figure_below in below:
        first = table[table["method"] == methods[0]]
        _draw_groups(figure_below, first, shown, rows, clock)
        which = f": {len(shown)} of {len(groups)}" if len(groups) > len(shown) else ""
        title = f"{METHODS[methods[0]]}, the path of each group{which}"
        figure_below.suptitle(title, fontsize=8, x=0.01, ha="left")
    return figure


def _height(table: pd.DataFrame) -> float:
    """Return the height of a panel over its width that the places need."""
    spans = table.groupby("method")[["axis1", "axis2"]].agg(np.ptp)
    return float(np.clip((spans["axis2"] / spans["axis1"].clip(lower=1e-9)).max(), 0.6, 1.0))


def _draw_all(axes: Axes, rows: pd.DataFrame, clock: Clock) -> None:
    """Draw every composition, and the path of the only group or of the mean of groups."""
    mean = rows[rows["group"] == MEAN]
    own = rows[rows["group"] != MEAN]
    axes.scatter(
        own["axis1"], own["axis2"], s=_size(len(own)), linewidths=0, cmap=style.SEQUENCE,
        norm=clock.norm, c=clock.axis.places(own["period"].tolist()), zorder=2,
        alpha=0.75 if len(mean) else 1.0,
    )  # fmt: skip
    _path(axes, mean if len(mean) else own, clock, style.INK if len(mean) else style.FAINT)
    _name_ends(axes, mean if len(mean) else own, own, clock)
    _frame(axes, BESIDE)


def _draw_groups(
    figure: SubFigure, rows: pd.DataFrame, groups: Sequence[str], down: int, clock: Clock
) -> None:
    """Draw the path of each group before all other compositions in grey."""
    panels = figure.subplots(down, COLUMNS, squeeze=False).ravel()
    for axes in panels[len(groups) :]:
        axes.set_visible(False)
    others = rows[rows["group"] != MEAN]
    for axes, group, name in zip(panels, groups, distinct(groups, 24), strict=False):
        axes.scatter(others["axis1"], others["axis2"], s=3, c=style.GAP, linewidths=0)
        one = rows[rows["group"] == group]
        _path(axes, one, clock, style.FAINT)
        axes.scatter(
            one["axis1"], one["axis2"], s=_size(len(one)) * 0.6, linewidths=0, zorder=3,
            cmap=style.SEQUENCE, norm=clock.norm, c=clock.axis.places(one["period"].tolist()),
        )  # fmt: skip
        axes.set_title(name, fontsize=7)
        _frame(axes, 0.08)
        axes.tick_params(labelbottom=False, labelleft=False)


def _path(axes: Axes, rows: pd.DataFrame, clock: Clock, colour: str) -> None:
    """Draw the path through time, dotted over gaps."""
    rows = rows.sort_values("period")
    x, y = rows["axis1"].to_numpy(float), rows["axis2"].to_numpy(float)
    wide = 0.8 if len(rows) <= DENSE else 0.35
    axes.plot(x, y, color=colour, lw=0.5, ls=(0, (1, 2)), zorder=1)
    for part in unbroken(clock.axis.places(rows["period"].tolist())):
        axes.plot(x[part], y[part], color=colour, lw=wide, zorder=1)


def _name_ends(axes: Axes, rows: pd.DataFrame, others: pd.DataFrame, clock: Clock) -> None:
    """Name the first and the last period of a path, where the names hide least."""
    rows = rows.sort_values("period")
    halo = [patheffects.withStroke(linewidth=1.8, foreground="white")]
    path, dots = (one[["axis1", "axis2"]].to_numpy(float) for one in (rows, others))
    drawn, each = np.concatenate([along(path), dots]), _per_mm(dots)
    taken: list[np.ndarray] = []
    for end in (0, -1)[: len(path)]:  # of a single period there is one name
        name = clock.axis.name(rows.iloc[end]["period"])
        size = np.array([len(name) * LETTER, TALL]) * each
        sides = (LEFT, RIGHT, ABOVE, BELOW) if end == 0 else (RIGHT, LEFT, ABOVE, BELOW)
        side = freest(path[end], size, ROOM * each, drawn, taken, sides)
        taken.append(side.box(path[end], size, ROOM * each))
        axes.annotate(
            name, path[end], (side.across * 5, side.up * 4), textcoords="offset points",
            fontsize=6.5, ha=side.horizontal, va=side.vertical, zorder=4, path_effects=halo,
        )  # fmt: skip


def _per_mm(dots: np.ndarray) -> float:
    """Return about how much of the axes' units a millimetre of the large panels is."""
    wide, high = np.ptp(dots, axis=0)
    return float(max(wide * (1 + 2 * BESIDE) / PANEL[0], high * 1.12 / PANEL[1], 1e-9))


def _frame(axes: Axes, room: float) -> None:
    """Make a step along both axes equally long, with room to the left and right."""
    axes.set_aspect("equal", adjustable="datalim")
    axes.margins(x=room, y=0.06)
    axes.locator_params(nbins=4)


def _key(means: bool, broken: bool, time: TimeAxis) -> list[Line2D]:
    colour = style.INK if means else style.FAINT
    label = "mean of groups" if means else f"from {time.period} to {time.period}"
    what = f"composition of one {'group in one ' if means else ''}{time.period}"
    dot = Line2D([], [], color=matplotlib.colormaps[style.SEQUENCE](0.35), marker="o", lw=0, ms=3.5,
                 mew=0, label=what)  # fmt: skip
    dotted = Line2D([], [], color=colour, lw=0.5, ls=(0, (1, 2)), label="not sampled between")
    path = Line2D([], [], color=colour, lw=0.8, label=label)
    return [dot, path, *([dotted] if broken else [])]


def _size(points: int) -> float:
    return float(np.clip(1200 / max(points, 1), 3, 14))


def _colour_bar(
    figure: Figure | SubFigure, panels: np.ndarray, table: pd.DataFrame, clock: Clock
) -> None:
    periods = sorted(table["period"].unique())
    colours = ScalarMappable(clock.norm, matplotlib.colormaps[style.SEQUENCE])
    bar = figure.colorbar(
        colours, ax=list(panels), location="bottom", fraction=0.03, aspect=60, pad=0.02
    )
    spread = np.linspace(0, len(periods) - 1, min(TICKS, len(periods))).round().astype(int)
    ticks = [periods[place] for place in dict.fromkeys(spread.tolist())]
    bar.set_ticks(clock.axis.places(ticks).tolist(), labels=clock.axis.labels(ticks))
    bar.set_label("day of the experiment" if clock.axis.day_zero else "", size=7)
