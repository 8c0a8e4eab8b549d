"""Whether the groups differ, in what, and since when: the answers in plain sentences."""

import pandas as pd

from seston.report.given.course import Course, Row
from seston.report.wording import group_name, many, number
from seston.report.words.trend_warnings import meaning
from seston.report.words.trend_words import Answer, doubt, first_ones, when


def ordered(rows: pd.DataFrame, alpha: float) -> pd.DataFrame:
    """Return the classes of a site, those on top in which the groups surely differ.

    `q` is the lesser one of the groups and of their course, `differs` whether it says so.
    """
    q = rows[["q_groups", "q_interaction"]].min(axis=1)
    told = rows.assign(q=q, differs=q <= alpha)
    return told.sort_values(["q", "class"], kind="stable", na_position="last")


def answers(course: Course, site: str) -> list[Answer]:
    """Return in which classes the groups differ, and since when."""
    rows = ordered(course.rows("groups", site), course.alpha)
    tested = rows[rows["q"].notna()]
    found = tested[tested["differs"]].to_dict("records")
    each = [_difference(course, site, row) for row in found]
    told = []
    if each:
        told.append(Answer("Differ", first_ones(each)))
    if none := len(tested) - len(found):
        of = "" if found else ": no difference that chance could not give"
        told.append(Answer("No difference shown", [f"{many(none, 'class', 'classes')}{of}"]))
    untested = rows[rows["q"].isna()]
    for code, some in untested.groupby(untested["flags"].str.split(";").str[0], sort=True):
        why = meaning(course, "groups", str(code)).rstrip(".") or str(code).replace("_", " ")
        reason = f": {why[:1].lower()}{why[1:]}" if why else ""
        told.append(Answer("Not tested", [f"{many(len(some), 'class', 'classes')}{reason}"]))
    return told


def extremes(effects: pd.DataFrame) -> list[Row]:
    """Return the groups with the most and the least of a class; none where none is known."""
    known = effects[effects["ratio"].notna()].sort_values("ratio", kind="stable")
    return [] if len(known) < 2 else known.iloc[[-1, 0]].to_dict("records")


def times(row: Row, sure: str = "") -> str:
    """Return ``×2.3 (95 %: 1.6 to 3.2)`` of a row of `group_effects`."""
    told = f"×{number(row['ratio'], 2)}"
    if row["ratio_low"] != row["ratio_low"]:
        return told
    within = f"{number(row['ratio_low'], 2)} to {number(row['ratio_high'], 2)}"
    return f"{told} ({sure}: {within})" if sure else f"{told} ({within})"


def _difference(course: Course, site: str, row: Row) -> str:
    effects = course.rows("group_effects", site)
    both = extremes(effects[effects["class"] == row["class"]])
    since = f" since {when(row['since'], row['since_day'])}" if row["since"] else ""
    for one in course.fact("groups", "since", []):
        if (one["site"], one["class"]) == (site, row["class"]) and since:
            since += f", {group_name(one['group'])} first"
    told = f"{course.title(row['class'])}{since}"
    if both:
        most, least = (f"{group_name(one['group'])} {times(one, course.sure)}" for one in both)
        told += f": most in {most}, least in {least}"
    return told + doubt(row)
