"""The sample sheet: one line per sample, checked as a whole before any work.

Read at every start of Snakemake, so nothing heavy is imported.
"""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from seston.columns import NUMBERS, OPTIONAL, REQUIRED, did_you_mean, header_mistakes, number
from seston.errors import SestonError
from seston.instruments import INSTRUMENTS
from seston.instruments.contract import Instrument
from seston.instruments.dates import parse_datetime

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class Sample:
    """One line of the sheet. `datetime` is naive: UTC where an offset was given."""

    sample: str
    path: Path
    instrument: str
    datetime: datetime
    site: str
    group: str
    volume_ml: float | None
    dilution: float | None
    pixel_um: float | None
    latitude: float | None
    longitude: float | None
    depth_m: float | None
    metadata: Mapping[str, str]
    line: int


def read_sheet(path: Path) -> list[Sample]:
    """Read and check a sample sheet.

    Parameters
    ----------
    path : pathlib.Path
        Tab-separated text in UTF-8; paths in it are relative to its folder.

    Returns
    -------
    list of Sample
        In the order of the sheet, each with a date: its own, or the instrument's.

    Raises
    ------
    SestonError
        One message with every mistake, each with its line.
    """
    path = Path(path)
    header, rows = _read_cells(path)
    _fail_if_any(path, header_mistakes(header))
    samples: list[Sample] = []
    mistakes: list[str] = []
    lines: dict[str, int] = {}
    for line, cells in rows:
        found: list[str] = []
        if len(cells) != len(header):
            found.append(
                f"found {len(cells)} cells, expected {len(header)} as in the header;"
                " put a tab between all cells, empty ones too"
            )
        else:
            values = dict(zip(header, cells, strict=True))
            first = lines.setdefault(values["sample"], line)
            if first != line:
                found.append(f"sample {values['sample']!r} stands in line {first} too; rename one")
            sample = _sample(values, path.parent.absolute(), line, found)
            samples += [sample] if sample else []
        mistakes += [f"line {line}: {text}" for text in found]
    _fail_if_any(path, mistakes if rows else ["no samples below the header"])
    return samples


def _fail_if_any(path: Path, mistakes: list[str]) -> None:
    if mistakes:
        count = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        raise SestonError(f"{path}: {count} in the sample sheet\n  " + "\n  ".join(mistakes))


def _read_cells(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the header and, with the numbers of their lines, all rows that are not blank."""
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


def _sample(values: dict[str, str], root: Path, line: int, found: list[str]) -> Sample | None:
    """Return the sample, or None after adding its mistakes to `found`."""
    if not _NAME.fullmatch(values["sample"]):
        found.append(
            f"sample {values['sample']!r}: expected letters, digits, '.', '_' and '-',"
            " the first neither '.' nor '-'"
        )
    numbers = {key: number(key, values.get(key, ""), found) for key in NUMBERS}
    date, dated = None, values.get("datetime", "")
    try:
        date = parse_datetime(dated) if dated else None
    except ValueError:
        found.append(f"datetime {dated!r}: expected ISO 8601, as 2018-05-22 or 2018-05-22T14:30:00")
    reader = _reader(values["instrument"], found)
    path = root / values["path"]
    try:
        if not values["path"]:
            found.append("path is empty; give the file or folder of the sample")
        elif not path.exists():
            found.append(f"path {values['path']!r}: no such file or folder in {root}")
        elif reader is not None:
            reader.check(path)
            if not dated:
                date = reader.date(path)
                if date is None:
                    found.append("no date in the sample's files or names; fill in datetime")
    except SestonError as error:
        found.append(str(error))
    except (OSError, ValueError) as error:
        found.append(f"path {values['path']!r}: cannot be read ({error})")
    if found or date is None:
        return None
    known = {*REQUIRED, *OPTIONAL}
    return Sample(
        sample=values["sample"],
        path=path,
        instrument=values["instrument"],
        datetime=date,
        site=values.get("site", ""),
        group=values.get("group", ""),
        **numbers,
        metadata={key: value for key, value in values.items() if key not in known},
        line=line,
    )


def _reader(name: str, found: list[str]) -> Instrument | None:
    if name not in INSTRUMENTS:
        hint = did_you_mean(name, INSTRUMENTS)
        found.append(f"instrument {name!r}: expected one of {', '.join(INSTRUMENTS)}{hint}")
        return None
    reader = INSTRUMENTS[name]
    if reader is None:
        readable = " and ".join(key for key, module in INSTRUMENTS.items() if module)
        found.append(f"instrument {name!r} cannot be read by this version, only {readable}")
        return None
    return reader
