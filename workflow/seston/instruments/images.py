"""A folder of ready crops: png, jpg or tif, searched recursively, one organism a file."""

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from seston.errors import SestonError
from seston.instruments import Effort, Rejection, Roi
from seston.instruments.dates import date_in_name

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff"})


def is_image(name: str) -> bool:
    """Say whether a file name is that of a crop; hidden files are not."""
    return not name.startswith(".") and os.path.splitext(name)[1].lower() in SUFFIXES


def raw_files(path: Path) -> list[Path]:
    """Return the crops below the folder, sorted by their path.

    Linked folders are named, not entered: they may lead out of the sample or in circles.
    """
    if not path.is_dir():
        raise SestonError(f"{path}: found a file, expected a folder of crops (png, jpg, tif)")
    found: list[Path] = []
    for folder, folders, names in os.walk(path):
        here = Path(folder)
        apart = [name for name in folders if is_image(name) or (here / name).is_symlink()]
        found += [here / name for name in apart]
        found += [here / name for name in names if is_image(name)]
        folders[:] = [name for name in folders if name not in apart]
    return sorted(found, key=lambda file: file.relative_to(path).as_posix())


def date(path: Path) -> datetime | None:
    """Return the date in the folder's name, else in the name of its first crop."""
    named = date_in_name(path.name)
    if named is not None:
        return named
    files = raw_files(path)
    return date_in_name(files[0].name) if files else None


def read(path: Path, max_pixels: int) -> tuple[Effort, Iterator[Roi | Rejection]]:
    """Return how many files there are and an iterator over them."""
    files = raw_files(path)
    return Effort(listed=len(files)), _organisms(path, files, max_pixels)


def _organisms(path: Path, files: list[Path], max_pixels: int) -> Iterator[Roi | Rejection]:
    from seston.instruments.pixels import Unusable, read_image

    root = path.resolve()
    for file in files:
        roi = file.relative_to(path).as_posix()
        try:
            roi.encode()
        except UnicodeEncodeError:
            name = roi.encode(errors="surrogateescape").decode(errors="backslashreplace")
            yield Rejection(name, name, "bad_name", "the name is not valid UTF-8; rename the file")
            continue
        if not file.resolve().is_relative_to(root):
            yield Rejection(roi, roi, "outside_root", "a link that leads out of the sample's folder")
            continue
        try:
            pixels = read_image(file, max_pixels, upright=True)
        except Unusable as error:
            yield Rejection(roi, roi, error.reason, error.detail)
            continue
        yield Roi(roi=roi, frame=roi, x=0, y=0, pixels=pixels, timestamp=date_in_name(file.name))
