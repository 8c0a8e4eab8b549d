"""Cells of a Darwin Core archive: tabs and line ends part them, and nothing quotes them."""

import math
import re
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import quote

#: Tabs, and all that some reader takes for the end of a line.
_BREAKS = re.compile("[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")


def plain(text: str) -> str:
    """Return a text on one line: tabs and line ends are blanks, and none stand at its ends."""
    return _BREAKS.sub(" ", text).strip()


def number(value: float | int) -> str:
    """Return a number with 6 digits, a whole one with all of its own; "" if it is not known."""
    if isinstance(value, int):
        return str(value)
    return f"{value:.6g}" if math.isfinite(value) else ""


def date(when: datetime) -> str:
    """Return a date of ISO 8601; midnight is the date alone, as sheets give it without a time.

    No time zone is told: Seston keeps UTC where the files tell the zone, else the clock's time.
    """
    whole = (when.hour, when.minute, when.second, when.microsecond) == (0, 0, 0, 0)
    return when.date().isoformat() if whole else when.isoformat(timespec="seconds")


def identifier(*parts: str) -> str:
    """Return an id: its parts, none of which can be taken for another, with colons between."""
    return ":".join([parts[0], *(quote(part, safe="") for part in parts[1:])])


def line(cells: Iterable[str]) -> str:
    """Return a line of a table."""
    return "\t".join(map(plain, cells)) + "\n"
