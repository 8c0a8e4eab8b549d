"""FlowCam's account of a run: `.ctx` (settings, INI) and `_run_summary.txt`."""

import math
import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from seston.errors import SestonError
from seston.instruments.dates import parse_datetime
from seston.instruments.text import read_lines

_MICRONS3_PER_ML = 1e12
#: A number in the run summary, with or without a unit: not 0,0421 and not 3,000.
_PLAIN = re.compile(r"(\d+(?:\.\d+)?)\s*(?:[^\W\d_]+(?:\s.*)?)?")


@dataclass(frozen=True)
class Context:
    """What the run's own files say; None where they say nothing."""

    start: datetime | None = None
    pixel_um: float | None = None
    dilution: float | None = None
    run_mode: str | None = None
    volume_ml: float | None = None
    stated_volume_ml: float | None = None  # as VisualSpreadsheet printed it, 4 decimals
    stated_count: int | None = None
    problems: tuple[str, ...] = field(default=())


def volume_imaged(
    left: float, right: float, top: float, bottom: float, pixel_um: float, depth_um: float,
    images: float, factor: float,
) -> float:  # fmt: skip
    """Return the fluid volume that the camera saw, in mL.

    VisualSpreadsheet's own formula: the acceptable region (its edges are
    inclusive, in px) times the depth of the flow cell, times *all* images of
    the run, used or not, times the volume correction factor.
    """
    area = (right - left + 1) * pixel_um * (bottom - top + 1) * pixel_um
    return area * depth_um / _MICRONS3_PER_ML * images * factor


def read_context(ctx: Path | None, summary: Path | None) -> Context:
    """Read both files; either may be absent."""
    values = _read_ini(ctx) if ctx else {}
    stated = _read_summary(summary) if summary else {}
    problems: list[str] = []
    if ctx and not values:
        problems.append(f"{ctx.name} says nothing")

    def number(key: str) -> float | None:
        text = values.get(key, "")
        try:
            value = float(text) if text else None
        except ValueError:
            value = math.nan
        if value is None or math.isfinite(value):
            return value
        problems.append(f".ctx: {key}={text} is not a number")
        return None

    def plain(key: str) -> float | None:
        text = stated.get(key, "")
        found = _PLAIN.fullmatch(text)
        if text and not found:
            problems.append(f"run summary: {key} {text!r} is not a plain number, so not used")
        return float(found[1]) if found else None

    start = None
    if text := values.get("runstarttime"):
        try:
            start = parse_datetime(text)
        except ValueError:
            problems.append(f".ctx: RunStartTime={text} is not a date")
    edges = ("acceptableleft", "acceptableright", "acceptabletop", "acceptablebottom")
    pixel_um = number("calibrationconstant")
    region = [
        *map(number, edges), pixel_um, number("flowcelldepth"), number("rawimagetotal"),
        number("volumecf") if values.get("volumecf") else 1.0,
    ]  # fmt: skip
    known = [value for value in region if value is not None]
    volume = volume_imaged(*known) if len(known) == len(region) else None
    count = plain("particle count")
    mode = {"1": "AutoImage", "0": "Trigger"}.get(values.get("autotrigger", ""))
    return Context(
        start=start,
        pixel_um=pixel_um,
        dilution=number("sampledilution") if values.get("usedilutioncalculation") == "1" else None,
        run_mode=stated.get("mode") or mode,
        volume_ml=volume if volume and volume > 0 else None,
        stated_volume_ml=plain("fluid volume imaged"),
        stated_count=None if count is None else int(count),
        problems=tuple(problems),
    )


def _read_ini(path: Path) -> dict[str, str]:
    """Return key -> value with keys in lower case, all sections in one.

    The keys that are asked for occur in one section each. Lines without ``=``
    are sections, or further lines of a note.
    """
    values: dict[str, str] = {}
    within = False
    for number, line in enumerate(read_lines(path, "context"), start=1):
        text = line.strip()
        if text and not within:
            if not re.fullmatch(r"\[.+\]", text):
                raise SestonError(
                    f"{path}, line {number}: found {text[:40]!r}, expected a [section] of a FlowCam"
                    " context; copy the file again from the instrument. If it is so there too,"
                    f" rename it (such as {path.name}.damaged) and give datetime, volume_ml and"
                    " pixel_um in the sample sheet"
                )
            within = True
        key, sign, value = text.partition("=")
        if sign:
            values[key.strip().lower()] = value.strip()
    return values


def _read_summary(path: Path) -> dict[str, str]:
    """Return key -> value with keys in lower case; the first of a repeated key counts."""
    values: dict[str, str] = {}
    for line in read_lines(path, "run summary"):
        key, _, value = line.strip().partition(":")
        values.setdefault(key.lower(), value.strip())
    return values
