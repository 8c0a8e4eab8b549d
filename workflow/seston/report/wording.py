"""Numbers and names as people read them."""

import re
from collections import Counter
from collections.abc import Iterable

MINUS, THIN, DASH = "\u2212", "\u202f", "\u2013"


def count(value: float) -> str:
    """Return ``12,345``."""
    return f"{value:,.0f}"


def number(value: float | None, digits: int = 3) -> str:
    """Return `value` to so many significant digits, without an exponent for common sizes."""
    if value is None or value != value:
        return DASH
    if value and not 1e-4 <= abs(value) < 1e7:
        return f"{value:.{digits - 1}e}"
    text = f"{float(f'{value:.{digits}g}'):,.10f}".rstrip("0").rstrip(".")
    return text.replace("-", MINUS)


def ratio(value: float | None) -> str:
    """Return a figure between 0 and 1, or not far above: ``0.80``."""
    return DASH if value is None or value != value else f"{value:.2f}".replace("-", MINUS)


def percent(value: float | None) -> str:
    """Return a share in percent: ``3.2 %``; what is not zero never reads as zero."""
    if value is None or value != value:
        return DASH
    if 0 < value < 0.001:
        return f"<{THIN}0.1{THIN}%"
    return f"{100 * value:.1f}{THIN}%"


def micrometres(value: float | None) -> str:
    """Return a length given in µm, from 1,000 µm on in mm."""
    if value is None or value != value:
        return DASH
    return f"{number(value / 1000)}{THIN}mm" if value >= 1000 else f"{number(value)}{THIN}µm"


def many(value: int, one: str, more: str | None = None) -> str:
    """Return ``1 sample``, ``2,345 samples``."""
    return f"{count(value)} {one if value == 1 else more or one + 's'}"


def listing(names: Iterable[str], most: int = 6) -> str:
    """Return ``a, b and c``, or the first ones and how many more there are."""
    names = list(names)
    if len(names) > most:
        names = [*names[: most - 1], f"{len(names) - most + 1} more"]
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def sentence(text: str) -> str:
    """Return `text` with a capital first letter and a full stop; nothing of nothing."""
    text = text.strip().rstrip(".")
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def quoted(text: str) -> str:
    """Return ``“text”``."""
    return f"\u201c{text}\u201d"


def site_name(site: str) -> str:
    """Return what to call a site that the sheet may have left without a name."""
    return site or "unnamed site"


def group_name(group: str) -> str:
    """Return what to call a group that the sheet may have left without a name."""
    return group or "no group"


def short(text: str, most: int = 28) -> str:
    """Return `text` on one line, cut where it is too long for a legend."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def distinct(texts: Iterable[str], most: int = 28) -> list[str]:
    """Return each text short, and no two that differ alike.

    Names that begin alike lose their middle instead of their end, where they mostly differ:
    ``Chaetoceros…s, in chains``. What is alike even then is numbered.
    """
    lines = [" ".join(text.split()) for text in texts]
    told = {line: short(line, most) for line in lines}
    head = (most - 1) // 2
    for line in _alike(told):
        if len(line) > most:
            told[line] = f"{line[:head]}…{line[head + 1 - most :]}"
    for place, line in enumerate(_alike(told), start=1):
        told[line] = f"{short(line, most - len(f' ({place})'))} ({place})"
    return [told[line] for line in lines]


def _alike(told: dict[str, str]) -> list[str]:
    """Return the keys whose values are not theirs alone."""
    times = Counter(told.values())
    return [line for line, text in told.items() if times[text] > 1]


def file_name(position: int, text: str) -> str:
    """Return a name for a file that any system takes: ``02_lake-greifensee``."""
    slug = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:40].strip("-")
    return f"{position:02d}_{slug}" if slug else f"{position:02d}"
