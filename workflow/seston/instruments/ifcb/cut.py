"""Organisms out of the `.roi` of an IFCB bin: 8-bit grey images, each where its row says."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from seston.imaging.crop_mask import crop_mask
from seston.instruments.contract import Rejection, Roi
from seston.instruments.ifcb.account import Account
from seston.instruments.ifcb.adc import Target
from seston.instruments.ifcb.stitch import canvas, join
from seston.instruments.unusable import Unusable

# When a target was seen, seconds from the start of the bin; negative after midnight.
_SEEN = {1: "frameGrabTime", 2: "ADCtime"}
_DAY_S = 86400


def cut(
    account: Account, organisms: Iterable[Sequence[Target]], max_pixels: int
) -> Iterator[Roi | Rejection]:
    """Cut organisms out of the images of a bin.

    Parameters
    ----------
    account : Account
    organisms : iterable of sequence of Target
        The box of an organism, or the boxes that are joined to one.
    max_pixels : int
        Larger ones are rejected without being read.
    """
    frame = f"{account.files.name}.roi"
    try:
        file = _open(account.files.roi)
    except Unusable as error:
        for parts in organisms:
            yield Rejection(parts[0].roi, frame, error.reason, error.detail)
        return
    with file:
        for parts in organisms:
            try:
                found: Roi | Rejection = _organism(account, frame, file, parts, max_pixels)
            except Unusable as error:
                found = Rejection(parts[0].roi, frame, error.reason, error.detail)
            yield found


def _open(path: Path | None) -> BinaryIO:
    if path is None:
        raise Unusable("roi_missing", "no .roi beside the .adc")
    try:
        return path.open("rb")
    except OSError as error:
        raise Unusable("roi_unreadable", error.strerror or str(error)) from error


def _organism(
    account: Account, frame: str, file: BinaryIO, parts: Sequence[Target], max_pixels: int
) -> Roi:
    first = parts[0]
    if first.problem:
        raise Unusable("bad_row", f"row {first.number}: {first.problem}")
    x, y, width, height = canvas(parts)
    if width * height > max_pixels:
        size = f"{width} x {height} px"
        raise Unusable("too_large", f"{size}, more than max_pixels {max_pixels}")
    images = [_image(file, part, account.roi_size or 0) for part in parts]
    roi = Roi(
        roi=first.roi,
        frame=frame,
        x=x,
        y=y,
        pixels=images[0],
        timestamp=_time(account.start, first.value(_SEEN[account.version])),
        alone=True,
        at_border=x <= 0 or y <= 0,
        recorded=first.recorded,
    )
    return roi if len(parts) == 1 else _joined(roi, parts, images)


def _image(file: BinaryIO, part: Target, size: int) -> npt.NDArray[np.uint8]:
    length = part.width * part.height
    if part.end <= size:
        file.seek(part.start)
        data = file.read(length)
        if len(data) == length:
            return np.frombuffer(data, np.uint8).reshape(part.height, part.width)
    detail = f"bytes {part.start} to {part.end} of a file of {size}: copied whole?"
    raise Unusable("roi_truncated", detail)


def _joined(first: Roi, parts: Sequence[Target], images: Sequence[npt.NDArray[np.uint8]]) -> Roi:
    """Return the organism of several boxes, with a mask only where one of them shows it."""
    pixels, shown = join(parts, images)
    others = (f"{one.roi} at {one.x},{one.y} {one.width}x{one.height}" for one in parts[1:])
    return replace(
        first,
        pixels=pixels,
        mask=crop_mask(pixels, alone=True) & shown,
        mask_source="crop",
        notes=("stitched",),
        recorded={**first.recorded, "stitched": "; ".join(others)},
    )


def _time(start: datetime | None, seconds: float | None) -> datetime | None:
    if start is None or seconds is None or not abs(seconds) < _DAY_S:
        return None
    return start + timedelta(seconds=seconds % _DAY_S)
