"""Dates in the names of files and folders, and in text.

Only the standard library: the sample sheet is read at every start of Snakemake.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

_FIRST, _LAST = 1980, 2100
EPOCH = datetime(1970, 1, 1)


class BadClock(ValueError):
    """A time that no camera can have meant: its clock was not set, or was reset."""


def _calendar(found: re.Match[str]) -> datetime:
    # mypy fears an eighth number, the time zone; no pattern has more than seven groups.
    return datetime(*(int(part) for part in found.groups(default="0")))  # type: ignore[arg-type]


def _epoch(microseconds: int) -> Callable[[re.Match[str]], datetime]:
    return lambda found: EPOCH + timedelta(microseconds=int(found[1]) * microseconds)


_Pattern = tuple[re.Pattern[str], Callable[[re.Match[str]], datetime], bool]
# The most telling pattern comes first: a name may hold a clock in microseconds and also the size
# of a box that looks like a date ("2018-12-28"). True: no other kind of number looks like it.
_PATTERNS: list[_Pattern] = [
    (re.compile(r"(?<!\d)(\d{16})(?!\d)"), _epoch(1), True),
    (re.compile(r"(?<!\d)(\d{4})(\d\d)(\d\d)[T_-](\d\d)(\d\d)(\d\d)(?!\d)"), _calendar, True),
    (
        re.compile(
            r"(?<!\d)(\d{4})-(\d\d)-(\d\d)(?:[T_ -](\d\d)[:-]?(\d\d)[:-]?(\d\d)(?!\d))?(?!\d)"
        ),
        _calendar,
        False,
    ),
    (re.compile(r"(?<!\d)(\d{13})(?!\d)"), _epoch(1000), False),
    (re.compile(r"(?<!\d)(\d{4})(\d\d)(\d\d)(?!\d)"), _calendar, False),
]
# The Scripps Plankton Camera; none of its further numbers is a date.
_SPC: _Pattern = (re.compile(r"SPC-[^-]+-[^-]+-(\d+)-"), _epoch(1), True)


def date_in_name(name: str) -> datetime | None:
    """Return the date that a file or folder name tells, or None.

    Known are the names of the Scripps Plankton Camera (``SPC-…``, microseconds
    since 1970), clocks in microseconds (16 digits) and milliseconds (13 digits)
    since 1970, ``YYYYMMDD``, ``YYYYMMDD_HHMMSS`` (also with ``T`` or ``-``) and
    ``YYYY-MM-DD`` with or without a time. Years outside 1980-2100 are not dates.
    """
    return next((date for date, _ in _dates_in(name) if is_sensible(date)), None)


def clock_in_name(name: str) -> datetime | None:
    """Return the same as `date_in_name`, but do not pass over a clock that is wrong.

    Raises
    ------
    BadClock
        If the only time in the name is a clock's, and lies outside 1980-2100.
    """
    wrong = None
    for date, is_clock in _dates_in(name):
        if is_sensible(date):
            return date
        wrong = wrong or (date if is_clock else None)
    if wrong is not None:
        raise BadClock(f"{wrong:%Y-%m-%d %H:%M:%S}")
    return None


def _dates_in(name: str) -> Iterator[tuple[datetime, bool]]:
    for pattern, value, is_clock in [_SPC] if _SPC[0].match(name) else _PATTERNS:
        for found in pattern.finditer(name):
            try:
                yield value(found), is_clock
            except (ValueError, OverflowError):
                continue


def is_sensible(date: datetime) -> bool:
    """Say whether a camera can have meant this date: in the years 1980-2100."""
    # Not compared with today: the same images must give the same result next year.
    return _FIRST <= date.year <= _LAST


def is_no_day(text: str) -> bool:
    """Say whether the text begins as YYYY-MM-DD, but the calendar has no such day."""
    found = re.match(r"(\d{4})-(\d\d)-(\d\d)(?!\d)", text)
    try:
        return bool(found and not _calendar(found))
    except ValueError:
        return True


def parse_datetime(text: str) -> datetime:
    """Return an ISO 8601 date or time; one with an offset is converted to UTC.

    Raises
    ------
    ValueError
        If the text is no date, or lies outside the years 1980-2100.
    """
    date = datetime.fromisoformat(text.strip())
    if date.tzinfo is not None:
        try:
            date = date.astimezone(UTC).replace(tzinfo=None)
        except OverflowError as error:  # beyond the first or the last year
            raise ValueError(f"{text} is no date in UTC") from error
    if not is_sensible(date):
        raise ValueError(f"year {date.year} is not between {_FIRST} and {_LAST}")
    return date


def parse_exif(text: str) -> datetime:
    """Return the time of an EXIF tag, ``2018:05:22 14:30:05``, perhaps with ``.25`` and ``+02:00``.

    Raises
    ------
    BadClock
        If it is no time (cameras without a clock write zeros), or outside 1980-2100.
    """
    try:
        return parse_datetime(text[:10].replace(":", "-") + text[10:].rstrip("\0 "))
    except ValueError as error:
        raise BadClock(text) from error
