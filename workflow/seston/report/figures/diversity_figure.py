"""Diversity through time: Hill numbers at equal effort, and what that effort was."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from seston.report.drawing import style
from seston.report.drawing.group_grid import BEHIND, BLUE, RED, band, grid, line
from seston.report.drawing.time_axis import TimeAxis
from seston.report.wording import count

ORDERS = (0, 1, 2)
EFFORT = ("coverage, %", "images")
PLURAL = {"class": "classes", "cluster": "clusters"}


def courses(table: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Return what to draw of a site: the courses of classes, and of raw clusters if others.

    A single period has no course. Where nobody named a cluster, the clusters are the classes.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of ``diversity.tsv`` of one site.
    """
    keys, values = ["group", "period", "order"], ["images", "hill", "hill_at_coverage"]
    found = {str(what): rows for what, rows in table.groupby("what", sort=True)}
    numbers = [rows.sort_values(keys)[[*keys, *values]].to_numpy() for rows in found.values()]
    if len(numbers) == 2 and pd.DataFrame(numbers[0]).equals(pd.DataFrame(numbers[1])):
        found = {"class": found["cluster"]}  # whose number was chosen, which is told
    return [(what, rows) for what, rows in found.items() if rows["period"].nunique() > 1]


def draw_diversity(table: pd.DataFrame, time: TimeAxis) -> Figure:
    """Draw a row for each group: Hill numbers of order 0, 1 and 2, coverage and images.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of ``diversity.tsv`` of one site and one `what`.
    time : TimeAxis
    """
    drawn = grid(table[table["order"] == 0], "images", (*_titles(table), *EFFORT), time)
    table = table[table["group"].isin(drawn.groups)].sort_values("period")
    for group, panels in zip(drawn.groups, drawn.panels, strict=True):
        mine = table["group"] == group
        for order, axes in zip(ORDERS, panels, strict=False):
            here = table["order"] == order
            for _, other in table[here & ~mine].groupby("group"):
                _hill(axes, other, time, behind=True)
            _hill(axes, table[here & mine], time)
        coverage, images = panels[len(ORDERS) :]
        _effort(coverage, images, table[mine & (table["order"] == 0)], time)
    hills = table.groupby("order")[["hill", "hill_high", "hill_at_coverage"]].max().max(axis=1)
    tops = [float(hills.get(order, 0.0)) for order in ORDERS]
    drawn.finish(table["period"].tolist(), [*tops, None, float(table["images"].max())])
    least = float(np.nanmin(100 * table["coverage"], initial=98.0))
    room = 0.06 * (100 - least)
    drawn.panels[0, len(ORDERS)].set_ylim(max(least - room, 0), 100 + room)  # all share one scale
    drawn.key(_key(table, len(drawn.groups) > 1))
    return drawn.figure


def _titles(table: pd.DataFrame) -> list[str]:
    """Return what each order counts, the number of clusters with a word of warning."""
    fixed = table["flags"].str.contains("fixed_by_k").any()
    what = PLURAL[table["what"].iloc[0]]
    return [
        f"all {what}\n(q = 0{', fixed by k' if fixed else ''})",
        f"common {what}\n(q = 1)",
        f"dominant {what}\n(q = 2)",
    ]


def _hill(axes: Axes, rows: pd.DataFrame, time: TimeAxis, behind: bool = False) -> None:
    x = time.places(rows["period"].tolist())
    value, low, high, covered = (
        rows[name].to_numpy(float) for name in ("hill", "hill_low", "hill_high", "hill_at_coverage")
    )
    if behind:
        line(axes, x, value, BEHIND, marks=False)
        return
    band(axes, x, low, high, BLUE)
    line(axes, x, covered, RED, marks=False, dashed=True)
    line(axes, x, value, BLUE)


def _effort(coverage: Axes, images: Axes, rows: pd.DataFrame, time: TimeAxis) -> None:
    """Draw how much of the community was seen, and the images of the period; hollow: too few."""
    x, wide = time.places(rows["period"].tolist()), 0.8 * time.step(rows["period"].tolist())
    line(coverage, x, 100 * rows["coverage"].to_numpy(float), style.FAINT)
    few = rows["hill"].isna().to_numpy()
    taken = rows["images"].to_numpy(float)
    images.bar(x[~few], taken[~few], wide, color=style.FAINT)
    images.bar(x[few], taken[few], wide, color="white", edgecolor=style.FAINT, lw=0.5)


def _key(table: pd.DataFrame, others: bool) -> list[Line2D | Patch]:
    equal = ", ".join(count(one) for one in np.unique(table["equal"].dropna()))
    covered = ", ".join(f"{100 * one:.3g} %" for one in np.unique(table["at_coverage"].dropna()))
    keys: list[Line2D | Patch] = []
    if equal:
        label = f"at {equal} images a sample"
        keys.append(Line2D([], [], color=BLUE, lw=0.8, marker="o", ms=2, label=label))
        keys.append(Patch(color=BLUE, alpha=0.22, lw=0, label="interval"))
    if covered:
        label = f"at a coverage of {covered}"
        keys.append(Line2D([], [], color=RED, lw=0.8, ls=(0, (3, 2)), label=label))
    if others:
        keys.append(Line2D([], [], color=BEHIND, lw=0.8, label="other groups"))
    if table["hill"].isna().any():
        keys.append(Patch(fc="white", ec=style.FAINT, lw=0.5, label="too few images"))
    return keys
