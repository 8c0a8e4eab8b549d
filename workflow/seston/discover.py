"""Write a first sample sheet for a folder of data: `python -m seston samples DIR`."""

import csv
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from seston.errors import SestonError
from seston.instruments import flowcam, images
from seston.instruments.dates import date_in_name
from seston.instruments.lst import is_list

_BIN = (".adc", ".hdr", ".roi")


@dataclass(frozen=True)
class Found:
    """A sample that lies in a folder."""

    path: Path
    instrument: str
    datetime: datetime | None


def discover(directory: Path, /) -> None:
    """Print a sample sheet for everything found below a folder.

    Recognised are FlowCam runs (a folder with a .lst of format 017), IFCB bins
    (.adc, .hdr and .roi of one name) and folders of crops (png, jpg, tif; the
    folder that holds them directly is one sample). Paths are relative to the
    current folder, where the sheet is to be saved. What was passed over is
    told on standard error.

    Parameters
    ----------
    directory : pathlib.Path
        Where to search.
    """
    if not directory.is_dir():
        raise SestonError(f"{directory}: no such folder; give the folder that holds the data")
    found, notes = find_samples(directory)
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
    if not found:
        raise SestonError(
            f"{directory}: neither FlowCam runs (.lst), IFCB bins (.adc, .hdr, .roi)"
            " nor folders of png, jpg or tif found"
        )
    sheet = csv.writer(sys.stdout, delimiter="\t", lineterminator="\n")
    sheet.writerow(["sample", "path", "instrument", "datetime"])
    for name, sample in zip(unique_names(found), found, strict=True):
        when = sample.datetime.isoformat() if sample.datetime else ""
        sheet.writerow([name, os.path.relpath(sample.path), sample.instrument, when])


def find_samples(directory: Path) -> tuple[list[Found], list[str]]:
    """Return the samples below a folder, sorted by path, and notes on what was passed over."""
    found: list[Found] = []
    notes: list[str] = []

    def pass_over(error: OSError) -> None:
        notes.append(f"{error.filename}: cannot be read ({error.strerror}), passed over")

    for place, folders, names in os.walk(directory, onerror=pass_over):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        here = Path(place)
        names = sorted(names)
        runs = _runs(here, names, notes)
        found += runs + _bins(here, names, notes)
        crops = [name for name in names if images.is_image(name)]
        if not crops or runs:
            continue
        if any(name.lower().endswith((".lst", ".ctx")) for name in names):
            notes.append(f"{here}: a FlowCam run without a readable list, passed over")
            continue
        date = date_in_name(here.name) or date_in_name(crops[0])
        if date is None:
            notes.append(f"{here}: no date in the names; fill in the column datetime")
        found.append(Found(here, "images", date))
    holders = {parent for sample in found for parent in sample.path.parents}
    nested = {sample.path for sample in found if sample.instrument == "images"} & holders
    notes += [f"{path}: images beside folders of samples, passed over" for path in sorted(nested)]
    kept = [sample for sample in found if sample.path not in nested]
    return sorted(kept, key=lambda sample: str(sample.path)), notes


def _runs(here: Path, names: list[str], notes: list[str]) -> list[Found]:
    lists = [here / name for name in names if name.lower().endswith(".lst")]
    good = [file for file in lists if is_list(file)]
    notes += [
        f"{file}: not a FlowCam list of format 017, passed over"
        for file in lists
        if file not in good
    ]
    runs = []
    for file in good:
        path = here if len(good) == 1 else file
        date = None
        try:
            date = flowcam.date(path)
            if date is None:
                notes.append(f"{path}: no date in the run's files; fill in the column datetime")
        except SestonError as error:
            notes.append(str(error))
        runs.append(Found(path, "flowcam", date))
    return runs


def _bins(here: Path, names: list[str], notes: list[str]) -> list[Found]:
    suffixes: dict[str, set[str]] = {}
    for name in names:
        if name.endswith(_BIN):
            suffixes.setdefault(name[:-4], set()).add(name[-4:])
    bins = []
    for stem, there in suffixes.items():
        if missing := sorted({*_BIN} - there):
            notes.append(f"{here / stem}: an IFCB bin without {' and '.join(missing)}, passed over")
        else:
            bins.append(Found(here / f"{stem}.adc", "ifcb", _bin_date(stem)))
    return bins


def _bin_date(stem: str) -> datetime | None:
    """Return the date of ``D20130526T095207_IFCB013`` or ``IFCB5_2012_028_081515``."""
    old = re.fullmatch(r"IFCB\d+_(\d{4}_\d{3}_\d{6})", stem)
    try:
        return datetime.strptime(old[1], "%Y_%j_%H%M%S") if old else date_in_name(stem)
    except ValueError:
        return None


def unique_names(found: Sequence[Found]) -> list[str]:
    """Return a name for each sample: its folder or file, with parents where two are alike.

    Two names that differ in upper and lower case only count as alike.
    """
    taken: set[str] = set()
    names = []
    for sample in found:
        path = sample.path.resolve()
        parts = [*path.parts[1:-1], path.stem if sample.path.is_file() else path.name]
        for depth in range(1, len(parts) + 1):
            text = re.sub(r"[^A-Za-z0-9._-]+", "-", "_".join(parts[-depth:]))
            name = text.strip(".-") or "sample"
            if name.casefold() not in taken:
                break
        base, number = name, 2
        while name.casefold() in taken:
            name, number = f"{base}_{number}", number + 1
        taken.add(name.casefold())
        names.append(name)
    return names
