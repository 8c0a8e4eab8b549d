"""The particles of a FlowCam run, cut from its collages, with the best mask its files give."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from seston.instruments.contract import Found, Rejection, Roi
from seston.instruments.flowcam.classes import Classes, label_of
from seston.instruments.flowcam.list_rows import Row
from seston.instruments.flowcam.outlines import Outlines, enclosed
from seston.instruments.flowcam.pictures import Mask, Pictures, Pixels, like
from seston.instruments.unusable import Unusable

Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Particle:
    """A particle of the list: its id, its box in the collage (x, y, width, height), its sizes."""

    identity: int
    box: Box
    row: Row
    sizes: dict[str, float | None]

    @property
    def roi(self) -> str:
        """The id with six digits, so that names sort as the list does."""
        return f"{self.identity:06d}"


@dataclass(frozen=True)
class Beside:
    """What lies beside a list: outlines (None: no such file), classes, the camera's frame."""

    outlines: Outlines | None = None
    classes: Classes | None = None
    frame_size: tuple[int, int] | None = None  # width, height


def cut(
    rows: Sequence[Row],
    sizes: Sequence[dict[str, float | None]],
    beside: Beside,
    pictures: Pictures,
) -> Iterator[Found]:
    """Yield what is wrong with the list first, then cut, opening each collage once."""
    collages: dict[str, list[Particle]] = {}
    seen: set[int] = set()
    for row, size in zip(rows, sizes, strict=True):
        name = row.text("collage_file").strip()
        try:
            particle = Particle(*_place(row), row, size)
        except ValueError as error:
            yield Rejection(f"line-{row.line}", name, "bad_row", f"line {row.line}: {error}")
            continue
        if particle.identity in seen:
            detail = f"line {row.line}: particle {particle.roi} is listed again"
            yield Rejection(f"line-{row.line}", name, "repeated_row", detail)
            continue
        seen.add(particle.identity)
        collages.setdefault(name, []).append(particle)
    for name, particles in collages.items():
        yield from _cut_collage(name, particles, beside, pictures)
        yield from pictures.flags
        pictures.flags.clear()


def _place(row: Row) -> tuple[int, Box]:
    """Return id and box of a row; `ValueError` says what is wrong with it."""
    if not row.values:
        raise ValueError(f"{row.found} values, not one per field")
    identity, x, y, width, height = (
        _whole(row, name) for name in ("id", "image_x", "image_y", "image_w", "image_h")
    )
    if identity < 0:
        raise ValueError(f"id {identity}: expected 0 or more")
    if width < 1 or height < 1:
        raise ValueError(f"a box of {width} x {height} px")
    return identity, (x, y, width, height)


def _whole(row: Row, name: str) -> int:
    text = row.text(name)
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{name} {text.strip()!r}: expected a whole number") from None


def _cut_collage(
    name: str, particles: Sequence[Particle], beside: Beside, pictures: Pictures
) -> Iterator[Found]:
    try:
        collage = pictures.collage(name)
    except Unusable as error:
        kept = error.reason in ("outside_root", "collage_missing", "too_large")
        reason = error.reason if kept else "collage_unreadable"
        for particle in particles:
            detail = error.detail if reason == error.reason else str(error)
            yield Rejection(particle.roi, name, reason, detail)
        return
    height, width = collage.shape[:2]
    masks = pictures.mask(name, (height, width))
    for particle in particles:
        x, y, w, h = particle.box
        if x < 0 or y < 0 or x + w > width or y + h > height:
            detail = f"box {x},{y},{w},{h} in a collage of {width} x {height} px"
            yield Rejection(particle.roi, name, "outside_collage", detail)
            continue
        inside = (slice(y, y + h), slice(x, x + w))
        mask = None if masks is None or not masks[inside].any() else masks[inside]
        yield _roi(name, particle, collage[inside], mask, beside, pictures)


def _roi(
    name: str,
    particle: Particle,
    pixels: Pixels,
    mask: Mask | None,
    beside: Beside,
    pictures: Pictures,
) -> Roi:
    row = particle.row
    notes: list[str] = []
    source = None if mask is None else "bin"
    corner = _corner(row)
    if mask is None and beside.outlines is not None:
        lines = beside.outlines.of.get(particle.identity)
        if lines is not None and corner is not None:
            mask = enclosed(lines, *corner, pixels.shape[:2])
        if mask is None:
            notes.append("no_outline" if lines is None else "outline_unusable")
        else:
            source = "outline"
    if mask is not None and not _has_area(mask, row, source):
        notes.append("area_mismatch")
    background = None if corner is None else _background(row, corner, pixels, mask, pictures)
    classes = (beside.classes or {}).get(particle.identity, [])
    label = label_of(classes)
    if classes and label is None:
        notes.append("several_classes")
    recorded = row.recorded()
    if len(recorded) < len(row.values):
        notes.append("bad_number")
    if classes:
        recorded["classes"] = "; ".join(f"{one}: {each}" for one, each in classes)
    return Roi(
        roi=particle.roi,
        frame=name,
        x=particle.box[0],
        y=particle.box[1],
        pixels=pixels,
        timestamp=row.time,
        mask=mask,
        mask_source=source,
        background=background,
        at_border=_is_cut(mask, corner, beside.frame_size),
        pixel_um=row.pixel_um,
        label=label,
        notes=tuple(notes),
        columns=particle.sizes,
        recorded=recorded,
    )


def _has_area(mask: Mask, row: Row, source: str | None) -> bool:
    """Say whether a mask has the area that the list states, if it states one."""
    stated = row.number("raw_area" if source == "bin" else "raw_filled_area")
    return stated is None or stated == np.count_nonzero(mask)


def _corner(row: Row) -> tuple[int, int] | None:
    """Return where the box lies in the camera's frame (x, y), or None if the list is silent."""
    try:
        return int(row.text("src_x")), int(row.text("src_y"))
    except ValueError:
        return None


def _background(
    row: Row, corner: tuple[int, int], pixels: Pixels, mask: Mask | None, pictures: Pictures
) -> Pixels | None:
    number = row.number("cal_image")
    frame = None if number is None else pictures.empty_frame(int(number))
    if frame is None:
        return None
    (x, y), (height, width) = corner, pixels.shape[:2]
    place = frame[y : y + height, x : x + width] if min(x, y) >= 0 else frame[:0]
    if place.shape[:2] != (height, width):
        return None
    # To match the colours takes time, and beside a mask the background is not worth it.
    return place if place.ndim == pixels.ndim else like(place, pixels) if mask is None else None


def _is_cut(
    mask: Mask | None, corner: tuple[int, int] | None, frame: tuple[int, int] | None
) -> bool:
    """Say whether a particle touches the border of the camera's frame.

    Boxes do so often: their margin ends there. VisualSpreadsheet itself leaves
    out what touches the border of its region (none of 11,976 particles does).
    """
    if mask is None or corner is None:
        return False
    (x, y), (height, width) = corner, mask.shape
    sides = []
    if x <= 0:
        sides.append(mask[:, 0])
    if y <= 0:
        sides.append(mask[0])
    if frame is not None and x + width >= frame[0]:
        sides.append(mask[:, -1])
    if frame is not None and y + height >= frame[1]:
        sides.append(mask[-1])
    return any(side.any() for side in sides)
