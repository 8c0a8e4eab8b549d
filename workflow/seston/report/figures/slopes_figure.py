"""What rises and what falls: the slope of every class of a site, with its interval and q."""

from collections.abc import Callable
from math import ceil

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from seston.report.drawing import marks, style
from seston.report.given.tested_classes import of_classes
from seston.report.wording import many

MOST_ROWS, MOST_PANELS = 50, 2  # of one figure
REACH = 2.5  # how far beyond the steepest slope an interval is followed
LOOKS = {  # by the direction: colour, mark
    1: (style.COLOURS[0], "^"),
    -1: (style.COLOURS[1], "v"),
    0: (style.FAINT, "o"),
}
MEASURES = {
    "concentration": "the natural logarithm of the concentration",
    "share": "the centred log-ratio of the share",
}
VANISHES, FLIPS = "vanishes", "sign_flips_when_pooled"
DAGGER = "\u2020"


def slopes_of(tests: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of ``trend_tests.tsv`` to draw: those with a slope, in the order of the page.

    Parameters
    ----------
    tests : pandas.DataFrame
        The rows of one site.
    """
    classes = of_classes(tests)
    return classes[classes["slope_per_day"].notna()]


def parts(slopes: pd.DataFrame) -> list[pd.DataFrame]:
    """Cut the rows into those of one figure each, of about the same length."""
    figures = ceil(len(slopes) / (MOST_ROWS * MOST_PANELS))
    return [slopes.iloc[rows] for rows in np.array_split(np.arange(len(slopes)), figures or 1)]


def draw_slopes(
    slopes: pd.DataFrame,
    tests: pd.DataFrame,
    alpha: float,
    title: Callable[[str], str] = str,
) -> Figure:
    """Draw one row per class: slope, interval, the slopes within the groups, and q.

    Parameters
    ----------
    slopes : pandas.DataFrame
        One of `parts`.
    tests : pandas.DataFrame
        ``trend_tests.tsv`` of the site: its rows of single groups are drawn beside.
    alpha : float
        The q up to which a trend is told.
    title : callable
        What to call a class.
    """
    panels = min(MOST_PANELS, ceil(len(slopes) / MOST_ROWS) or 1)
    rows = ceil(len(slopes) / panels)
    figure = style.new_figure(style.TWO_COLUMNS, 26 + max(3.5 * rows, 14))
    grid = figure.subplots(1, panels, sharex=True, squeeze=False)[0]
    within = tests[(tests["scope"] == "group") & tests["class"].isin(slopes["class"])]
    single = within.set_index("class")["slope_per_day"]
    reach = _reach(slopes, single)
    for axes, places in zip(grid, np.array_split(np.arange(len(slopes)), panels), strict=True):
        _panel(axes, slopes.iloc[places], rows, single, alpha, title, reach)
    kinds = " or ".join(MEASURES[one] for one in sorted(set(slopes["measure"])))
    notes = [f"change of {kinds} per day"]
    if refused := len(of_classes(tests)) - int(of_classes(tests)["slope_per_day"].notna().sum()):
        notes.append(f"{many(refused, 'more class was', 'more classes were')} not tested")
    if slopes["flags"].str.contains(VANISHES).any():
        notes.append(f"{DAGGER} gone in half of the clusterings made anew")
    figure.supxlabel("\n".join(notes), fontsize=7)
    _legend(figure, slopes, len(single) > 0)
    return figure


def _panel(
    axes: Axes,
    slopes: pd.DataFrame,
    rows: int,
    single: pd.Series,
    alpha: float,
    title: Callable[[str], str],
    reach: float,
) -> None:
    axes.set(xlim=(-reach, reach), ylim=(rows - 0.4, -0.6))
    axes.axvline(0, color=style.FAINT, lw=0.6, zorder=1)
    axes.hlines(range(len(slopes)), -reach, reach, style.GAP, lw=0.3, zorder=0)
    for place, row in enumerate(slopes.to_dict("records")):
        told = row["q"] <= alpha
        colour, marker = LOOKS[int(row["direction"]) if told else 0]
        inside = single.loc[[row["class"]]] if row["class"] in single.index else single.iloc[:0]
        axes.plot(inside, [place] * len(inside), "|", color=style.FAINT, ms=4.5, mew=0.6, zorder=2)
        axes.hlines(place, row["slope_low"], row["slope_high"], colour, lw=1.0, zorder=3)
        axes.plot(row["slope_per_day"], place, marker, color=colour, ms=3.6, zorder=4,
                  mfc=colour if told else "white", mew=0.8)  # fmt: skip
        if FLIPS in row["flags"].split(";") and np.isfinite(row["pooled_slope"]):
            axes.plot(row["pooled_slope"], place, "x", color=style.INK, ms=3.6, mew=0.8, zorder=5)
        axes.annotate(
            _q(row), (1, place), (4, 0), ("axes fraction", "data"), "offset points",
            va="center", fontsize=6, color=style.INK if told else style.FAINT,
            annotation_clip=False,
        )  # fmt: skip
    axes.annotate("q", (1, 1), (4, 0), "axes fraction", "offset points", va="bottom", fontsize=6)
    axes.set_yticks(range(len(slopes)), [title(name) for name in slopes["class"]], fontsize=6)
    axes.tick_params(axis="y", length=0)
    axes.spines.left.set_visible(False)
    axes.xaxis.set_major_formatter(style.tick_number)
    axes.locator_params(axis="x", nbins=5)


def _reach(slopes: pd.DataFrame, single: pd.Series) -> float:
    steep = np.abs(np.r_[slopes["slope_per_day"], single, slopes["pooled_slope"]])
    steepest = float(np.nanmax(steep)) if np.isfinite(steep).any() else 0.0
    ends = slopes[["slope_low", "slope_high"]].abs().to_numpy(float)
    farthest = float(np.nanmax(ends)) if np.isfinite(ends).any() else 0.0
    return 1.05 * max(steepest, min(farthest, REACH * steepest)) or 1.0


def _q(row: dict) -> str:
    q = marks.chance(row["q"])
    return f"{q} {DAGGER}" if VANISHES in row["flags"].split(";") else q


def _legend(figure: Figure, slopes: pd.DataFrame, groups: bool) -> None:
    words = {1: "rises", -1: "falls", 0: "no trend found"}
    there = set(slopes["direction"])
    handles = [
        Line2D([], [], color=LOOKS[way][0], marker=LOOKS[way][1], ms=3.6, lw=1.0, label=word,
               mfc="white" if way == 0 else None)
        for way, word in words.items()
        if way in there
    ]  # fmt: skip
    if groups:
        handles.append(Line2D([], [], color=style.FAINT, marker="|", ms=5, lw=0, label="one group"))
    if slopes["flags"].str.contains(FLIPS).any():
        label = "groups pooled: the other way"
        handles.append(Line2D([], [], color=style.INK, marker="x", ms=3.6, lw=0, label=label))
    if handles:
        figure.legend(handles=handles, loc="outside upper center", ncols=len(handles))
