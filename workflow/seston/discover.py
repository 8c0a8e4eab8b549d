"""Write a first sample sheet for a folder of data: `python -m seston samples DIR`."""

import os
import re
import sys
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
    print("sample", "path", "instrument", "datetime", sep="\t")
    for name, sample in zip(unique_names(found), found, strict=True):
        path = os.path.relpath(sample.path)
        when = sample.datetime.isoformat() if sample.datetime else ""
        print(name, path, sample.instrument, when, sep="\t")


def find_samples(directory: Path) -> tuple[list[Found], list[str]]:
    """Return the samples below a folder, sorted by path, and notes on what was passed over."""
    found: list[Found] = []
    notes: list[str] = []
    for place, folders, names in os.walk(directory):
        here = Path(place)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        lists = [here / name for name in sorted(names) if name.lower().endswith(".lst")]
        runs = [file for file in lists if is_list(file)]
        notes += [f"{file}: not a FlowCam list of format 017, passed over" for file in lists if file not in runs]
        if runs:
            for file in runs:
                path = here if len(runs) == 1 else file
                found.append(_dated(path, "flowcam", notes))
            continue
        bins, partial = _bins(here, names)
        notes += partial
        found += bins
        crops = sorted(name for name in names if images.is_image(name))
        if crops and lists:
            notes.append(f"{here}: {len(crops)} images beside a list that cannot be read, passed over")
        elif crops:
            date = date_in_name(here.name) or date_in_name(crops[0])
            if date is None:
                notes.append(f"{here}: no date in the names of the images; fill in the column datetime")
            found.append(Found(here, "images", date))
    found, nested = _without_nested(found)
    return sorted(found, key=lambda sample: str(sample.path)), notes + nested


def _dated(path: Path, kind: str, notes: list[str]) -> Found:
    try:
        date = flowcam.date(path)
    except SestonError as error:
        notes.append(str(error))
        return Found(path, kind, None)
    if date is None:
        notes.append(f"{path}: no date in the run's files; fill in the column datetime")
    return Found(path, kind, date)


def _bins(here: Path, names: list[str]) -> tuple[list[Found], list[str]]:
    stems = sorted({os.path.splitext(name)[0] for name in names if name.endswith(_BIN)})
    found, notes = [], []
    for stem in stems:
        missing = [suffix for suffix in _BIN if stem + suffix not in names]
        if missing:
            notes.append(f"{here / stem}: an IFCB bin without {' and '.join(missing)}, passed over")
        else:
            found.append(Found(here / f"{stem}.adc", "ifcb", _bin_date(stem)))
    return found, notes


def _bin_date(stem: str) -> datetime | None:
    """Return the date of ``D20130526T095207_IFCB013`` or ``IFCB5_2012_028_081515``."""
    old = re.fullmatch(r"IFCB\d+_(\d{4}_\d{3}_\d{6})", stem)
    try:
        return datetime.strptime(old[1], "%Y_%j_%H%M%S") if old else date_in_name(stem)
    except ValueError:
        return None


def _without_nested(found: list[Found]) -> tuple[list[Found], list[str]]:
    """Drop folders of crops that hold another sample: their images would count twice."""
    kept, notes = [], []
    for sample in found:
        inside = [other for other in found if other is not sample and sample.path in other.path.parents]
        if sample.instrument == "images" and inside:
            notes.append(f"{sample.path}: images beside folders that are samples of their own, passed over")
        else:
            kept.append(sample)
    return kept, notes


def unique_names(found: list[Found]) -> list[str]:
    """Return a name for each sample: its folder or file, with parents where two are alike."""
    names: list[str] = []
    for sample in found:
        path = sample.path.resolve()
        parts = [*path.parts[1:-1], path.stem if path.is_file() else path.name]
        for depth in range(1, len(parts) + 1):
            name = re.sub(r"[^A-Za-z0-9._-]+", "-", "_".join(parts[-depth:])).strip(".-") or "sample"
            if name not in names:
                break
        number = 2
        unique = name
        while unique in names:
            unique = f"{name}_{number}"
            number += 1
        names.append(unique)
    return names
