"""FlowCam (VisualSpreadsheet): a list of particles, and collages to cut them from.

Masks are VisualSpreadsheet's own, from the first of these that a particle has:
the binary collage (``bin``; its area is the list's ``raw_area``), or the
outlines (``outline``; holes are filled: ``raw_filled_area``). Where neither is
there, `Roi.background` is the same place of the calibration image.
"""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from seston.errors import SestonError
from seston.instruments.contract import Effort, Flag, Found, Reading
from seston.instruments.flowcam.classes import Classes, are_of_another_list, label_of, read_classes
from seston.instruments.flowcam.ctx import Context, read_context
from seston.instruments.flowcam.effort import Listed, effort_of
from seston.instruments.flowcam.lst import check_head, read_list
from seston.instruments.flowcam.run_files import beside, list_of

if TYPE_CHECKING:
    from seston.instruments.flowcam.fringe import Sizes
    from seston.instruments.flowcam.outlines import Outlines

#: A folder may hold other runs: only what lies directly in it is read.
RECURSIVE = False

# What is read, or decides what is read; raw frames of the camera are not.
_READ = (
    ".lst", ".ctx", ".edg", ".cla", "_run_summary.txt", ".tif", ".tiff", ".png", ".jpg", ".jpeg",
)  # fmt: skip
_NOT_READ = (".", "rawfile_")


def check(path: Path) -> None:
    """Refuse a path without exactly one list, and a list with a damaged head."""
    check_head(list_of(path))


def date(path: Path) -> datetime | None:
    """Return the start of the run (`.ctx`), else the time of the first particle."""
    file = list_of(path)
    start = _context(file).start
    return start or next((row.time for row in read_list(file).rows if row.time), None)


def one_path(path: Path) -> Path:
    """Return the path without links: a folder and a list in it may be two runs."""
    return path.resolve()


def inventory(path: Path) -> list[str]:
    """Return names and sizes of what is read in the run's folder, sorted."""
    # One question to the file server per file: a run may have hundreds of collages.
    with os.scandir(path if path.is_dir() else path.parent) as entries:
        return sorted(
            f"{entry.name} {entry.stat().st_size}"
            for entry in entries
            if entry.name.lower().endswith(_READ)
            and not entry.name.startswith(_NOT_READ)
            and entry.is_file()
        )


def read(path: Path, reading: Reading) -> tuple[Effort, Iterator[Found]]:
    """Return effort and particles of a run.

    A particle's number (`roi`) is its id in the list, with six digits, so that
    the order of the names is the order of the run. Rejections: ``bad_row``,
    ``outside_root``, ``collage_missing``, ``collage_unreadable``,
    ``too_large``, ``outside_collage``. Notes: ``no_outline`` and
    ``outline_unusable`` where a run has outlines and this particle has none
    that fits, ``area_mismatch`` where a mask has not the area of the list,
    ``several_classes`` where the run's classifications differ,
    ``bad_number`` where a value of the list is no number and was left out.
    """
    from seston.instruments.flowcam.cut import Beside, cut
    from seston.instruments.flowcam.fringe import sizes_of
    from seston.instruments.flowcam.pictures import Pictures

    file = list_of(path)
    listing = read_list(file)
    listed = Listed(listing.fields, list(listing.rows), listing.stated)
    context = _context(file)
    sizes = sizes_of(listed.rows)
    outlines, outline_flags = _outlines(file)
    classes, class_flags = _classes(file, listed)
    effort = effort_of(listed, context, reading.pixel_um)
    flags = (*effort.flags, *_size_flags(sizes, listed), *outline_flags, *class_flags)
    return replace(effort, flags=flags), cut(
        listed.rows,
        sizes.columns,
        Beside(outlines, classes, context.frame_size),
        Pictures(file.parent, reading.max_pixels),
    )


def _context(file: Path) -> Context:
    return read_context(beside(file, ".ctx"), beside(file, "_run_summary.txt"))


def _size_flags(sizes: "Sizes", listed: Listed) -> list[Flag]:
    flags = []
    if sizes.different:
        told = (
            f"{sizes.different} of {len(listed.rows)} particles with a size (vs_...) that does not"
            " follow from their raw values; kept as the list states it"
        )
        flags.append(Flag("size_mismatch", told))
    if sizes.impossible:
        told = (
            f"{sizes.impossible} of {len(listed.rows)} particles with a size (vs_...) below 0 or"
            " beyond a kilometre, taken as unknown"
        )
        flags.append(Flag("bad_number", told))
    if sizes.computed:
        told = (
            f"{sizes.computed} of {len(listed.rows)} particles with a size (vs_...) that the list"
            " lacks; computed from their raw values"
        )
        flags.append(Flag("sizes_computed", told))
    if listed.rows and listed.stated is not None:
        told = "a list of an old format: its own sizes (vs_...) contain the fringe of the picture"
        flags.append(Flag("no_fringe", told))
    return flags


def _outlines(file: Path) -> "tuple[Outlines | None, list[Flag]]":
    from seston.instruments.flowcam.outlines import read_outlines

    path = beside(file, ".edg")
    if path is None:
        return None, []
    try:
        outlines = read_outlines(path)
    except SestonError as error:
        return None, [Flag("outlines_unreadable", str(error))]
    if not outlines.unreadable:
        return outlines, []
    told = (
        f"{len(outlines.unreadable)} outlines of {path.name} cannot be read,"
        f" the first in line {outlines.unreadable[0]}"
    )
    return outlines, [Flag("outlines_unreadable", told)]


def _classes(file: Path, listed: Listed) -> tuple[Classes, list[Flag]]:
    path = beside(file, ".cla")
    if path is None:
        return {}, []
    try:
        classes = read_classes(path)
    except SestonError as error:
        return {}, [Flag("classes_unreadable", f"no labels: {error}")]
    ids = {int(number) for row in listed.rows if (number := row.number("id")) is not None}
    if are_of_another_list(classes, ids):
        strangers = sum(identity not in ids for identity in classes)
        told = (
            f"no labels: {strangers} of {len(classes)} particles in {path.name} are not in the"
            " list, which was counted anew since"
        )
        return {}, [Flag("classes_of_another_list", told)]
    several = sum(identity in ids and label_of(each) is None for identity, each in classes.items())
    if not several:
        return classes, []
    told = f"{several} particles in several classes of {path.name}: without a label"
    return classes, [Flag("several_classes", told)]
