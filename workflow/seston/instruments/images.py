"""Ready crops, one organism a file: png, jpg or tif, in a folder (and below) or in an archive."""

import posixpath
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from seston.errors import SestonError
from seston.instruments import archives, dates, folders
from seston.instruments.contract import MIN_SIDE, Effort, Flag, Found, Reading, Rejection, Roi
from seston.instruments.date_patterns import time_of_picture
from seston.instruments.names import is_archive, is_image, require_utf8, shown
from seston.instruments.unusable import Unusable

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

RECURSIVE = True
#: Gives the file of a crop or what stands in it, or raises `Unusable`.
Content = Callable[[], Path | bytes]


def check(path: Path) -> None:
    """Refuse anything but a readable folder or archive, and the folder of another instrument.

    Folders inside it are met by `inventory`.
    """
    if not path.is_dir():
        if not is_archive(path.name) or not path.is_file():
            raise SestonError(
                f"{path}: found a file, expected a folder of crops (png, jpg, tif) or an archive"
                " of them (.zip, .tar, .tar.gz, .tgz)"
            )
        return archives.check(path)
    folders.require_no_run(path, "crops")


def date(path: Path) -> datetime | None:
    """Return the date in the name of the folder or archive, else in the name of its first crop."""
    named = dates.date_in_name(path.name)
    if named is not None:
        return named
    if path.is_dir():
        names = iter(inventory(path))
    else:
        names = (name for name, _ in archives.members(path) if is_image(name))
    return dates.date_in_name(posixpath.basename(next(names, "")))


def one_path(path: Path) -> Path:
    """Return the path without links."""
    return path.resolve()


def inventory(path: Path) -> list[str]:
    """Return the crops below a folder, without sizes; of an archive its name and size."""
    if path.is_dir():
        return folders.crops_below(path)[0]
    return [f"{path.name} {path.stat().st_size}"]


def read(path: Path, reading: Reading) -> tuple[Effort, Iterator[Found]]:
    """Return how many crops there are and an iterator over them.

    A crop's number (`roi`) is its path below the folder or in the archive, with
    its extension. Rejections: ``bad_name``, ``outside_root``, ``flat``, those
    of `pixels.read_picture` and those of `archives.members`. Notes:
    ``bad_clock`` and those of `pixels.Picture`. Archives inside are not entered.

    Raises
    ------
    SestonError
        If a folder inside, or the archive, cannot be read as a whole.
    """
    from seston.instruments.pixels import most_bytes

    crops: Iterator[tuple[str, Content]]
    if path.is_dir():
        names, nested = folders.crops_below(path)
        crops = _in_folder(path, names)
    else:
        inside = partial(archives.members, path, most_bytes(reading.max_pixels))
        everything = [name for name, _ in inside() if is_image(name) or is_archive(name)]
        names, nested = ([*filter(kind, everything)] for kind in (is_image, is_archive))
        crops = (member for member in inside() if is_image(member[0]))
    flags = folders.listing_flags(path, names, nested)
    return Effort(len(names), flags=tuple(flags)), _organisms(crops, reading)


def _in_folder(path: Path, names: list[str]) -> Iterator[tuple[str, Content]]:
    root = path.resolve()
    return ((name, partial(_file, path, root, name)) for name in names)


def _file(path: Path, root: Path, name: str) -> Path:
    require_utf8(name)
    file = path / name
    if not folders.is_inside(file, root):
        raise Unusable("outside_root", "a link that leads out of the sample's folder")
    return file


def _organisms(crops: Iterator[tuple[str, Content]], reading: Reading) -> Iterator[Found]:
    from seston.instruments.pixels import read_picture

    bad_clocks: list[str] = []
    undated: list[str] = []
    for name, content in crops:
        try:
            picture = read_picture(content(), name, reading)
            _require_contrast(picture.pixels)
        except Unusable as error:
            yield Rejection(shown(name), shown(name), error.reason, error.detail)
            continue
        notes, time = picture.notes, None
        try:
            time = time_of_picture(name, picture.taken, reading.date_pattern)
        except dates.BadClock as error:
            notes = (*notes, "bad_clock")
            bad_clocks.append(f"{name} ({error})")
        else:
            undated += [name] if time is None else []
        yield Roi(name, name, 0, 0, picture.pixels, timestamp=time, notes=notes)
    if bad_clocks:
        text = f"images without a date, as their clock was wrong: {len(bad_clocks)}"
        yield Flag("bad_clock", f"{text}, such as {bad_clocks[0]}")
    if undated and reading.date_pattern is not None:
        text = f"images to which neither date_pattern nor EXIF data give a date: {len(undated)}"
        yield Flag("date_pattern_fails", f"{text}, such as {undated[0]}")


def _require_contrast(pixels: "npt.NDArray[np.uint8]") -> None:
    """Refuse a picture of one colour: the camera or a copy failed, there is no organism in it."""
    # Too small a crop is refused for that. Nearly all differ in their first and middle row.
    if min(pixels.shape[:2]) < MIN_SIDE or (pixels[0] != pixels[len(pixels) // 2]).any():
        return
    if (pixels == pixels[0, 0]).all():
        raise Unusable("flat", f"all pixels have the value {pixels[0, 0]}")
