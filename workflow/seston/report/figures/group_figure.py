"""In what the groups differ: fitted courses with bands, and the ratio of each to their mean."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from seston.report.drawing import effort_bars, marks, style
from seston.report.drawing.marks import CONCENTRATION, SHARE
from seston.report.drawing.time_axis import TimeAxis
from seston.report.drawing.trend_curves import EFFORT, bars_told
from seston.report.wording import distinct, group_name

MOST_COMPARED = 6
SINCE = (0, (4, 2))  # dashes of the line at the period from which on groups differ
#: What was observed, by the unit of a curve.
OBSERVED = {"per mL": CONCENTRATION, "share": SHARE}


def compared(groups: pd.DataFrame, curves: pd.DataFrame) -> list[str]:
    """Return the classes to draw: those with a course, the surest difference first, then the most.

    Parameters
    ----------
    groups, curves : pandas.DataFrame
        The rows of ``groups.tsv`` and of ``curves.tsv`` of one site.
    """
    drawn = groups[groups["class"].isin(curves["class"])]
    least = drawn[["q_groups", "q_interaction"]].min(axis=1).fillna(1.0)
    size = -drawn["class"].map(curves.groupby("class")["fitted"].mean()).astype(float)
    ordered = drawn.assign(least=least, size=size).sort_values(
        ["least", "size", "class"], kind="stable"
    )
    return ordered["class"].head(MOST_COMPARED).tolist()


def draw_comparison(
    classes: Sequence[str],
    tests: pd.DataFrame,
    curves: pd.DataFrame,
    effects: pd.DataFrame,
    observed: pd.DataFrame,
    effort: pd.DataFrame,
    groups: Sequence[str],
    time: TimeAxis,
    alpha: float,
    title: Callable[[str], str] = str,
) -> Figure:
    """Draw the groups' courses of each class and, beside them, their ratios.

    Parameters
    ----------
    classes : sequence of str
        One row of panels each; see `compared`.
    tests, curves, effects : pandas.DataFrame
        The rows of ``groups.tsv``, ``curves.tsv`` and ``group_effects.tsv`` of one site.
    observed : pandas.DataFrame
        Its abundances, with the column `class`.
    effort : pandas.DataFrame
        The sampled rows of its ``periods.tsv``.
    groups : sequence of str
        In the order of their colours.
    alpha : float
        The q up to which a difference is told.
    """
    height = max(25.0, 2.7 * len(groups) + 8)
    figure = style.new_figure(style.TWO_COLUMNS, 24 + height * len(classes))
    grid = figure.subplots(
        len(classes), 2, sharex="col", squeeze=False, gridspec_kw={"width_ratios": [2.6, 1]}
    )
    beside = time.mark(grid[0, 0], effort["period"], 9)  # of the bars, which are the widest
    mine = effects[effects["class"].isin(list(classes)) & effects["group"].isin(list(groups))]
    edge = _edge(mine)
    since = False
    for (left, right), name in zip(grid, classes, strict=True):
        test = tests[tests["class"] == name].iloc[0]
        _courses(left, curves[curves["class"] == name], observed[observed["class"] == name],
                 effort, groups, time)  # fmt: skip
        left.set_title(title(name), fontsize=7.5)
        left.set_title(_told(test, time), loc="right", fontsize=6)
        if test["since"]:
            since = True
            start = float(time.places([str(test["since"])])[0])
            left.axvline(start, color=style.INK, lw=0.8, ls=SINCE, zorder=1)
        _ratios(right, mine[mine["class"] == name], groups, edge, alpha)
        right.tick_params(labelbottom=False)
    grid[0, 1].set_title("ratio to the mean of the groups", loc="left", fontsize=6)
    kinds = [OBSERVED[unit] for unit in sorted(set(curves["unit"]))]
    grid[-1, 0].set_xlabel("\n".join(filter(None, [beside, bars_told(effort, kinds, time)])))
    grid[-1, 1].tick_params(labelbottom=True)
    figure.align_ylabels(grid[:, 0])
    differ = Line2D([], [], color=style.INK, lw=0.8, ls=SINCE, label="differ from here on")
    marks.legend(figure, groups, False, True, more=[differ] if since else [])
    return figure


def _courses(
    axes: Axes,
    curves: pd.DataFrame,
    observed: pd.DataFrame,
    effort: pd.DataFrame,
    groups: Sequence[str],
    time: TimeAxis,
) -> None:
    measure = OBSERVED[str(curves["unit"].iloc[0])]
    column, factor = measure.value, measure.factor
    seen = observed[observed[column] > 0]
    floor, top = _limits(factor * seen[column], factor * curves["fitted"])
    for position, rows in marks.by_group(curves, groups):
        x, colour = time.places(rows["period"].tolist()), style.COLOURS[position]
        low, high = (factor * rows[f"fitted_{end}"].clip(lower=1e-12) for end in ("low", "high"))
        axes.fill_between(x, low, high, color=colour, alpha=0.13, lw=0)
        axes.plot(x, factor * rows["fitted"], color=colour, lw=1.0)
    for position, rows in marks.by_group(observed, groups):
        # The axis is logarithmic: where none was found, the mark stands on its lower edge.
        y = (factor * rows[column]).clip(lower=floor)
        axes.plot(
            time.places(rows["period"].tolist()), y, style.MARKERS[position], ms=1.8, mew=0,
            color=style.COLOURS[position], alpha=0.75, clip_on=False, in_layout=False,
        )  # fmt: skip
    axes.set(yscale="log", ylim=(floor, top), ylabel=measure.unit)
    _set_ticks(axes, floor, top, none=bool((observed[column] == 0).any()))
    axes.minorticks_off()
    what, _ = EFFORT[measure]
    if (most := effort_bars.most(effort, what)) > 0:
        effort_bars.draw_strip(axes, *effort_bars.stack(effort, groups, what, time), most)


def _set_ticks(axes: Axes, floor: float, top: float, *, none: bool) -> None:
    """Mark round values and, where a mark stands on the lower edge, what that means."""
    ticks, labels = marks.log_ticks(floor, top, 4)
    if none:
        room = floor * (top / floor) ** 0.12
        kept = [(tick, label) for tick, label in zip(ticks, labels, strict=True) if tick > room]
        ticks, labels = [floor, *(tick for tick, _ in kept)], ["none", *(name for _, name in kept)]
    axes.set_yticks(ticks, labels)


def _limits(seen: pd.Series, fitted: pd.Series) -> tuple[float, float]:
    """Return the ends of a logarithmic axis: from below the least that was seen."""
    known = seen if len(seen) else fitted[fitted > 0]
    if known.empty:
        return 0.1, 10.0
    floor = float(known.min()) / 2
    return floor, 1.6 * max(float(known.max()), min(float(fitted.max()), 3 * float(known.max())))


def _ratios(
    axes: Axes, effects: pd.DataFrame, groups: Sequence[str], edge: float, alpha: float
) -> None:
    axes.axvline(1, color=style.FAINT, lw=0.6, zorder=1)
    for position, group in enumerate(groups):
        rows, colour = effects[effects["group"] == group], style.COLOURS[position]
        for row in rows[rows["ratio"] > 0].to_dict("records"):
            face = colour if row["q"] <= alpha else "white"
            axes.hlines(position, max(row["ratio_low"], 1e-12), row["ratio_high"], colour, lw=1.0)
            axes.plot(row["ratio"], position, style.MARKERS[position], ms=3.4, mfc=face, mec=colour,
                      mew=0.8)  # fmt: skip
    names = distinct(map(group_name, groups), 14)
    axes.set(xscale="log", xlim=(1 / edge, edge), ylim=(len(groups) - 0.4, -0.6))
    axes.set_yticks(range(len(groups)), names, fontsize=6)
    axes.set_xticks(*marks.log_ticks(1 / edge, edge, 5))
    axes.minorticks_off()


def _edge(effects: pd.DataFrame) -> float:
    """Return the end of the axis of ratios, the same on either side of 1."""
    away = np.abs(np.log(effects["ratio"][effects["ratio"] > 0].to_numpy(float)))
    ends = effects[["ratio_low", "ratio_high"]].to_numpy(float)
    ends = np.abs(np.log(ends[np.isfinite(ends) & (ends > 0)]))
    far = min(float(ends.max(initial=0)), 2 * float(away.max(initial=0)) + 0.7)
    return float(np.exp(max(1.1 * far, 0.4)))


def _told(test: pd.Series, time: TimeAxis) -> str:
    """Return how sure it is that the groups differ, and that their courses do; and since when."""
    words = (("q_groups", "level"), ("q_interaction", "course"))
    known = [(word, float(test[name])) for name, word in words if np.isfinite(test[name])]
    told = ", ".join(f"{word} q {marks.chance(q)}" for word, q in known) or "not tested"
    return f"{told}; differ from {time.name(str(test['since']))}" if test["since"] else told
