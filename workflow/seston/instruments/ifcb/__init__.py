"""Imaging FlowCytobot (IFCB): a bin of three files, `.adc`, `.hdr` and `.roi`.

The `.adc` lists the targets, the `.roi` holds their images one after another
(8 bits, grey), the `.hdr` says how the bin was taken. The sample's path is any
of the three, or their common name. A bin with a part missing or cut off is
still a sample: what of it cannot be read becomes rejections and flags.

The tools of the field do not serve here: pyifcb is not on PyPI, and libifcb
0.8.1 reads neither the bins of instruments 1 to 6 nor images at the left border
of the frame, and computes no volume.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from seston.errors import SestonError
from seston.instruments import folders
from seston.instruments.contract import Effort, Found, Reading
from seston.instruments.ifcb.bin import SUFFIXES, date_of_name, find_bin
from seston.instruments.ifcb.hdr import read_header

#: A folder holds many bins: only the files of one are read.
RECURSIVE = False


def check(path: Path) -> None:
    """Refuse a path without any file of a bin; a bin with a part missing is none of those."""
    if path.is_dir():
        raise SestonError(
            f"{path}: found a folder, expected the .adc of one IFCB bin;"
            f" python -m seston samples {path} lists the bins in it"
        )
    folders.require_own(path, "ifcb")
    if len(find_bin(path).missing) == len(SUFFIXES):
        raise SestonError(
            f"{path}: no such IFCB bin; expected a file that ends in {', '.join(SUFFIXES)}"
        )


def one_path(path: Path) -> Path:
    """Return one and the same path for a bin, by whichever of its files it is given."""
    files = find_bin(path)
    there = next((file for file in (files.adc, files.hdr, files.roi) if file is not None), path)
    return there.resolve()


def date(path: Path) -> datetime | None:
    """Return when the bin was begun (UTC), by its name, else by its header."""
    if named := date_of_name(path.name):
        return named
    hdr = find_bin(path).hdr
    try:
        return read_header(hdr).time if hdr else None
    except SestonError:  # `read` tells it
        return None


def inventory(path: Path) -> list[str]:
    """Return names and sizes of the bin's files, sorted."""
    files = find_bin(path)
    there = [file for file in (files.adc, files.hdr, files.roi) if file is not None]
    return sorted(f"{file.name} {file.stat().st_size}" for file in there)


def read(path: Path, reading: Reading) -> tuple[Effort, Iterator[Found]]:
    """Return effort and organisms of a bin.

    An organism's number (`roi`) is its row in the `.adc`, from 1, in five
    digits, as everywhere in the field; one that was joined from several boxes
    has that of the first, the note ``stitched``, and in what was recorded,
    under ``stitched``, the other rows with their boxes. `x` and `y` are places
    in the camera's frame, whose size no file tells: only its left and upper
    border are known for `at_border`.

    Listed are organisms: rows with an image, the boxes of one organism as one.
    A trigger without an image is no organism; `Effort.frames` counts triggers.

    Rejections: ``bad_row``, ``too_large``, ``roi_missing``, ``roi_unreadable``,
    ``roi_truncated``; and, as one row named after the bin, ``adc_missing``,
    ``adc_unreadable`` and ``nothing_recorded`` (all files are empty).
    """
    from seston.instruments.ifcb.account import read_account, what_was_lost
    from seston.instruments.ifcb.cut import cut
    from seston.instruments.ifcb.effort import effort_of
    from seston.instruments.ifcb.stitch import group

    account = read_account(find_bin(path))
    if lost := what_was_lost(account):
        return effort_of(account, 1, reading.pixel_um), iter([lost])
    listed = [row for row in account.rows if row.has_image or row.problem]
    organisms = group(listed) if account.version == 1 else [[row] for row in listed]
    effort = effort_of(account, len(organisms), reading.pixel_um)
    return effort, cut(account, organisms, reading.max_pixels)
