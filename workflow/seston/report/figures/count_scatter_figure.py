"""Whether counts of the classes come out right: what is estimated against what is labelled."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from seston.report.drawing import style
from seston.report.drawing.free_places import ABOVE, BELOW, LEFT, RIGHT
from seston.report.drawing.marks import log_ticks
from seston.report.wording import number, short

Floats = npt.NDArray[np.float64]

PANELS = {
    "counted": "most probable class, counted",
    "expected_raw": "probabilities as learned, summed",
    "expected_corrected": "probabilities corrected, summed",
}
TOLD, MOST_TOLD = 1.5, 8  # from which factor on a class is named, and how many
LETTER = np.array([1.15, 2.0])  # mm of a letter
BAND = 2.0
ABOVE_EDGE = 1.08  # of the lower end: where what is less is drawn
ROOM = 1.0  # mm between a point and its name
SIDES = (RIGHT, LEFT, ABOVE, BELOW)


def factor_off(estimated: npt.ArrayLike, true: npt.ArrayLike) -> Floats:
    """Return by which factor, at least 1, each estimate is too high or too low; inf where 0."""
    with np.errstate(divide="ignore"):
        return np.exp(np.abs(np.log(np.asarray(estimated, float) / np.asarray(true, float))))


def draw_counts(
    classes: pd.DataFrame, colours: Mapping[str, str], title: Callable[[str], str] = str
) -> Figure:
    """Draw a panel for each way to count; each point is a class.

    Parameters
    ----------
    classes : pandas.DataFrame
        `class`, `true_count` and the columns of `PANELS`.
    colours : mapping of str to str
        Of each class.
    title : callable
        What to call a class.
    """
    known = classes[classes["true_count"] > 0]
    values = known[["true_count", *PANELS]].to_numpy(float)
    low = max(0.3, float(values[values > 0].min(initial=1))) / 1.6
    high = float(values.max(initial=1)) * 1.9
    figure = style.new_figure(style.TWO_COLUMNS, 80)
    grid = figure.subplots(1, len(PANELS), sharex=True, sharey=True)
    ticks, names = log_ticks(low, high, 4)
    for axes, (column, told) in zip(grid, PANELS.items(), strict=True):
        axes.set(xscale="log", yscale="log", xlim=(low, high), ylim=(low, high))
        axes.set_box_aspect(1)
        axes.minorticks_off()
        axes.set_xticks(ticks, names)
        axes.set_yticks(ticks, names)
        _panel(axes, known, column, colours)
        off = float(np.median(factor_off(known[column], known["true_count"])))
        axes.set_title(f"{told}\noff by ×{number(off)} in the median class", fontsize=7)
        axes.set_xlabel("labelled images of the class")
    grid[0].set_ylabel("estimated")
    handles = [
        Line2D([], [], color=style.INK, lw=0.7, label="as labelled"),
        Line2D([], [], color=style.FAINT, lw=0.6, ls=(0, (3, 2)), label="half, twice"),
        Line2D([], [], color=style.INK, marker="v", mfc="white", ms=3.5, lw=0, label="fewer"),
    ]
    below = (known[list(PANELS)] < low).any(axis=None)
    figure.legend(handles=handles[: 2 + bool(below)], loc="outside upper center", ncols=3)
    figure.draw_without_rendering()  # now everything has its place
    for axes, column in zip(grid, PANELS, strict=True):
        _names(axes, known, column, 25.4 / figure.dpi, title)
    return figure


def _panel(axes: Axes, known: pd.DataFrame, column: str, colours: Mapping[str, str]) -> None:
    low, high = axes.get_xlim()
    ends = np.array([low, high])
    axes.plot(ends, ends, color=style.INK, lw=0.7, zorder=1)
    for times in (BAND, 1 / BAND):
        axes.plot(ends, times * ends, color=style.FAINT, lw=0.6, ls=(0, (3, 2)), zorder=1)
    true, found = known["true_count"].to_numpy(float), known[column].to_numpy(float)
    fewer = found < low
    own = np.array([colours[name] for name in known["class"]])
    axes.scatter(true[~fewer], found[~fewer], s=14, c=own[~fewer].tolist(), zorder=3, lw=0)
    axes.scatter(
        true[fewer], np.full(fewer.sum(), low * ABOVE_EDGE), s=14, marker="v", facecolors="white",
        edgecolors=own[fewer].tolist(), linewidths=0.9, zorder=3,
    )  # fmt: skip


def _names(
    axes: Axes, known: pd.DataFrame, column: str, mm: float, title: Callable[[str], str]
) -> None:
    """Write the names of the classes that are farthest off, where they hide nothing.

    `mm` is the size of a pixel.
    """
    found = np.maximum(known[column].to_numpy(float), ABOVE_EDGE * axes.get_ylim()[0])
    points = np.stack([known["true_count"].to_numpy(float), found], axis=1)
    places, edge = axes.transData.transform(points) * mm, axes.bbox.get_points() * mm
    off = factor_off(known[column], known["true_count"])
    taken: list[Floats] = []
    for place in np.argsort(-off, kind="stable")[: min(MOST_TOLD, (off > TOLD).sum())]:
        name = short(title(known["class"].iloc[place]), 22)
        size = np.array([len(name), 1]) * LETTER
        others = np.delete(places, place, axis=0)
        boxes = {side: side.box(places[place], size, ROOM) for side in SIDES}
        side = next((side for side in SIDES if _free(boxes[side], edge, others, taken)), None)
        if side is None:
            continue  # where it would hide another: the table has it
        taken.append(boxes[side])
        axes.annotate(
            name, tuple(points[place]), (3.2 * side.across, 3.2 * side.up),
            textcoords="offset points", fontsize=5.5, ha=side.horizontal, va=side.vertical,
        )  # fmt: skip


def _free(box: Floats, edge: Floats, points: Floats, taken: Sequence[Floats]) -> bool:
    """Return whether a text lies within the panel, on no point and on no other text."""
    inside = (box[0] >= edge[0]).all() and (box[1] <= edge[1]).all()
    hides = ((points > box[0] - ROOM) & (points < box[1] + ROOM)).all(axis=1).any()
    over = any((box[0] < one[1]).all() and (one[0] < box[1]).all() for one in taken)
    return bool(inside and not hides and not over)
