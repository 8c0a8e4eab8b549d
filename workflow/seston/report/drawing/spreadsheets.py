"""Write tables that are safe to open in a spreadsheet."""

import csv
import io
import math
from pathlib import Path

import pandas as pd

from seston import store

RISKY = frozenset("=+-@\t\r\n")


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV; text that a spreadsheet would take for a formula is quoted."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(map(harmless, table.columns))
    for row in table.itertuples(index=False):
        writer.writerow(map(_cell, row))
    store.write_text(out.getvalue(), path)


def harmless(text: str) -> str:
    """Return `text` on lines that end as ours do, quoted where it would be taken for a formula.

    A number, such as the longitude -33.5, is none.
    """
    if text[:1] not in RISKY and "\r" not in text:
        return text
    risky = text[:1] in RISKY and not _is_number(text)
    return "'" * risky + text.replace("\r\n", "\n").replace("\r", "\n")


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _cell(value: object) -> str:
    if isinstance(value, str):
        return harmless(value)
    if value is None or value != value:
        return ""
    if isinstance(value, float):
        return f"{value:.7g}"
    return str(value)
