"""FlowCam's account of a run: `.ctx` (settings, INI) and `_run_summary.txt`."""

import configparser
import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from seston.errors import SestonError
from seston.instruments.dates import parse_datetime

_MICRONS3_PER_ML = 1e12


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

    def number(key: str) -> float | None:
        text = values.get(key, "")
        try:
            return float(text) if text else None
        except ValueError:
            problems.append(f".ctx: {key}={text} is not a number")
            return None

    start = None
    if text := values.get("runstarttime"):
        try:
            start = parse_datetime(text)
        except ValueError:
            problems.append(f".ctx: RunStartTime={text} is not a date")
    region = [
        number(key)
        for key in (
            "acceptableleft", "acceptableright", "acceptabletop", "acceptablebottom",
            "calibrationconstant", "flowcelldepth", "rawimagetotal",
        )
    ]  # fmt: skip
    factor = number("volumecf")
    known = [value for value in (*region, 1.0 if factor is None else factor) if value is not None]
    volume = volume_imaged(*known) if len(known) == len(region) + 1 else None
    mode = {"1": "AutoImage", "0": "Trigger"}.get(values.get("autotrigger", ""))
    return Context(
        start=start,
        pixel_um=number("calibrationconstant"),
        dilution=number("sampledilution") if values.get("usedilutioncalculation") == "1" else None,
        run_mode=stated.get("mode") or mode,
        volume_ml=volume if volume and volume > 0 else None,
        stated_volume_ml=_leading_number(stated.get("fluid volume imaged")),
        stated_count=_leading_count(stated.get("particle count")),
        problems=tuple(problems),
    )


def _read_ini(path: Path) -> dict[str, str]:
    """Return key -> value with keys in lower case, all sections in one.

    The keys that are asked for occur in one section each.
    """
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(path.read_text(encoding="latin-1"))
    except (configparser.Error, OSError) as error:
        raise SestonError(
            f"{path}: not a readable FlowCam context ({str(error).splitlines()[0]});"
            " copy it again from the instrument, or delete it and give datetime, volume_ml"
            " and pixel_um in the sample sheet"
        ) from error
    return {
        key: value.strip()
        for section in parser.sections()
        for key, value in parser[section].items()
    }


def _read_summary(path: Path) -> dict[str, str]:
    """Return key -> value with keys in lower case; the first of a repeated key counts."""
    try:
        text = path.read_text(encoding="latin-1")
    except OSError as error:
        raise SestonError(f"{path}: the run summary cannot be read ({error.strerror})") from error
    values: dict[str, str] = {}
    for line in text.splitlines():
        key, _, value = line.strip().partition(":")
        values.setdefault(key.lower(), value.strip())
    return values


def _leading_number(text: str | None) -> float | None:
    found = re.match(r"\d+(\.\d+)?", text or "")
    return float(found[0]) if found else None


def _leading_count(text: str | None) -> int | None:
    number = _leading_number(text)
    return None if number is None else int(number)
