"""The sample sheet: one line per sample, checked as a whole before any work.

Read at every start of Snakemake, so nothing heavy is imported.
"""

import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from seston.cells import read_cells
from seston.columns import NUMBERS, OPTIONAL, REQUIRED, did_you_mean, header_mistakes, number
from seston.errors import SestonError
from seston.instruments import INSTRUMENTS, instrument
from seston.instruments.contract import Instrument
from seston.instruments.date_patterns import check_pattern, date_by
from seston.instruments.dates import is_no_day, parse_datetime

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class Sample:
    """One line of the sheet.

    `datetime` is naive: UTC where an offset was given. `place` is the path as
    seen from the sheet's folder: it stays when both move together. `date_pattern` is a regular
    expression that finds dates in the names of files.
    """

    sample: str
    path: Path
    place: str
    instrument: str
    datetime: datetime
    date_pattern: str | None
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


def read_sheet(
    path: Path, only: Collection[str] | None = None, *, look: bool = True
) -> list[Sample]:
    """Read and check a sample sheet.

    Parameters
    ----------
    path : pathlib.Path
        Tab-separated text in UTF-8; paths in it are relative to its folder.
    only : collection of str, optional
        Names of the samples whose files are looked into and that are returned.
        The cells of all others are checked too, but not their files.
    look : bool
        Without, no files are looked into but those of samples whose date the sheet lacks: for jobs
        of a run that was looked at as a whole when it started.

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
    header, rows = read_cells(path)
    _fail_if_any(path, header_mistakes(header))
    samples: list[Sample] = []
    mistakes: list[tuple[int, str]] = []
    seen: dict[str, tuple[str, int]] = {}
    wanted = None if only is None else frozenset(only)
    root = path.parent.absolute()
    for line, cells in rows:
        found: list[str] = []
        if len(cells) != len(header):
            found.append(
                f"found {len(cells)} cells, expected {len(header)} as in the header;"
                " put a tab between all cells, empty ones too"
            )
        else:
            values = dict(zip(header, cells, strict=True))
            name = values["sample"]
            first, where = seen.setdefault(name.casefold(), (name, line))
            if where != line and first == name:
                found.append(f"sample {name!r} stands in line {where} too; rename one")
            elif where != line:
                found.append(
                    f"sample {name!r}: line {where} has {first!r}; some disks do not tell upper"
                    " from lower case, and samples become folders; rename one"
                )
            asked = wanted is None or name in wanted
            look_here = asked and (look or not values.get("datetime"))
            sample = _sample(values, root, line, look_here, found)
            samples += [sample] if sample and asked else []
        mistakes += [(line, text) for text in found]
    mistakes = sorted(
        [*mistakes, *_overlaps(samples if look else [])], key=lambda mistake: mistake[0]
    )
    told = [f"line {line}: {text}" for line, text in mistakes]
    _fail_if_any(path, told if rows else ["no samples below the header"])
    return samples


def _overlaps(samples: Sequence[Sample]) -> Iterator[tuple[int, str]]:
    """Yield line and text for each sample whose organisms another sample counts too."""
    places: dict[Path, Sample] = {}
    for sample in samples:
        place = instrument(sample.instrument).one_path(sample.path)
        first = places.setdefault(place, sample)
        if first is not sample:
            yield sample.line, f"path {sample.place!r}: the same as in line {first.line}; keep one"
    for place, sample in places.items():
        for folder in place.parents:
            outer = places.get(folder)
            if outer and (
                instrument(outer.instrument).RECURSIVE
                or (folder == place.parent and place.is_file())
            ):
                yield (
                    sample.line,
                    f"path {sample.place!r}: lies inside {outer.place!r} of line {outer.line},"
                    " so its organisms would count twice; keep one, or move one folder",
                )


def _fail_if_any(path: Path, mistakes: list[str]) -> None:
    if mistakes:
        count = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        raise SestonError(f"{path}: {count} in the sample sheet\n  " + "\n  ".join(mistakes))


def _sample(
    values: dict[str, str], root: Path, line: int, look: bool, found: list[str]
) -> Sample | None:
    """Return the sample, or None if `found` has grown or nothing tells its date."""
    if not _NAME.fullmatch(values["sample"]):
        found.append(
            f"sample {values['sample']!r}: expected letters, digits, '.', '_' and '-',"
            " the first neither '.' (a hidden folder) nor '-' (an option of a command)"
        )
    numbers = {key: number(key, values.get(key, ""), found) for key in NUMBERS}
    date, dated = None, values.get("datetime", "")
    try:
        date = parse_datetime(dated) if dated else None
    except ValueError:
        wrong = "no such day; " if is_no_day(dated) else ""
        found.append(
            f"datetime {dated!r}: {wrong}expected ISO 8601, as 2018-05-22 or 2018-05-22T14:30:00"
        )
    pattern = values.get("date_pattern") or None
    try:
        if pattern is not None:
            check_pattern(pattern)
    except ValueError as error:
        found.append(f"date_pattern {pattern!r}: {error}")
        pattern = None
    reader = _reader(values["instrument"], found)
    path = root / values["path"]
    try:
        if not values["path"]:
            found.append("path is empty; give the file or folder of the sample")
        elif look and not path.exists():
            found.append(f"path {values['path']!r}: no such file or folder in {root}")
        elif look and reader is not None:
            reader.check(path)
            if not dated:
                date = _date(reader, path, pattern)
                if date is None:
                    how = f"; nor does date_pattern {pattern!r} find one" if pattern else ""
                    found.append(f"no date in the sample's files or names{how}; fill in datetime")
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
        place=Path(os.path.relpath(path, root)).as_posix(),
        instrument=values["instrument"],
        datetime=date,
        date_pattern=pattern,
        site=values.get("site", ""),
        group=values.get("group", ""),
        **numbers,
        metadata={key: value for key, value in values.items() if key not in known},
        line=line,
    )


def _date(reader: Instrument, path: Path, pattern: str | None) -> datetime | None:
    """Return the date of a sample: by the pattern where there is one, else by its instrument."""
    if pattern is None:
        return reader.date(path)
    names = [path.name, *reader.inventory(path)]
    return next((date for name in names if (date := date_by(pattern, name))), None)


def _reader(name: str, found: list[str]) -> Instrument | None:
    if name not in INSTRUMENTS:
        hint = did_you_mean(name, INSTRUMENTS)
        found.append(f"instrument {name!r}: expected one of {', '.join(INSTRUMENTS)}{hint}")
    return INSTRUMENTS.get(name)
