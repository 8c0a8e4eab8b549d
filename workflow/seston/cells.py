"""The sample sheet as cells: tab-separated text to rows with their lines."""

import csv
import io
from pathlib import Path

from seston.columns import REQUIRED
from seston.errors import SestonError


def read_cells(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the header and, with the numbers of their lines, all rows that are not blank.

    Raises
    ------
    SestonError
        If the file is absent, empty, not UTF-8, or has a quote that does not end.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        raise SestonError(
            f"{path}: sample sheet not found; write one with: python -m seston samples FOLDER"
        ) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise SestonError(f"{path}, line {line}: not UTF-8; save the sheet as UTF-8") from error
    except OSError as error:
        raise SestonError(f"{path}: the sample sheet cannot be read ({error.strerror})") from error
    # Spreadsheets put quotes around cells with commas, so quotes are honoured.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter="\t", strict=True)
    lines: list[tuple[int, list[str]]] = []
    first = 1
    try:
        for cells in reader:
            cells = [cell.strip() for cell in cells]
            if any(cells):
                lines.append((first, cells))
            first = reader.line_num + 1
    except csv.Error as error:
        raise SestonError(
            f"{path}, line {first}: {error}; check the quotes from this line on"
        ) from error
    if not lines:
        raise SestonError(
            f"{path}: empty; expected a line with {', '.join(REQUIRED)}, then samples"
        )
    return lines[0][1], lines[1:]
