"""Cells of a table for EcoTaxa: text as it takes it, numbers as people read them."""

import math
import re
from collections import Counter

from seston.export.ecotaxa.rules import TEXT_MOST, UNKNOWN

#: At the end of a text that was too long.
CUT = "…"


class Texts:
    """Make texts fit; `cut` counts those that were shortened, by column."""

    def __init__(self) -> None:
        self.cut: Counter[str] = Counter()

    def __call__(self, column: str, text: str | None) -> str:
        """Return a text on one line, of at most 250 characters; "" if it says "not known"."""
        plain = re.sub(r"\s+", " ", text or "").strip()
        if plain.casefold() in UNKNOWN:
            return ""
        if len(plain) > TEXT_MOST:
            self.cut[column] += 1
            return plain[: TEXT_MOST - len(CUT)] + CUT
        return plain


def number(value: float | bool | None) -> str:
    """Return a number with 6 digits, a whole one with all of its own; "" if it is not known."""
    if value is None or not math.isfinite(value):
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(int(value))
