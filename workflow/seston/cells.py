"""The sample sheet as cells: tab-separated text to rows with their lines."""

import csv
import io
from pathlib import Path

from seston.columns import REQUIRED
from seston.errors import SestonError

# first bytes of a file -> what it is and what to do
_FOREIGN = {
    b"PK\x03\x04": "an Excel (or other spreadsheet) file; save it as tab-separated text, UTF-8",
    b"\xd0\xcf\x11\xe0": "an Excel file; save it as tab-separated text, UTF-8",
    b"\xff\xfe": "text in UTF-16; save it as tab-separated text in UTF-8",
    b"\xfe\xff": "text in UTF-16; save it as tab-separated text in UTF-8",
}


def read_cells(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the header and, with the numbers of their lines, all rows that are not blank.

    Raises
    ------
    SestonError
        If the file is absent, empty, a spreadsheet's own, not UTF-8, or has a quote that
        does not end.
    """
    try:
        data = path.read_bytes()
        for start, told in _FOREIGN.items():
            if data.startswith(start):
                raise SestonError(f"{path}: {told}")
        text = data.decode("utf-8-sig")
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
