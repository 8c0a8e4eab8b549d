"""Which samples the files of one folder make: FlowCam runs, IFCB bins, pictures, archives."""

import posixpath
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from seston.errors import SestonError
from seston.instruments import archives, flowcam
from seston.instruments.dates import date_in_name
from seston.instruments.flowcam.lst import is_list, read_list
from seston.instruments.ifcb.bin import SUFFIXES, date_of_name, is_bin_name
from seston.instruments.ifcb.hdr import read_header
from seston.instruments.names import is_archive, is_image

#: One organism rarely fills a million pixels; a camera's frame has more.
_FRAME_PIXELS = 1_000_000
_LOOK_AT = 1000  # files in an archive, names in a folder


@dataclass(frozen=True)
class Found:
    """A sample that lies in a folder, and whether its path is that of a file."""

    path: Path
    instrument: str
    datetime: datetime | None
    is_file: bool = False


def recognise(here: Path, names: Sequence[str]) -> tuple[list[Found], list[str]]:
    """Return the samples that the files of a folder make, and notes on what was passed over.

    Parameters
    ----------
    here : pathlib.Path
    names : sequence of str
        Its files, sorted. The only files that are opened are lists, accounts
        of runs, headers of bins, archives, and one picture.
    """
    notes: list[str] = []
    runs = _runs(here, names, notes)
    if runs:
        beside = [name for name in names if is_archive(name) or name[-4:].lower() in SUFFIXES]
        return runs, notes + [
            f"{here / name}: beside a FlowCam run, passed over" for name in beside
        ]
    found = [*_bins(here, names, notes), *_archives(here, names, notes)]
    pictures = [name for name in names if is_image(name)]
    if not pictures:
        return found, notes
    if any(name.lower().endswith((".lst", ".ctx")) for name in names):
        return found, [*notes, f"{here}: a FlowCam run without a readable list, passed over"]
    found.append(_pictures(here, pictures, notes))
    return found, notes + _several_days(here, pictures)


def _runs(here: Path, names: Sequence[str], notes: list[str]) -> list[Found]:
    lists = [here / name for name in names if name.lower().endswith(".lst")]
    good = [file for file in lists if is_list(file)]
    notes += [
        f"{file}: not a FlowCam list that can be read, passed over"
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
        runs.append(Found(path, "flowcam", date, is_file=path is file))
    notes += _same_collages(good)
    return runs


def _same_collages(lists: Sequence[Path]) -> list[str]:
    """Tell of lists that share collages: their particles would count twice."""
    notes = []
    first: dict[str, Path] = {}
    for file in lists if len(lists) > 1 else ():
        try:
            names = {row.text("collage_file") for row in read_list(file).rows if row.values}
        except SestonError:  # told already
            continue
        others = {first.setdefault(name, file) for name in sorted(names)} - {file}
        notes += [
            f"{file}: names the same collages as {other.name}, so particles would count twice;"
            " keep one row of the two"
            for other in sorted(others)
        ]
    return notes


def _bins(here: Path, names: Sequence[str], notes: list[str]) -> list[Found]:
    """Return the IFCB bins: also those with a part missing, whose rows will say so.

    Other programs too write files that end in .hdr or .roi: one alone, whose
    name is not that of a bin, is none.
    """
    bins: dict[str, dict[str, str]] = {}
    for name in names:
        if name[-4:].lower() in SUFFIXES and not name.startswith("."):
            bins.setdefault(name[:-4], {})[name[-4:].lower()] = name
    found = []
    for stem, files in bins.items():
        if len(files) == 1 and not is_bin_name(stem):
            continue
        date = date_of_name(stem)
        if header := files.get(".hdr"):
            try:
                said = read_header(here / header)
            except SestonError as error:
                notes.append(str(error))
            else:
                if said.is_bead_run:
                    notes.append(f"{here / stem}: a run of calibration beads, passed over")
                    continue
                date = date or said.time
        if missing := [suffix for suffix in SUFFIXES if suffix not in files]:
            notes.append(f"{here / stem}: an IFCB bin without its {' and '.join(missing)}")
        if date is None:
            notes.append(f"{here / stem}: no date in its name; fill in the column datetime")
        main = next(files[suffix] for suffix in SUFFIXES if suffix in files)
        found.append(Found(here / main, "ifcb", date, is_file=True))
    return found


def _archives(here: Path, names: Sequence[str], notes: list[str]) -> list[Found]:
    found = []
    for name in names:
        path = here / name
        if not is_archive(name) or not path.is_file():
            continue
        try:
            inside = (member for member, _ in islice(archives.members(path), _LOOK_AT))
            first = next((member for member in inside if is_image(member)), None)
        except SestonError as error:
            notes.append(str(error))
            continue
        if first is None:
            notes.append(f"{path}: no picture among its first {_LOOK_AT:,} files, passed over")
            continue
        date = date_in_name(name) or date_in_name(posixpath.basename(first))
        if date is None:
            notes.append(f"{path}: no date in the names; fill in the column datetime")
        found.append(Found(path, "images", date, is_file=True))
    return found


def _pictures(here: Path, pictures: Sequence[str], notes: list[str]) -> Found:
    instrument = "images"
    # Frames may have the picture of an empty one beside them, which tells neither size nor date.
    pictures = [name for name in pictures if not name.lower().startswith("background")] or pictures
    first = next((name for name in pictures if (here / name).is_file()), None)
    if first and (size := _size_of_frame(here / first)):
        instrument = "frames"
        notes.append(
            f"{here}: {first} has {size}, so its pictures are taken for raw frames with"
            " many organisms; if each shows one organism, write images as instrument"
        )
    date = date_in_name(here.name) or date_in_name(pictures[0])
    if date is None:
        notes.append(f"{here}: no date in the names; fill in the column datetime")
    return Found(here, instrument, date)


def _several_days(here: Path, pictures: Sequence[str]) -> list[str]:
    """Tell of a folder whose names tell dates over a day apart: it would be one sample.

    Of very many names some are looked at, from the first to the last.
    """
    step = max(1, len(pictures) // _LOOK_AT)
    looked_at = [*pictures[::step], pictures[-1]]
    dates = [date for name in looked_at if (date := date_in_name(name))]
    if not dates or max(dates) - min(dates) <= timedelta(days=1):
        return []
    return [
        f"{here}: names from {min(dates):%Y-%m-%d} to {max(dates):%Y-%m-%d} in one sample, all"
        " counted on one date; if they are several, make a folder for each (or, of frames, a row"
        " for each file)"
    ]


def _size_of_frame(path: Path) -> str | None:
    """Return the size of a picture by its head, in words, if it is larger than an organism."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path, formats=("PNG", "JPEG", "TIFF")) as image:
                width, height = image.size
    except Image.DecompressionBombError:  # Pillow's limit is far above ours
        return "far more than a million pixels"
    except Exception:  # what is wrong with the picture is told when it is read
        return None
    return f"{width} x {height} px" if width * height > _FRAME_PIXELS else None
