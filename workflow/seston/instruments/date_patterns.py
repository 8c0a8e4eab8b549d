"""Dates of pictures: by a regular expression of the sample sheet, by their names, by EXIF data."""

import posixpath
import re
from datetime import datetime, timedelta

from seston.instruments.dates import (
    EPOCH,
    BadClock,
    clock_in_name,
    is_sensible,
    parse_datetime,
    parse_exif,
)

_FIELDS = ("year", "month", "day", "hour", "minute", "second")
_CLOCKS = {"epoch_s": 1_000_000, "epoch_ms": 1_000, "epoch_us": 1}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
#: Characters of a name that a pattern sees: one that tries again and again takes long on more.
_SEEN = 255


def check_pattern(pattern: str) -> None:
    """Refuse a regular expression that finds no dates, or may take for ever.

    Raises
    ------
    ValueError
        What is wrong with it, and what is expected.
    """
    try:
        groups = re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"not a regular expression ({error})") from error
    names = [*groups.groupindex]
    expected = (
        f"expected named groups, as (?P<year>\\d{{4}}), of {', '.join(_FIELDS)} from the left"
        f" (year, month and day at least), or one of {', '.join(_CLOCKS)},"
        " or a single group without a name around a date as 2018-05-22"
    )
    calendar = len(names) >= 3 and {*names} == {*_FIELDS[: len(names)]}
    clock = len(names) == 1 and names[0] in _CLOCKS
    if not (calendar or clock or (groups.groups == 1 and not names)):
        raise ValueError(f"found groups {', '.join(names) or groups.groups}; {expected}")
    if _repeats_repeats(pattern):
        raise ValueError("a repeated group that itself repeats, as (a+)+, may take for ever")


def _repeats_repeats(pattern: str) -> bool:
    """Say whether a group with ``*``, ``+`` or ``{n,}`` inside has one behind it."""
    text = re.sub(r"\\.", "x", pattern, flags=re.DOTALL)
    text = re.sub(r"\[\^?\]?[^\]]*\]", "x", text)
    endless = r"(?:[*+]|\{\d*,\d*\})"
    while inner := re.search(rf"\(([^()]*)\)({endless})?", text):
        repeats = re.search(endless, inner[1])
        if repeats and inner[2]:
            return True
        text = text[: inner.start()] + ("x+" if repeats or inner[2] else "x") + text[inner.end() :]
    return False


def date_by(pattern: str, name: str) -> datetime | None:
    """Return the date that a regular expression (see `check_pattern`) finds in a name, or None.

    A group that is a month may be a number or an English name (``Apr``, ``April``).
    Of a longer name only the last 255 characters are searched.
    """
    try:
        return clock_by(pattern, name)
    except BadClock:
        return None


def clock_by(pattern: str, name: str) -> datetime | None:
    """Return the same as `date_by`, but do not pass over a clock that is wrong.

    Raises
    ------
    BadClock
        If the pattern finds what is no date, or one outside 1980-2100.
    """
    found = re.search(pattern, name[-_SEEN:])
    if found is None:
        return None
    try:
        date = _date_of(found)
    except (ValueError, OverflowError, TypeError) as error:
        raise BadClock(found[0]) from error
    if not is_sensible(date):
        raise BadClock(f"{date:%Y-%m-%d %H:%M:%S}")
    return date


def time_of_picture(name: str, exif: str | None, pattern: str | None) -> datetime | None:
    """Return when a picture was taken: by its name, else by its EXIF data.

    Parameters
    ----------
    name : str
        POSIX path below the sample.
    exif : str or None
        Time in its EXIF data.
    pattern : str or None
        Regular expression of the sample sheet; folders on the way may hold the date too.

    Raises
    ------
    BadClock
        If the first that tells a time tells one that no camera can have meant.
    """
    base = posixpath.basename(name)
    if pattern is None:
        time = clock_in_name(base)
    else:
        time = clock_by(pattern, base) or clock_by(pattern, name)
    return parse_exif(exif) if time is None and exif else time


def _date_of(found: re.Match[str]) -> datetime:
    values = found.groupdict()
    for clock, microseconds in _CLOCKS.items():
        if clock in values:
            return EPOCH + timedelta(microseconds=int(values[clock]) * microseconds)
    if not values:
        return parse_datetime(found[1] or "")  # a group that may be missing, and is
    month = values["month"]
    if month[:3].lower() in _MONTHS:
        values["month"] = str(_MONTHS.index(month[:3].lower()) + 1)
    # mypy fears an eighth number, the time zone; there are six fields.
    return datetime(*(int(values.get(field) or 0) for field in _FIELDS))  # type: ignore[arg-type]
