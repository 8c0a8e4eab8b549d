"""Raw frames of a camera or scanner, each with many organisms: one file, or a folder of them."""

import posixpath
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path, PurePosixPath

from seston.errors import SestonError
from seston.instruments import dates, folders
from seston.instruments.contract import Effort, Flag, Found, Reading
from seston.instruments.names import is_image, shown

RECURSIVE = True


def check(path: Path) -> None:
    """Refuse anything but a picture or a readable folder, and the folder of a FlowCam run."""
    if not path.is_dir():
        if not is_image(path.name) or not path.is_file():
            raise SestonError(
                f"{path}: expected a frame (png, jpg, tif) or a folder of frames;"
                " unpack archives first"
            )
        return
    folders.require_no_run(path, "frames")


def date(path: Path) -> datetime | None:
    """Return the date in the name of the folder or file, else of the first frame that has one."""
    named = dates.date_in_name(path.name)
    if named is not None or not path.is_dir():
        return named
    names = (name for name in inventory(path) if not _is_background(name))
    dated = (dates.date_in_name(posixpath.basename(name)) for name in names)
    return next((date for date in dated if date is not None), None)


def _is_background(name: str, file: str = "background.png") -> bool:
    """Say whether a picture is named as that of an empty frame, in any case and format.

    As `file`, that of the settings; or, in any folder, ``background``.
    """
    found, expected = (PurePosixPath(one.casefold()).with_suffix("") for one in (name, file))
    return found == expected or found.name == "background"


def one_path(path: Path) -> Path:
    """Return the path without links."""
    return path.resolve()


def inventory(path: Path) -> list[str]:
    """Return the pictures below a folder; of a single frame itself and a background beside it.

    Without sizes, as there may be many, but for a single frame.
    """
    if path.is_dir():
        return folders.crops_below(path)[0]
    beside = (file for file in path.parent.iterdir() if _is_background(file.name))
    return [f"{file.name} {file.stat().st_size}" for file in sorted({path, *beside})]


def read(path: Path, reading: Reading) -> tuple[Effort, Iterator[Found]]:
    """Return how many frames there are, and an iterator over the organisms found in them.

    The frames of each folder, in the order of their names, are one series. An
    organism's number (`roi`) is the frame's path below the sample's folder and
    its place in raster order, from 1: ``day1/0003.png/00012``. Nothing lists
    the organisms, so what can not be used is whole frames: rejections have the
    frame's name as `roi` and the reasons ``bad_name``, ``outside_root``,
    ``background_size`` and those of `pixels.read_picture`. Notes: ``seen_before``
    and those of `images`. Archives inside are not entered.

    Raises
    ------
    SestonError
        If a folder inside cannot be read, or the picture of an empty frame cannot be used.
    """
    from seston.instruments.frames.files import empty_frame
    from seston.instruments.frames.found import organisms

    settings = reading.frames
    if path.is_dir():
        root = path
        names, nested = folders.crops_below(path)
        unused = [name for name in names if _is_background(name, settings.background_file)]
        names = sorted(set(names).difference(unused))
        unused = [name for name in unused if name != settings.background_file]
    else:
        root, names, nested, unused = path.parent, [path.name], [], []
    empty = None
    if settings.background in ("auto", "file"):
        empty = empty_frame(root / settings.background_file, reading)
    flags = folders.listing_flags(path, names, nested)
    if unused:
        text = (
            f"{shown(unused[0])} is not read: move it to {settings.background_file} in the sample's"
            " folder, or set segment.frames.background_file; if it is a frame, rename it"
        )
        flags.append(Flag("background_unused", text))
    if reading.pixel_um is None:
        text = (
            f"µm per pixel not known: organisms from {settings.min_esd_px:g} px of ESD were taken"
        )
        flags.append(Flag("no_pixel_size", text))
    effort = Effort(listed=None, frames=len(names), flags=tuple(flags))
    return effort, organisms(root, names, empty, reading)
