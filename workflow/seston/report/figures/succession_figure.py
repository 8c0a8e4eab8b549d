"""The succession: each class's curve in the order of their centres, with typical organisms.

Each curve has its own scale, so that rare classes show as well as common ones; its top is
told beside it. Everything is placed in millimetres: rows of pictures and curves must align.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from seston.report.drawing import style
from seston.report.drawing.gaps import gaps, unbroken
from seston.report.drawing.mosaics import Crop
from seston.report.drawing.time_axis import TimeAxis
from seston.report.given.succession import MOST_PICTURES, UNITS, Succession, in_doubt, relative
from seston.report.wording import DASH, THIN, distinct, many, number, percent
from seston.trends.effort import FEW

#: Colour of a class by its label; the words stand beside it.
COLOURS = {
    "early": style.COLOURS[0],
    "late": style.COLOURS[1],
    "transient": style.COLOURS[2],
    "persistent": style.COLOURS[3],
}
NAMES, PICTURES, CURVES, TOPS = 34.0, 30.0, 89.0, 23.0  # mm across; 4 mm are margins
LEFT, HEAD, FOOT, EFFORT = 1.0, 13.0, 11.0, 13.0
FULL = 0.82  # of a row: its curve's top
MOST_LETTERS, MOST_DOTS = 24, 60
ENDS = ("centre_low", "centre_high")
BAND = "#eef0f1"  # where nothing was sampled


def draw_succession(
    shown: Succession,
    time: TimeAxis,
    crops: Mapping[str, Sequence[Crop]],
    title: Callable[[str], str] = str,
) -> Figure:
    """Draw one row per class: name, typical organisms, curve, centre, largest value.

    Parameters
    ----------
    shown : Succession
    time : TimeAxis
    crops : mapping of str to sequence of Crop
        Typical organisms of each class; a class may lack them.
    title : callable
        How to call a class.
    """
    rows = len(shown.classes)
    each = float(np.clip(150 / max(rows, 1), 10.5, 15))
    high = each * rows
    total = HEAD + high + 2 + EFFORT + FOOT
    figure = style.new_figure(style.TWO_COLUMNS, total)
    figure.set_layout_engine("none")

    def place(left: float, wide: float, top: float, tall: float) -> Axes:
        box = (left / style.TWO_COLUMNS, 1 - (top + tall) / total)
        return figure.add_axes((*box, wide / style.TWO_COLUMNS, tall / total))

    room = PICTURES if any(crops.get(name) for name in shown.classes["class"]) else 0.0
    at, wide = LEFT + NAMES + room + 2, CURVES + PICTURES - room
    names, pictures = place(LEFT, NAMES, HEAD, high), place(LEFT + NAMES, max(room, 1), HEAD, high)
    curves, tops = place(at, wide, HEAD, high), place(at + wide + 1, TOPS, HEAD, high)
    effort = place(at, wide, HEAD + high + 2, EFFORT)
    for axes in (names, pictures, curves, tops):
        axes.set(ylim=(rows, 0), xlim=(0, 1))
        style.bare(axes)
    called = distinct(map(title, shown.classes["class"]), MOST_LETTERS)
    for row, (_, one) in enumerate(shown.classes.iterrows()):
        _told(names, tops, row, one, shown, called[row], _days(one, time))
        _pictures(pictures, crops.get(one["class"], []), row, each)
        _curve(curves, row, one, shown, time)
    _effort(effort, shown, time)
    _time(curves, effort, shown, time)
    figure.text(LEFT / style.TWO_COLUMNS, 1 - 3.5 / total, _heading(shown), fontsize=8, va="center")
    corner = LEFT / style.TWO_COLUMNS, 1 - 8.5 / total
    figure.legend(
        handles=_key(shown), loc="center left", ncols=7, bbox_to_anchor=corner, borderpad=0,
        borderaxespad=0, handletextpad=0.5, columnspacing=1.4,
    )  # fmt: skip
    return figure


def _heading(shown: Succession) -> str:
    some = len(shown.classes)
    which = f"the {some} of {shown.of} classes with the most images"
    if some == shown.of:
        which = many(some, "class", "classes")
    what = "concentration" if shown.measure == "concentration_per_ml" else "share of all images"
    return f"Succession, earliest first: {which}; {what}, each on its own scale"


def _told(
    names: Axes, tops: Axes, row: int, one: pd.Series, shown: Succession, name: str, days: str
) -> None:
    """Write name and label to the left of a row, and what the top of the curve is to its right."""
    names.text(0, row + 0.42, name, fontsize=7, va="center")
    label = f"{one['label']}{'?' * in_doubt(one)}, " if one["label"] else ""
    names.text(0, row + 0.74, label + days, fontsize=6, va="center")
    top = percent(one["top"]) if shown.measure == "share" else number(one["top"], 2)
    unit = "" if shown.measure == "share" else f" {UNITS[shown.measure]}"
    # As near to each other as name and label: one row's images are not the next one's top.
    tops.text(0, row + 0.42, f"up to {top.replace(THIN, ' ')}{unit}", fontsize=6, va="center")
    tops.text(0, row + 0.74, many(int(one["images"]), "image"), fontsize=6, va="center")


def _days(one: pd.Series, time: TimeAxis) -> str:
    """Return the centre of a class in few letters; its interval where it is of day numbers."""
    if not one["centre"]:
        return "centre unknown"
    if not time.day_zero:
        return time.labels([one["centre"]])[0]
    centre, *ends = (number(round(place, 1), 3) for place in _centre(one, time))
    return f"day {centre}" + (
        f" ({ends[0]}{DASH}{ends[1]})" if all(one[name] for name in ENDS) else ""
    )


def _centre(one: pd.Series, time: TimeAxis) -> tuple[float, float, float]:
    """Return the place in time of a class's centre and of the ends of its interval; NaN if none.

    Without a day 0 to the nearest day, as the table has dates.
    """
    if time.day_zero:
        return one["centre_day"], one["centre_day_low"], one["centre_day_high"]
    centre, low, high = (
        float(time.places([one[name]])[0]) if one[name] else np.nan for name in ("centre", *ENDS)
    )
    return centre, low, high


def _pictures(axes: Axes, crops: Sequence[Crop], row: int, each: float) -> None:
    """Put up to three pictures beside each other, each as large as its place allows."""
    side = PICTURES / MOST_PICTURES
    for place, crop in enumerate(crops[:MOST_PICTURES]):
        wide, tall = crop.image.size
        zoom = min((side - 1) / wide, (each - 1) / tall)
        across, down = wide * zoom / PICTURES, tall * zoom / each
        x, y = (place + 0.5) * side / PICTURES, row + 0.5
        extent = (x - across / 2, x + across / 2, y + down / 2, y - down / 2)
        axes.imshow(np.asarray(crop.image), extent=extent, aspect="auto", interpolation="bilinear")


def _curve(axes: Axes, row: int, one: pd.Series, shown: Succession, time: TimeAxis) -> None:
    mine = shown.curves[(shown.curves["class"] == one["class"]) & shown.curves["value"].notna()]
    x, floor = time.places(mine["period"]), row + 0.96
    y = floor - FULL * relative(mine["value"], one["top"])
    colour = _colour(one)
    axes.axhline(floor, color=style.GAP, lw=0.5, zorder=0)
    for part in unbroken(x):
        axes.fill_between(x[part], floor, y[part], color=colour, alpha=0.3, lw=0)
        axes.plot(x[part], y[part], color=colour, lw=0.9)
        if len(x) <= MOST_DOTS or part.stop - part.start == 1:
            axes.scatter(x[part], y[part], s=3, c=colour, linewidths=0, zorder=3, clip_on=False)
    centre, low, high = _centre(one, time)
    axes.plot([low, high], [floor, floor], color=style.INK, lw=1.6, zorder=4, solid_capstyle="butt")
    axes.scatter(
        [centre], [floor], s=16, marker="D", c="white", edgecolors=style.INK, linewidths=0.9,
        zorder=5, clip_on=False,
    )  # fmt: skip


def _effort(axes: Axes, shown: Succession, time: TimeAxis) -> None:
    x, images = time.places(shown.effort["period"]), shown.effort["images"].to_numpy(float)
    few, wide = shown.effort["samples"].to_numpy() < FEW, 0.8 * time.step(shown.effort["period"])
    axes.bar(x[~few], images[~few], wide, color=style.FAINT)
    axes.bar(x[few], images[few], wide, color="white", edgecolor=style.FAINT, lw=0.5)
    axes.set_ylabel("images", labelpad=2)
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_locator(MaxNLocator(2, integer=True))
    axes.yaxis.set_major_formatter(style.tick_count)


def _time(curves: Axes, effort: Axes, shown: Succession, time: TimeAxis) -> None:
    """Give both the same time, and a pale band where nothing was sampled."""
    starts = shown.effort["period"]
    half = 0.45 * time.step(starts)
    effort.set_xlabel(time.mark(effort, starts), labelpad=1)
    curves.set_xlim(effort.get_xlim())
    for axes in (curves, effort):
        for start, stop in gaps(time.places(starts)):
            axes.axvspan(start + half, stop - half, color=BAND, lw=0, zorder=-1)


def _colour(one: pd.Series) -> str:
    return COLOURS.get(str(one["label"]), style.FAINT)


def _key(shown: Succession) -> list[Artist]:
    there = [label for label in COLOURS if (shown.classes["label"] == label).any()]
    keys: list[Artist] = [Patch(fc=COLOURS[label], alpha=0.45, label=label) for label in there]
    if (shown.classes["label"] == "").any():
        keys.append(Patch(fc=style.FAINT, alpha=0.45, label="not tested"))
    if any(in_doubt(one) for _, one in shown.classes.iterrows()):
        keys.append(Patch(fc="none", ec="none", label="?: may be chance"))
    centre = Line2D(
        [], [], color=style.INK, lw=1.6, marker="D", mfc="white", ms=3.6, mew=0.9,
        label="centre and interval",
    )  # fmt: skip
    keys.append(centre)
    if (shown.effort["samples"] < FEW).any():
        label = f"fewer than {FEW} samples in all"
        keys.append(Patch(fc="white", ec=style.FAINT, lw=0.5, label=label))
    return keys
