"""The sample sheet: one line per sample, checked as a whole before any work.

Read at every start of Snakemake, so nothing heavy is imported.
"""

import csv
import difflib
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from seston.errors import SestonError
from seston.instruments import INSTRUMENTS, instrument
from seston.instruments.dates import parse_datetime

REQUIRED = ("sample", "path", "instrument")
OPTIONAL = (
    "datetime", "site", "group", "volume_ml", "dilution", "pixel_um",
    "latitude", "longitude", "depth_m",
)  # fmt: skip
#: Columns of images.parquet and samples.tsv, which no further column may take.
RESERVED = frozenset(
    "image_id timestamp frame x y w h mask area_px area_um2 esd_um focus vs_esd_um vs_abd_um"
    " cluster distance margin map_x map_y density_cluster"
    " listed used rejected volume_source run_mode warnings".split()
)
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")

# name -> lowest and highest value, and whether the lowest itself is allowed
_NUMBERS = {
    "volume_ml": (0.0, math.inf, False),
    "dilution": (0.0, math.inf, False),
    "pixel_um": (0.0, math.inf, False),
    "latitude": (-90.0, 90.0, True),
    "longitude": (-180.0, 180.0, True),
    "depth_m": (-math.inf, math.inf, True),
}


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
    mistakes = _check_header(header)
    if mistakes:
        _fail(path, mistakes)
    samples: list[Sample] = []
    seen: dict[str, int] = {}
    for line, cells in rows:
        found: list[str] = []
        if len(cells) != len(header):
            found.append(
                f"found {len(cells)} cells, expected {len(header)} as in the header:"
                " cells are parted by tabs, empty ones too"
            )
        else:
            values = dict(zip(header, cells, strict=True))
            name = values["sample"]
            if name in seen:
                found.append(f"sample {name!r} again, first in line {seen[name]}: names must differ")
            else:
                seen[name] = line
            sample = _sample(values, path.parent, line, found)
            if sample is not None:
                samples.append(sample)
        mistakes += [f"line {line}: {text}" for text in found]
    if not rows:
        mistakes.append("no samples below the header")
    if mistakes:
        _fail(path, mistakes)
    return samples


def _fail(path: Path, mistakes: list[str]) -> None:
    count = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
    raise SestonError(f"{path}: {count}\n  " + "\n  ".join(mistakes))


def _read_cells(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise SestonError(
            f"{path}: sample sheet not found; write one with `python -m seston samples DIR`"
        ) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise SestonError(f"{path}, line {line}: not UTF-8; save the sheet as UTF-8 text") from error
    except OSError as error:
        raise SestonError(f"{path}: the sample sheet cannot be read ({error.strerror})") from error
    reader = csv.reader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    lines = [
        (number, [cell.strip() for cell in cells])
        for number, cells in enumerate(reader, start=1)
        if any(cell.strip() for cell in cells)
    ]
    if not lines:
        raise SestonError(f"{path}: the sample sheet is empty; expected a header: {', '.join(REQUIRED)}")
    return lines[0][1], lines[1:]


def _check_header(header: list[str]) -> list[str]:
    mistakes = []
    if len(header) == 1 and re.search("[,;]", header[0]):
        return ["line 1: cells parted by commas or semicolons; save the sheet with tabs between cells"]
    for name in REQUIRED:
        if name not in header:
            mistakes.append(f"line 1: column {name!r} is missing")
    for name in sorted({name for name in header if header.count(name) > 1}):
        mistakes.append(f"line 1: column {name!r} stands there twice" if name else "line 1: columns without a name")
    if header.count("") == 1:
        mistakes.append(f"line 1: column {header.index('') + 1} has no name")
    for name in header:
        plain = re.sub(r"[\s-]+", "_", name.casefold())
        if name in RESERVED:
            mistakes.append(f"line 1: column {name!r} is one that Seston writes itself; rename it")
        elif plain in REQUIRED + OPTIONAL and name not in REQUIRED + OPTIONAL:
            mistakes.append(f"line 1: found column {name!r}; write {plain!r}")
    return mistakes


def _sample(values: dict[str, str], root: Path, line: int, found: list[str]) -> Sample | None:
    """Return the sample, or None after adding its mistakes to `found`."""
    before = len(found)
    name, kind = values["sample"], values["instrument"]
    if not _NAME.fullmatch(name):
        found.append(
            f"sample {name!r}: expected letters, digits, '.', '_' or '-',"
            " and no '.' or '-' at the start"
        )
    numbers = {key: _number(key, values.get(key, ""), found) for key in _NUMBERS}
    date = None
    if text := values.get("datetime", ""):
        try:
            date = parse_datetime(text)
        except ValueError:
            found.append(f"datetime {text!r}: expected ISO 8601, as 2018-05-22 or 2018-05-22T14:30:00")
    path = root.absolute() / values["path"]
    if not values["path"]:
        found.append("path is empty: expected the file or folder of the sample")
    elif not path.exists():
        found.append(f"path {values['path']!r}: no such file or folder below {root.absolute()}")
    elif _known(kind, found):
        try:
            instrument(kind).raw_files(path)
            date = date or (None if values.get("datetime") else instrument(kind).date(path))
            if date is None and not values.get("datetime"):
                found.append("no date in the names or files of the sample: fill in the column datetime")
        except (SestonError, OSError) as error:
            found.append(str(error))
    if len(found) > before or date is None:
        if not path.exists():
            _known(kind, found)
        return None
    known = {*REQUIRED, *OPTIONAL}
    return Sample(
        sample=name,
        path=path,
        instrument=kind,
        datetime=date,
        site=values.get("site", ""),
        group=values.get("group", ""),
        **numbers,
        metadata={key: value for key, value in values.items() if key not in known},
        line=line,
    )


def _known(kind: str, found: list[str]) -> bool:
    if kind not in INSTRUMENTS:
        close = difflib.get_close_matches(kind.casefold(), INSTRUMENTS, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        found.append(f"instrument {kind!r}: expected one of {', '.join(INSTRUMENTS)}{hint}")
        return False
    if INSTRUMENTS[kind] is None:
        readable = ", ".join(name for name, module in INSTRUMENTS.items() if module)
        found.append(f"instrument {kind!r} cannot be read by this version, only {readable}")
        return False
    return True


def _number(key: str, text: str, found: list[str]) -> float | None:
    if not text:
        return None
    low, high, inclusive = _NUMBERS[key]
    try:
        value = float(text)
    except ValueError:
        hint = "; write the decimal sign as a point" if re.fullmatch(r"-?\d+,\d+", text) else ""
        found.append(f"{key} {text!r}: expected a number{hint or ', or an empty cell for unknown'}")
        return None
    if not math.isfinite(value) or not low <= value <= high or (value == low and not inclusive):
        wanted = "a number above 0" if low == 0 else f"a number from {low:g} to {high:g}"
        found.append(f"{key} {text!r}: expected {wanted}, or an empty cell for unknown")
        return None
    return value
