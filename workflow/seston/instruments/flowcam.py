"""FlowCam (VisualSpreadsheet): a list of particles, and collages to cut them from."""

import logging
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from seston.errors import SestonError
from seston.instruments.contract import Effort, Rejection, Roi
from seston.instruments.flowcam_effort import effort_of, read_run_context
from seston.instruments.lst import Row, check_head, count_rows, is_list, read_list

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

log = logging.getLogger("seston")

#: A folder may hold other runs: only what lies directly in it is read.
RECURSIVE = False

# What is read, or decides what is read; the instrument's pictures for calibration are not.
_READ = (".lst", ".ctx", "_run_summary.txt", ".tif", ".tiff", ".png", ".jpg", ".jpeg")
_NOT_READ = (".", "cal_image")


def list_of(path: Path) -> Path:
    """Return the list of a run, given the run's folder or the list itself.

    Raises
    ------
    SestonError
        If there is no list of format 017, or more than one.
    """
    found = [path] if path.is_file() else sorted(path.glob("*.lst"))
    readable = [file for file in found if is_list(file)]
    if len(readable) == 1:
        return readable[0]
    if readable:
        names = ", ".join(file.name for file in readable)
        raise SestonError(f"{path}: {len(readable)} lists ({names}); give the path of one of them")
    if not found:
        raise SestonError(f"{path}: no .lst file; expected the folder of one FlowCam run")
    if found[0].is_file():  # a FIFO would wait for ever
        check_head(found[0])
    raise SestonError(
        f"{path}: {found[0].name} is not a FlowCam list of format 017 or later;"
        " those of VisualSpreadsheet before version 3 cannot be read"
    )


def check(path: Path) -> None:
    """Refuse a path without exactly one list."""
    list_of(path)


def date(path: Path) -> datetime | None:
    """Return the start of the run (`.ctx`), else the time of the first particle."""
    file = list_of(path)
    start = read_run_context(file).start
    return start or next((row.time for row in read_list(file) if row.time), None)


def inventory(path: Path) -> list[str]:
    """Return names and sizes of the lists, accounts and images in the run's folder, sorted."""
    return [
        f"{file.name} {file.stat().st_size}"
        for file in sorted(list_of(path).parent.iterdir())
        if file.name.lower().endswith(_READ)
        and not file.name.startswith(_NOT_READ)
        and file.is_file()
    ]


def count(path: Path) -> int:
    """Return how many particles the list has."""
    return count_rows(list_of(path))


def read(path: Path, max_pixels: int) -> tuple[Effort, Iterator[Roi | Rejection]]:
    """Return effort and particles of a run.

    A particle's number (`roi`) is its id in the list, with six digits, so that
    the order of the names is the order of the run. Rejections: ``bad_row``,
    ``outside_root``, ``collage_missing``, ``collage_unreadable``,
    ``too_large``, ``outside_collage``.
    """
    file = list_of(path)
    rows = list(read_list(file))
    return effort_of(rows, file), _particles(file.parent, rows, max_pixels)


def _particles(folder: Path, rows: list[Row], max_pixels: int) -> Iterator[Roi | Rejection]:
    """Yield what is wrong with the list first, then cut, opening each collage once."""
    collages: dict[str, dict[str, Row]] = {}
    seen: set[str] = set()
    for row in rows:
        problem = _problem(row)
        if problem is None and (roi := _roi(row)) in seen:
            problem = f"particle {roi} is listed again"
        if problem is not None:
            name = row.values.get("collage_file", "")
            yield Rejection(f"line-{row.line}", name, "bad_row", f"line {row.line}: {problem}")
            continue
        seen.add(roi)
        collages.setdefault(row.values["collage_file"], {})[roi] = row
    for name, particles in collages.items():
        yield from _cut(folder, name, particles, max_pixels)


def _problem(row: Row) -> str | None:
    if not row.values:
        return f"{row.found} values, not one per field"
    try:
        _roi(row)
        *_, width, height = _box(row)
    except ValueError as error:
        return str(error)
    return f"a box of {width} x {height} px" if width < 1 or height < 1 else None


def _roi(row: Row) -> str:
    return f"{_whole(row, 'id'):06d}"


def _box(row: Row) -> tuple[int, int, int, int]:
    x, y, width, height = (_whole(row, f"image_{key}") for key in "xywh")
    return x, y, width, height


def _whole(row: Row, field: str) -> int:
    try:
        return int(row.values[field])
    except ValueError:
        raise ValueError(f"{field} {row.values[field]!r}: expected a whole number") from None


def _cut(
    folder: Path, name: str, particles: dict[str, Row], max_pixels: int
) -> Iterator[Roi | Rejection]:
    opened = _open(folder, name, max_pixels)
    if isinstance(opened, Rejection):
        yield from (Rejection(roi, name, opened.reason, opened.detail) for roi in particles)
        return
    collage, mask = opened
    height, width = collage.shape[:2]
    for roi, row in particles.items():
        x, y, w, h = _box(row)
        if x < 0 or y < 0 or x + w > width or y + h > height:
            detail = f"box {x},{y},{w},{h} in a collage of {width} x {height} px"
            yield Rejection(roi, name, "outside_collage", detail)
            continue
        inside = (slice(y, y + h), slice(x, x + w))
        yield Roi(
            roi=roi,
            frame=name,
            x=x,
            y=y,
            pixels=collage[inside],
            timestamp=row.time,
            mask=None if mask is None else mask[inside],
            mask_source=None if mask is None else "bin",
            pixel_um=row.number("cal_const"),
            columns={
                "vs_esd_um": row.number("esd_diameter"),
                "vs_abd_um": row.number("abd_diameter"),
            },
        )


def _open(
    folder: Path, name: str, max_pixels: int
) -> "Rejection | tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_] | None]":
    """Return a collage and its mask, or why its particles cannot be cut out."""
    from seston.instruments.pixels import Unusable, read_image, read_mask

    path = folder / name
    plain = name and not {"/", "\\", "\0"} & set(name)
    if not plain or not path.resolve().is_relative_to(folder.resolve()):
        return Rejection("", name, "outside_root", "a collage lies in the folder of its run")
    if not path.exists():
        return Rejection("", name, "collage_missing", "no such file in the folder of the run")
    try:
        collage = read_image(path, max_pixels)
    except Unusable as error:
        reason = "too_large" if error.reason == "too_large" else "collage_unreadable"
        return Rejection("", name, reason, str(error))
    beside = path.with_name(f"{path.stem}_bin{path.suffix}")
    if not beside.exists():
        return collage, None
    try:
        return collage, read_mask(beside, collage.shape[:2], max_pixels)
    except Unusable as error:
        log.warning("%s: mask not used: %s", beside, error)
        return collage, None
