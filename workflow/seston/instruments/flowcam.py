"""FlowCam (VisualSpreadsheet): a list of particles, and collages to cut them from."""

import logging
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from seston.errors import SestonError
from seston.instruments import Effort, Rejection, Roi
from seston.instruments.ctx import Context, read_context
from seston.instruments.dates import parse_datetime
from seston.instruments.lst import Row, is_list, read_list

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

log = logging.getLogger("seston")

_VOLUME_TOLERANCE = 0.01
_PRINTED_TO = 0.00005  # VisualSpreadsheet prints mL to 4 decimals


def list_of(path: Path) -> Path:
    """Return the list of a run, given its folder or the list itself."""
    if path.is_file():
        if is_list(path):
            return path
        raise SestonError(f"{path}: not a FlowCam list of format 017 or later")
    lists = sorted(path.glob("*.lst"))
    good = [file for file in lists if is_list(file)]
    if len(good) == 1:
        return good[0]
    if not lists:
        raise SestonError(f"{path}: no .lst file in the folder; give the folder of one FlowCam run")
    names = ", ".join(file.name for file in good or lists)
    if good:
        raise SestonError(f"{path}: {len(good)} lists ({names}); give the path of one of them")
    raise SestonError(
        f"{path}: {names} is not of format 017 or later;"
        " lists of VisualSpreadsheet before version 3 cannot be read yet"
    )


def raw_files(path: Path) -> list[Path]:
    """Return the files of the run, sorted by name."""
    folder = list_of(path).parent
    return sorted(file for file in folder.iterdir() if not file.name.startswith("."))


def date(path: Path) -> datetime | None:
    """Return the start of the run (`.ctx`), else the time of the first particle."""
    file = list_of(path)
    start = _context(file).start
    if start is not None:
        return start
    return next((time for row in read_list(file) if (time := _time(row))), None)


def read(path: Path, max_pixels: int) -> tuple[Effort, Iterator[Roi | Rejection]]:
    """Return effort and particles of a run.

    Rejections: ``bad_row``, ``outside_root``, ``collage_missing``,
    ``collage_unreadable``, ``too_large``, ``outside_collage``.
    """
    file = list_of(path)
    rows = list(read_list(file))
    return _effort(rows, _context(file)), _particles(file.parent, rows, max_pixels)


def _context(file: Path) -> Context:
    """Read what lies beside the list under its name, or alone under another."""

    def beside(suffix: str) -> Path | None:
        named = file.with_name(file.stem + suffix)
        if named.is_file():
            return named
        others = sorted(file.parent.glob(f"*{suffix}"))
        return others[0] if len(others) == 1 else None

    return read_context(beside(".ctx"), beside("_run_summary.txt"))


def _effort(rows: list[Row], context: Context) -> Effort:
    warnings = list(context.problems)
    volume, stated = context.volume_ml, context.stated_volume_ml
    source = "ctx" if volume is not None else None
    if volume is None and stated:
        volume, source = stated, "run_summary"
    elif volume is not None and stated:
        allowed = max(_VOLUME_TOLERANCE * stated, _PRINTED_TO)
        if abs(volume - stated) > allowed:
            warnings.append(
                f"volume imaged is {volume:.4f} mL by the .ctx and {stated:.4f} mL by the run summary"
            )
    if context.stated_count is not None and context.stated_count != len(rows):
        warnings.append(
            f"the run summary counts {context.stated_count} particles, the list has {len(rows)}:"
            " an edited run"
        )
    if context.run_mode == "Trigger":
        warnings.append(
            "Trigger mode: frames without a particle were not kept,"
            " so the volume is too small and concentrations are too high"
        )
    first = next((time for row in rows if (time := _time(row))), None)
    if context.start and first and abs(context.start - first).total_seconds() >= 1800:
        warnings.append(
            f"the run started {context.start} by the .ctx, its first particle is of {first}:"
            " clocks of different time zones?"
        )
    untimed = sum(_time(row) is None for row in rows)
    if untimed:
        warnings.append(f"{untimed} particles without a readable time")
    scales = {row.values.get("cal_const") for row in rows if row.values} - {None}
    return Effort(
        listed=len(rows),
        volume_ml=volume,
        volume_source=source,
        dilution=context.dilution,
        pixel_um=context.pixel_um or (_number(scales.pop()) if len(scales) == 1 else None),
        run_mode=context.run_mode,
        warnings=tuple(warnings),
    )


def _particles(folder: Path, rows: list[Row], max_pixels: int) -> Iterator[Roi | Rejection]:
    """Open each collage once, in the order of the list."""
    seen: set[str] = set()
    collages: dict[str, list[tuple[str, dict[str, str]]]] = {}
    for row in rows:
        problem = _problem(row, seen)
        if problem is not None:
            yield problem
        elif row.values is not None:
            particle = (_roi(row.values["id"]), row.values)
            seen.add(particle[0])
            collages.setdefault(row.values["collage_file"], []).append(particle)
    for name, particles in collages.items():
        yield from _cut(folder, name, particles, max_pixels)


def _problem(row: Row, seen: set[str]) -> Rejection | None:
    line = f"line-{row.line}"
    if row.values is None:
        return Rejection(line, "", "bad_row", f"line {row.line}: {row.found} values")
    try:
        roi = _roi(row.values["id"])
        width, height = int(row.values["image_w"]), int(row.values["image_h"])
        int(row.values["image_x"]), int(row.values["image_y"])
    except ValueError as error:
        return Rejection(line, row.values["collage_file"], "bad_row", f"line {row.line}: {error}")
    if width < 1 or height < 1:
        return Rejection(roi, row.values["collage_file"], "bad_row", f"box of {width} x {height} px")
    if roi in seen:
        return Rejection(line, row.values["collage_file"], "bad_row", f"line {row.line}: id {roi} again")
    return None


def _cut(
    folder: Path, name: str, particles: list[tuple[str, dict[str, str]]], max_pixels: int
) -> Iterator[Roi | Rejection]:
    from seston.instruments.pixels import Unusable, read_image

    path = folder / name
    reason, detail = "", ""
    if not name or "/" in name or "\\" in name or not path.resolve().is_relative_to(folder.resolve()):
        reason, detail = "outside_root", "a collage must lie in the folder of its run"
    elif not path.exists():
        reason, detail = "collage_missing", "no such file in the folder of the run"
    else:
        try:
            collage = read_image(path, max_pixels)
        except Unusable as error:
            large = error.reason == "too_large"
            reason, detail = "too_large" if large else "collage_unreadable", str(error)
    if reason:
        yield from (Rejection(roi, name, reason, detail) for roi, _ in particles)
        return
    mask = _mask(path, collage.shape[:2], max_pixels)
    height, width = collage.shape[:2]
    for roi, values in particles:
        x, y, w, h = (int(values[f"image_{key}"]) for key in "xywh")
        if x < 0 or y < 0 or x + w > width or y + h > height:
            detail = f"box {x},{y},{w},{h} in a collage of {width} x {height} px"
            yield Rejection(roi, name, "outside_collage", detail)
            continue
        box = (slice(y, y + h), slice(x, x + w))
        yield Roi(
            roi=roi,
            frame=name,
            x=x,
            y=y,
            pixels=collage[box],
            timestamp=_parse_time(values.get("timestamp", "")),
            mask=None if mask is None else mask[box],
            mask_source=None if mask is None else "bin",
            pixel_um=_number(values.get("cal_const")),
            columns={
                "vs_esd_um": _number(values.get("esd_diameter")),
                "vs_abd_um": _number(values.get("abd_diameter")),
            },
        )


def _mask(
    collage: Path, shape: tuple[int, ...], max_pixels: int
) -> "npt.NDArray[np.bool_] | None":
    """Return the mask beside a collage, if it is there and fits."""
    from seston.instruments.pixels import Unusable, read_image

    path = collage.with_name(f"{collage.stem}_bin{collage.suffix}")
    if not path.exists():
        return None
    try:
        mask = read_image(path, max_pixels)
    except Unusable as error:
        log.warning("%s: mask not used, %s", path.name, error)
        return None
    if mask.shape != shape:
        log.warning("%s: mask not used, its size is not that of the collage", path.name)
        return None
    return mask > 0


def _roi(number: str) -> str:
    """Six digits, so that the order of the names is the order of the run."""
    return f"{int(number):06d}"


def _time(row: Row) -> datetime | None:
    return _parse_time(row.values.get("timestamp", "")) if row.values else None


def _parse_time(text: str) -> datetime | None:
    try:
        return parse_datetime(text)
    except ValueError:
        return None


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
