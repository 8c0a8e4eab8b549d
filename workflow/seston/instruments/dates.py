"""Dates in the names of files and folders, and in text.

Only the standard library: the sample sheet is read at every start of Snakemake.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

_FIRST, _LAST = 1980, 2100
_EPOCH = datetime(1970, 1, 1)


def _calendar(found: re.Match[str]) -> datetime:
    # mypy fears an eighth number, the time zone; no pattern has more than seven groups.
    return datetime(*(int(part) for part in found.groups(default="0")))  # type: ignore[arg-type]


def _epoch(microseconds: int) -> Callable[[re.Match[str]], datetime]:
    return lambda found: _EPOCH + timedelta(microseconds=int(found[1]) * microseconds)


# The most telling pattern comes first: a name may hold a clock in microseconds
# and also the size of a box that looks like a date ("2018-12-28").
_PATTERNS: list[tuple[re.Pattern[str], Callable[[re.Match[str]], datetime]]] = [
    (re.compile(r"(?<!\d)(\d{16})(?!\d)"), _epoch(1)),
    (re.compile(r"(?<!\d)(\d{4})(\d\d)(\d\d)[T_-](\d\d)(\d\d)(\d\d)(?!\d)"), _calendar),
    (
        re.compile(
            r"(?<!\d)(\d{4})-(\d\d)-(\d\d)(?:[T_ -](\d\d)[:-]?(\d\d)[:-]?(\d\d)(?!\d))?(?!\d)"
        ),
        _calendar,
    ),
    (re.compile(r"(?<!\d)(\d{13})(?!\d)"), _epoch(1000)),
    (re.compile(r"(?<!\d)(\d{4})(\d\d)(\d\d)(?!\d)"), _calendar),
]


def date_in_name(name: str) -> datetime | None:
    """Return the date that a file or folder name tells, or None.

    Known are clocks in microseconds (16 digits) and milliseconds (13 digits)
    since 1970, ``YYYYMMDD``, ``YYYYMMDD_HHMMSS`` (also with ``T`` or ``-``) and
    ``YYYY-MM-DD`` with or without a time. Years outside 1980-2100 are not dates.
    """
    for pattern, value in _PATTERNS:
        for found in pattern.finditer(name):
            try:
                date = value(found)
            except (ValueError, OverflowError):
                continue
            if _FIRST <= date.year <= _LAST:
                return date
    return None


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
    if not _FIRST <= date.year <= _LAST:
        raise ValueError(f"year {date.year} is not between {_FIRST} and {_LAST}")
    return date
