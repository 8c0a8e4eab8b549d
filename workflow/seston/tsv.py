"""Tables of figures as tab-separated text, for people and programs."""

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from seston import store


def write_tsv(columns: Mapping[str, Iterable[object]], path: Path) -> None:
    """Write columns of equal length as UTF-8 with a header, whole or not at all.

    See `as_tsv`.

    Raises
    ------
    ValueError
        If the columns differ in length.
    """
    store.write_text(as_tsv(columns, zip(*columns.values(), strict=True)), path)


def as_tsv(header: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a table as text.

    Numbers that are not whole have 6 digits; what is not known (None) or no finite number is an
    empty cell. Cells with tabs, quotes or line ends are in quotes.
    """
    buffer = io.StringIO()
    # Asked for line ends of two signs, `csv` puts quotes around cells with either: a name of a file
    # may hold a "\r", of which readers would make the end of a row.
    rows_only = SimpleNamespace(write=lambda row: buffer.write(row[:-2] + "\n"))
    writer = csv.writer(rows_only, delimiter="\t", lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return buffer.getvalue()


def _cell(value: object) -> str:
    if isinstance(value, float | np.floating):
        return f"{value:.6g}" if np.isfinite(value) else ""
    return "" if value is None else str(value)
