"""A table of labels as people write it: tab-separated, `image_id` and `label`."""

import csv
from pathlib import Path

from seston.errors import SestonError
from seston.instruments.text import read_lines

COLUMNS = ("image_id", "label")
#: faulty lines that a message names before it only counts
NAMED = 10


def read_labels(path: Path) -> dict[str, str]:
    """Return the label of each image, in the order of the file.

    Further columns are ignored, rows without a label too. Every label is text: ``NA``,
    ``nan`` and ``None`` are names like any other.

    Raises
    ------
    SestonError
        If the file cannot be read, lacks a column or holds nothing, or with all lines that
        have the wrong number of cells, no id, or another label than an earlier line gave.
    """
    lines = csv.reader(read_lines(path, "table of labels"), delimiter="\t")
    found: dict[str, tuple[str, int]] = {}
    mistakes: list[str] = []
    header: list[str] = []
    try:
        for cells in lines:
            cells = [cell.strip() for cell in cells]
            if not any(cells):
                continue
            if not header:
                header = _header(path, cells, lines.line_num)
                identity, label = (header.index(name) for name in COLUMNS)
            elif len(cells) != len(header):
                mistakes.append(
                    f"line {lines.line_num}: found {len(cells)} cells, expected {len(header)}"
                )
            elif not cells[identity]:
                mistakes.append(f"line {lines.line_num}: no image_id")
            elif cells[label]:
                first, line = found.setdefault(cells[identity], (cells[label], lines.line_num))
                if first != cells[label]:
                    mistakes.append(
                        f"line {lines.line_num}: {cells[identity]} is {cells[label]!r},"
                        f" but {first!r} in line {line}; keep one"
                    )
    except csv.Error as error:
        raise SestonError(f"{path}, line {lines.line_num}: {error}") from error
    if mistakes:
        shown = "\n  ".join(mistakes[:NAMED])
        more = f"\n  and {len(mistakes) - NAMED} more" if len(mistakes) > NAMED else ""
        raise SestonError(f"{path}: {len(mistakes)} faulty lines of labels\n  {shown}{more}")
    if not found:
        raise SestonError(f"{path}: no labels; expected the columns {' and '.join(COLUMNS)}")
    return {name: label for name, (label, _) in found.items()}


def _header(path: Path, cells: list[str], line: int) -> list[str]:
    twice = sorted({name for name in COLUMNS if cells.count(name) > 1})
    missing = [name for name in COLUMNS if name not in cells]
    if missing or twice:
        what = f"no column {' and '.join(missing)}" if missing else f"column {twice[0]} twice"
        found = " | ".join(cells)[:80]
        raise SestonError(
            f"{path}, line {line}: {what}; found {found}, expected the columns image_id and label,"
            " with tabs between the cells; name the columns so, and save the table as text"
        )
    return cells
