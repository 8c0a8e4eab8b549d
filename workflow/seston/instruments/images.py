"""A folder of ready crops: png, jpg or tif, searched recursively, one organism a file."""

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from seston.errors import SestonError
from seston.instruments.contract import Effort, Rejection, Roi
from seston.instruments.dates import date_in_name

RECURSIVE = True
SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff"})


# File names stay text here: a Path for each of a million names would slow every start.


def is_image(name: str) -> bool:
    """Say whether a file name is that of a crop; hidden files are none."""
    return not name.startswith(".") and os.path.splitext(name)[1].lower() in SUFFIXES  # noqa: PTH122


def check(path: Path) -> None:
    """Refuse anything but a folder that can be read, and the folder of a FlowCam run.

    Folders inside it are met by `inventory`.
    """
    if not path.is_dir():
        raise SestonError(f"{path}: found a file, expected a folder of crops (png, jpg, tif)")
    try:
        with os.scandir(path) as entries:
            foreign = min(filter(_is_of_flowcam, (entry.name for entry in entries)), default=None)
    except OSError as error:
        _refuse(error)
    if foreign is not None:  # else whole collages would count as organisms
        raise SestonError(
            f"{path}: holds {foreign}, so it looks like a FlowCam run; write flowcam as its"
            " instrument, or move the crops to a folder of their own"
        )


def _is_of_flowcam(name: str) -> bool:
    return not name.startswith(".") and name.lower().endswith((".lst", ".ctx"))


def date(path: Path) -> datetime | None:
    """Return the date in the folder's name, else in the name of its first crop."""
    named = date_in_name(path.name)
    if named is not None:
        return named
    names = inventory(path)
    return date_in_name(os.path.basename(names[0])) if names else None  # noqa: PTH119


def inventory(path: Path) -> list[str]:
    """Return the crops below the folder, as sorted POSIX paths relative to it.

    Without sizes: each would be one question to the file server, and there may
    be a million crops. For the same reason the names are plain strings. Linked
    folders are named, not entered: they may lead out of the sample or in circles.

    Raises
    ------
    SestonError
        If a folder cannot be read: how many crops it holds, nobody would know.
    """
    top = os.fspath(path)
    found: list[str] = []
    for folder, folders, names in os.walk(top, onerror=_refuse):
        here = "" if folder == top else os.path.relpath(folder, top).replace(os.sep, "/") + "/"
        apart = {
            name
            for name in folders
            if is_image(name) or os.path.islink(f"{folder}/{name}")  # noqa: PTH114
        }
        found += [here + name for name in names if is_image(name)]
        found += [here + name for name in apart]
        folders[:] = [name for name in folders if name not in apart]
    return sorted(found)


def _refuse(error: OSError) -> NoReturn:
    raise SestonError(
        f"{error.filename}: the folder cannot be read ({error.strerror});"
        " give yourself the right to read it, or move it out of the sample's folder"
    ) from error


def count(path: Path) -> int:
    """Return how many crops there are."""
    return len(inventory(path))


def read(path: Path, max_pixels: int) -> tuple[Effort, Iterator[Roi | Rejection]]:
    """Return how many crops there are and an iterator over them.

    A crop's number (`roi`) is its path below the folder, with its extension.
    Rejections: ``bad_name``, ``outside_root`` and those of `pixels.read_image`.
    """
    names = inventory(path)
    shown = os.fsencode(path.name).decode(errors="backslashreplace")
    nothing = f"no picture (png, jpg, tif) found in {shown}: a true zero?"
    effort = Effort(listed=len(names), warnings=() if names else (nothing,))
    return effort, _organisms(path, names, max_pixels)


def _organisms(path: Path, names: list[str], max_pixels: int) -> Iterator[Roi | Rejection]:
    from seston.instruments.pixels import Unusable, read_image

    root = path.resolve()
    for name in names:
        if _is_utf8(name):
            file = path / name
        else:
            shown = os.fsencode(name).decode(errors="backslashreplace")
            yield Rejection(shown, shown, "bad_name", "the name is not UTF-8; rename the file")
            continue
        if not file.resolve().is_relative_to(root):
            yield Rejection(
                name, name, "outside_root", "a link that leads out of the sample's folder"
            )
            continue
        try:
            pixels = read_image(file, max_pixels, upright=True)
        except Unusable as error:
            yield Rejection(name, name, error.reason, error.detail)
            continue
        yield Roi(roi=name, frame=name, x=0, y=0, pixels=pixels, timestamp=date_in_name(file.name))


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:  # the file system's bytes, escaped by Python
        return False
    return True
