"""What rises, what falls, who comes early and who late: the answers in plain sentences."""

from dataclasses import dataclass

import numpy as np

from seston.report.given.course import Course, Row
from seston.report.given.succession import in_doubt
from seston.report.given.tested_classes import of_classes as of_classes
from seston.report.wording import THIN, many, number

MOST_NAMED = 8  # classes in one answer
LABELS = {
    "early": "Come early",
    "late": "Come late",
    "transient": "Come and go",
    "persistent": "Found throughout, no time of their own shown",
}
SERIES = {"rejected_share": "rejected images", "noise_share": "images in no density cluster"}


@dataclass(frozen=True)
class Answer:
    """What was asked, in two or three words, and the answers to it."""

    head: str
    told: list[str]


@dataclass(frozen=True)
class Unit:
    """The time by which a change is told: the longest of which at least two fit a series."""

    name: str
    days: float


UNITS = (Unit("year", 365.25), Unit("week", 7), Unit("day", 1))


def unit_of(first: str, last: str) -> Unit:
    """Return the unit for a series from one period to another."""
    days = (np.datetime64(last, "m") - np.datetime64(first, "m")) / np.timedelta64(1, "D")
    return next((unit for unit in UNITS if days >= 2 * unit.days), UNITS[-1])


def change(slope: float, unit: Unit) -> str:
    """Return a slope (natural log per day) as ``+35 %`` or ``−20 %``; from a doubling, ``×2.4``."""
    if slope != slope:
        return number(None)
    factor = float(np.exp(min(slope * unit.days, 700)))
    if factor >= 1.995:
        return f"×{number(factor, 2)}"
    step = 100 * (factor - 1)
    text = f"{abs(step):.{0 if abs(step) >= 9.95 else 1}f}"
    sign = "" if not text.strip("0.") else "+" if step > 0 else "\u2212"
    return f"{sign}{text}{THIN}%"


def interval(low: float, high: float, unit: Unit) -> str:
    """Return ``+20 % to +52 %``; nothing where it is not known."""
    return "" if low != low or high != high else f"{change(low, unit)} to {change(high, unit)}"


def rate(row: Row, unit: Unit, sure: str) -> str:
    """Return ``+35 % a week (95 %: +20 % to +52 %)`` of a row of `trend_tests`."""
    told = f"{change(row['slope_per_day'], unit)} a {unit.name}"
    within = interval(row["slope_low"], row["slope_high"], unit)
    return f"{told} ({sure}: {within})" if within else told


def unit_at(course: Course, site: str) -> Unit:
    """Return the unit for all changes at a site."""
    rows = course.rows("trend_tests", site)
    known = rows[(rows["first"] != "") & (rows["last"] != "")]
    return unit_of(known["first"].min(), known["last"].max()) if len(known) else UNITS[1]


def answers(course: Course, site: str) -> list[Answer]:
    """Return what changed at a site: the succession, what rises, what falls, what does not."""
    rows, unit = of_classes(course.rows("trend_tests", site)), unit_at(course, site)
    told = _succession(course, site)
    if not len(rows) or rows["verdict"].eq("refused").all():
        return told
    for verdict, head in (("rises", "Rise"), ("falls", "Fall")):
        found = rows[rows["verdict"] == verdict].to_dict("records")
        if found:
            each = [
                f"{course.title(row['class'])} {rate(row, unit, course.sure)}{doubt(row)}"
                for row in found
            ]
            told.append(Answer(head, first_ones(each)))
    tested = rows[rows["verdict"] != "refused"]
    none = int((tested["verdict"] == "none").sum())
    if none:
        of = "" if none < len(tested) else ": none of them can be told from chance"
        told.append(Answer("No trend", [f"{many(none, 'class', 'classes')}{of}"]))
    if len(tested) < len(rows):
        refused = len(rows) - len(tested)
        told.append(Answer("Not tested", [many(refused, "class", "classes")]))
    return told


def again(row: Row) -> str:
    """Return in how many clusterings made anew a trend or a difference was found again.

    Empty without any, and where nothing was found: "10 of 10" beside it would read as a finding.
    """
    made, same = row["reclusterings"], row["reclusterings_same"]
    found = row.get("verdict") != "none" and row.get("differs", True)
    return f"{same:.0f} of {made:.0f}" if found and made > 0 and same == same else ""


def doubt(row: Row) -> str:
    """Return a reservation for what hangs on this very clustering, or nothing."""
    if "vanishes" not in row["flags"].split(";"):
        return ""
    told = again(row)
    return f", but only in {told} clusterings made anew" if told else ", but see below"


def _succession(course: Course, site: str) -> list[Answer]:
    timing, told = course.rows("timing", site).sort_values("order"), []
    for label, head in LABELS.items():
        rows = timing[timing["label"] == label].to_dict("records")
        for doubtful, words in ((False, head), (True, f"{head}, but perhaps by chance")):
            some = [row for row in rows if in_doubt(row) == doubtful]
            each = [_centre(course, row, bare=label == "persistent") for row in some]
            if each:
                told.append(Answer(words, first_ones(each)))
    return told


def _centre(course: Course, row: Row, *, bare: bool) -> str:
    name = course.title(row["class"])
    if bare or not row["centre"]:
        return name
    at, within = centre(course, row)
    return f"{name} (centre {at}{f'; {course.sure}: {within}' if within else ''})"


def centre(course: Course, row: Row) -> tuple[str, str]:
    """Return the centre of a row of `timing`, and its interval; by the hour where periods are.

    By day numbers both have a decimal.
    """
    digits = 16 if course.settings.get("period") == "hour" else 10
    middle, low, high = (row[name][:digits] for name in ("centre", "centre_low", "centre_high"))
    within = f"{plain(low)} to {plain(high)}" if low and high else ""
    first, last = row["centre_day_low"], row["centre_day_high"]
    if low and low == high and digits == 10:
        within = "within that day" if low == middle else plain(low)
    elif first == first and last == last and digits == 10:
        within = f"day {number(round(first, 1), 9)} to {number(round(last, 1), 9)}"
    return (when(middle, row["centre_day"]) if middle else ""), within


def when(period: str, day: float = float("nan")) -> str:
    """Return ``day 8 (2024-05-08)``, or the date where there is no day 0."""
    return plain(period) if day != day else f"day {number(round(day, 1), 9)} ({plain(period)})"


def plain(period: str) -> str:
    """Return a period as people write it: ``2024-05-01 13:00``."""
    return period[:16].replace("T00:00", "").replace("T", " ")


def first_ones(each: list[str]) -> list[str]:
    """Return the first ones, and how many more there are."""
    left = len(each) - MOST_NAMED
    return each if left <= 0 else [*each[:MOST_NAMED], f"and {left} more"]
