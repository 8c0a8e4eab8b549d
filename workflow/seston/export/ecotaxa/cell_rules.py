"""What a single cell of a table for EcoTaxa may hold."""

import re
from datetime import date, time
from functools import lru_cache

from seston.export.ecotaxa import rules
from seston.export.ecotaxa.rules import NUMBER


@lru_cache(1 << 16)  # most cells repeat: of a sample all lines say the same
def cell_mistake(column: str, kind: str, text: str) -> str:
    """Return what is wrong with a cell, "" if nothing is.

    Parameters
    ----------
    column, kind : str
        Its name and type.
    text : str
        Without blanks around it.
    """
    most = rules.ID_MOST if column in rules.IDS else rules.TEXT_MOST
    if not text:
        return ""
    if kind == NUMBER:
        return _number_mistake(column, text)
    if len(text) > most:
        return f"found {len(text)} characters ({text[:40]!r}…), at most {most} are taken"
    if column in rules.DATES and not _is_date(text):
        return f"found {text!r}, expected a date of the calendar as YYYYMMDD or YYYY-MM-DD"
    if column in rules.TIMES and not _is_time(text):
        return f"found {text!r}, expected a time as HHMMSS, HHMM or HH:MM:SS"
    if column == rules.STATUS and text != rules.WORDS[-1] and text.lower() not in rules.WORDS[:-1]:
        return f"found {text!r}, expected one of {', '.join(rules.WORDS)}"
    if text.lower() in rules.UNKNOWN and column not in (rules.CATEGORY, *rules.IDS):
        return f"found {text!r} in a column of text; leave the cell empty where it is not known"
    return ""


def _number_mistake(column: str, text: str) -> str:
    if text.lower() in rules.UNKNOWN:
        return ""
    limits = {rules.LATITUDE: 90, rules.LONGITUDE: 180}
    if column in limits:
        value, most = rules.degrees(text), limits[column]
        if value is None or not -most <= value <= most:
            return f"found {text!r}, expected degrees from -{most} to {most}, or DDD°MM SS"
        return ""
    value = rules.number(text)
    if value is None:
        return f"found {text!r}, expected a number, with a point as the decimal sign"
    if column in ("img_rank", rules.CATEGORY_ID) and not value.is_integer():
        return f"found {text!r}, expected a whole number"
    return ""


def _is_date(text: str) -> bool:
    parts = re.fullmatch(r"(\d{4})(-?)(\d\d)\2(\d\d)", text)
    try:
        return parts is not None and bool(date(int(parts[1]), int(parts[3]), int(parts[4])))
    except ValueError:
        return False


def _is_time(text: str) -> bool:
    """Whether EcoTaxa reads this as a time; zeros that a spreadsheet took off it gives back."""
    digits = text.replace(":", "") if re.fullmatch(r"\d\d:\d\d:\d\d", text) else text
    if not re.fullmatch(r"\d{1,6}", digits):
        return False
    digits = digits.zfill(4).ljust(6, "0")
    try:
        time(int(digits[:2]), int(digits[2:4]), int(digits[4:]))
    except ValueError:
        return False
    return True
