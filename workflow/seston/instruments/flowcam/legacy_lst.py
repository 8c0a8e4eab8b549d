"""FlowCam's lists before format 017: values by position, parted by colons, without names.

Two header lines (the format, such as ``013``, and the number of particles),
then one line per particle. FlowCAM II (VisualSpreadsheet 1.5) wrote 44
values, FlowCAM III (VisualSpreadsheet 2) 47, among them a time that is itself
parted by colons. Fields get the names of format 017.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import chain, islice
from pathlib import Path

from seston.errors import SestonError
from seston.instruments.flowcam.list_rows import Fields, ParticleList, Row

_SIZES = (
    "id cal_const raw_area raw_feret_max raw_feret_min raw_feret_mean raw_perimeter"
    " raw_convex_perimeter abd_area abd_diameter length width esd_diameter perimeter"
    " convex_perimeter intensity sigma_intensity compactness elongation sum_intensity roughness"
    " feret_max_angle"
)
_LIGHT = (
    " avg_red avg_green avg_blue ppc ch1_peak ch1_width ch2_peak ch2_width ch3_peak ch3_width"
    " ch4_peak ch4_width collage_file image_x image_y image_w image_h src_x src_y"
)
_CLOCK = ("high_u32", "low_u32")
#: FlowCAM II, and the time that its two clock values make.
TWO = (*(_SIZES + _LIGHT).split(), *_CLOCK, "total", "timestamp")
#: FlowCAM III; the time is whatever lies between the fields beside it.
THREE = (
    *(_SIZES + " feret_min_angle" + _LIGHT + " edge_gradient").split(),
    "timestamp", "src_image", "cal_image",
)  # fmt: skip
# Fields that are no numbers.
_TEXT = frozenset({"collage_file", "timestamp", *_CLOCK})

TRIED = 50  # lines from which the dialect is told
# Windows counts 0.1 µs since 1601.
_WINDOWS_EPOCH = datetime(1601, 1, 1)
_TIME = THREE.index("timestamp")


def is_row(text: str) -> bool:
    """Say whether a line has as many values as a particle of a known dialect."""
    return _names_of(text.count(":") + 1) is not None


def read_legacy(path: Path, lines: Iterator[str]) -> ParticleList:
    """Read a list of which the first line, the format, is taken from the lines already.

    Raises
    ------
    SestonError
        If the second line is no number, or no particle has the width of a known dialect.
    """
    stated = next(lines, "").strip()
    head = list(islice(lines, TRIED))
    widths = Counter(text.count(":") + 1 for text in head if is_row(text))
    if not re.fullmatch("[0-9]{1,9}", stated) or (
        not widths and any(text.strip() for text in head)
    ):
        raise SestonError(
            f"{path}: neither num-fields|N in line 2 (format 017) nor particles of 44 or 47 values"
            " parted by ':' (formats before it); copy the list again from the instrument"
        )
    width = widths.most_common(1)[0][0] if widths else len(TWO) - 1
    names = _names_of(width) or TWO
    fields = Fields(names, tuple("string" if name in _TEXT else "double" for name in names))
    return ParticleList(fields, int(stated), _rows(chain(head, lines), fields, width))


def _rows(lines: Iterable[str], fields: Fields, width: int) -> Iterator[Row]:
    for number, text in enumerate(lines, start=3):
        if not text.strip():
            continue
        found = text.count(":") + 1
        yield Row(number, _part(text.rstrip(), fields) if found == width else [], found, fields)


def _names_of(width: int) -> tuple[str, ...] | None:
    if width == len(TWO) - 1:
        return TWO
    # The time: one value, as a date alone, to three (hours, minutes, seconds); 47 is with two.
    return THREE if len(THREE) <= width <= len(THREE) + 2 else None


def _part(text: str, fields: Fields) -> list[str]:
    values = text.split(":")
    if fields.names == TWO:
        return [*values, _windows_time(*values[-3:-1])]
    end = _TIME + 1 + len(values) - len(THREE)
    return [*values[:_TIME], ":".join(values[_TIME:end]), *values[end:]]


def _windows_time(high: str, low: str) -> str:
    """Return an ISO time from the two halves of a Windows clock, or nothing."""
    try:
        ticks = (int(high.rstrip("lL")) << 32) + int(low.rstrip("lL"))
        return (_WINDOWS_EPOCH + timedelta(microseconds=ticks // 10)).isoformat()
    except (ValueError, OverflowError):
        return ""
