"""The rows of the page's tables of trends, groups and community; the most important first."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from seston.report.given.course import WHOLE, Course, Row
from seston.report.given.succession import in_doubt
from seston.report.wording import group_name, number
from seston.report.words import group_words
from seston.report.words.trend_words import (
    again,
    centre,
    change,
    interval,
    of_classes,
    plain,
    unit_at,
    when,
)

MOST_ROWS = 30
CYCLES = {
    "diel": "of the day, at {} h",
    "tidal": "of the tide, {} h after its start",
    "seasonal": "of the year, on day {}",
}


@dataclass(frozen=True)
class Rows:
    """The first rows of a table, and how many there are in all."""

    shown: list[Row]
    of: int


def first(rows: list[Row]) -> Rows:
    """Return the first of rows that are in order."""
    return Rows(rows[:MOST_ROWS], len(rows))


def trends(course: Course, site: str) -> Rows:
    """Return what is told of each class: its change with interval, how sure, in which groups."""
    tests, unit = course.rows("trend_tests", site), unit_at(course, site)
    within = tests[(tests["scope"] == "group") & (tests["class"] != WHOLE)]
    rows = of_classes(tests).to_dict("records")
    return first(
        [
            row
            | {
                "title": course.title(row["class"]),
                "card": course.cards.get(row["class"]),
                "change": change(row["slope_per_day"], unit),
                "within": interval(row["slope_low"], row["slope_high"], unit),
                "groups": _same_way(row, within[within["class"] == row["class"]]),
                "again": again(row),
                "codes": row["flags"].replace("_", " ").replace(";", ", "),
            }
            for row in rows
        ]
    )


def timing(course: Course, site: str) -> Rows:
    """Return when each class is there, the earliest first."""
    rows = course.rows("timing", site).sort_values(["order", "class"], kind="stable")
    rows = rows[rows["periods"] > 1]  # one period has no order
    return first(
        [
            row
            | {
                "title": course.title(row["class"]),
                "card": course.cards.get(row["class"]),
                **dict(zip(("at", "within"), centre(course, row), strict=True)),
                "seen": f"{plain(row['first_seen'])} to {plain(row['last_seen'])}"
                if row["first_seen"]
                else "",
                "peaked": plain(row["peak"]),
                "kind": f"{row['label']}{'?' * in_doubt(row)}",
            }
            for row in rows.to_dict("records")
        ]
    )


def rhythms(course: Course, site: str) -> Rows:
    """Return rhythms that are surer than chance, the surest first."""
    rows = course.rows("harmonics", site)
    sure = rows[rows["q"] <= course.alpha].sort_values(["q", "class"], kind="stable")
    return first(
        [
            row
            | {
                "title": course.title(row["class"]),
                "whose": group_name(row["group"]) if row["group"] else "",
                "rhythm": CYCLES.get(row["cycle"], row["cycle"] + ", {}").format(
                    number(row["peak"])
                ),
            }
            for row in sure.to_dict("records")
        ]
    )


def steps(course: Course, site: str) -> Rows:
    """Return candidate dates of a step, the largest step first."""
    rows = course.rows("change_points", site)
    with np.errstate(divide="ignore", invalid="ignore"):  # a level may be nothing at all
        before, after = (np.log(rows[end].to_numpy(float)) for end in ("before", "after"))
        rows = rows.assign(size=np.abs(after - before))
    rows = rows.sort_values(["size", "class"], ascending=[False, True])
    return first(
        [
            row
            | {
                "title": course.title(row["class"]),
                "whose": group_name(row["group"]) if row["group"] else "",
                "on": plain(row["period"]),
            }
            for row in rows.to_dict("records")
        ]
    )


def groups(course: Course, site: str) -> Rows:
    """Return in which classes the groups differ, the surest first."""
    effects = course.rows("group_effects", site)
    rows = group_words.ordered(course.rows("groups", site), course.alpha)
    return first(
        [
            row
            | {
                "title": course.title(row["class"]),
                "card": course.cards.get(row["class"]),
                "from": when(row["since"], row["since_day"]) if row["since"] else "",
                "ends": _ends(effects[effects["class"] == row["class"]]),
                "again": again(row),
                "codes": row["flags"].replace("_", " ").replace(";", ", "),
            }
            for row in rows.to_dict("records")
        ]
    )


def _ends(effects: pd.DataFrame) -> list[tuple[str, str]]:
    both = group_words.extremes(effects)
    return [(group_name(one["group"]), group_words.times(one)) for one in both]


def _same_way(row: Row, within: pd.DataFrame) -> str:
    """Return in how many of the groups the slope has the sign that it has for the site."""
    known = within[within["slope_per_day"].notna()]
    if known.empty or row["slope_per_day"] != row["slope_per_day"]:
        return ""
    same = int(((known["slope_per_day"] > 0) == (row["slope_per_day"] > 0)).sum())
    return f"{same} of {len(known)}"
