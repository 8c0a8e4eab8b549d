"""Tables of figures as tab-separated text, for people and programs."""

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from seston import store


def write_tsv(columns: Mapping[str, Iterable[object]], path: Path) -> None:
    """Write columns of equal length as UTF-8 with a header, whole or not at all.

    Numbers that are not whole have 6 digits; what is not known (None, NaN) is an empty cell.
    Cells with tabs, quotes or line ends are in quotes.

    Raises
    ------
    ValueError
        If the columns differ in length.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter="\t", lineterminator="\n")
    writer.writerow(columns)
    rows = zip(*columns.values(), strict=True)
    writer.writerows([_cell(value) for value in row] for row in rows)
    store.write_text(buffer.getvalue(), path)


def _cell(value: object) -> str:
    if isinstance(value, float | np.floating):
        return "" if np.isnan(value) else f"{value:.6g}"
    return "" if value is None else str(value)
