"""FlowCam's account of a run: `.ctx` (settings, INI) and `_run_summary.txt`."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from seston.errors import SestonError
from seston.instruments.contract import Flag
from seston.instruments.dates import parse_datetime
from seston.instruments.flowcam.list_rows import is_calibration
from seston.instruments.text import read_lines

_MICRONS3_PER_ML = 1e12
#: What exceeds this was damaged: counts of frames and particles, sizes in µm and px, mL.
_MOST = 1e9
#: A sample may be concentrated, but not without end: 0 would be no sample.
_LEAST_DILUTION = 1e-6
#: A number in the run summary, with or without a unit: not 0,0421 and not 3,000.
_PLAIN = re.compile(r"(\d+(?:\.\d+)?)\s*(?:[^\W\d_]+(?:\s.*)?)?")


@dataclass(frozen=True)
class Context:
    """What the run's own files say; None where they say nothing."""

    start: datetime | None = None
    stated_start: datetime | None = None  # by the run summary
    pixel_um: float | None = None
    dilution: float | None = None
    run_mode: str | None = None
    magnification: str | None = None
    frames: int | None = None
    frame_size: tuple[int, int] | None = None  # width, height of the camera's frame, pixels
    volume_ml: float | None = None  # by the formula, else as the context has it
    total_ml: float | None = None  # as VisualSpreadsheet 2 kept it in the context
    stated_volume_ml: float | None = None  # as VisualSpreadsheet printed it, 4 decimals
    stated_count: int | None = None
    problems: tuple[Flag, ...] = ()


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
    """Read both files; either may be absent.

    Names differ between versions: VisualSpreadsheet 1.5 may call the
    calibration ``CalibConstant`` and the mode ``AutoTriggerFlag``; 2 has
    ``VolumeCalibrationFactor`` for ``VolumeCF`` and may keep ``TotalVolumeML``.
    """
    values = _Values(_read_ini(ctx) if ctx else {})
    stated = _read_summary(summary) if summary else {}
    if ctx and not values.texts:
        values.problems.append(Flag("empty_context", f"{ctx.name} says nothing"))

    def plain(key: str) -> float | None:
        text = stated.get(key, "")
        found = _PLAIN.fullmatch(text)
        if found and float(found[1]) > _MOST:
            found = None
        if text and not found:
            told = f"run summary: {key} {text!r} is not a plain number, so not used"
            values.problems.append(Flag("bad_number", told))
        return float(found[1]) if found else None

    pixel_um = values.number("calibrationconstant", "calibconstant")
    if pixel_um is not None and not is_calibration(pixel_um):
        told = f".ctx: a calibration of {pixel_um:g} µm per pixel, taken as unknown"
        values.problems.append(Flag("bad_calibration", told))
        pixel_um = None
    images = values.number("rawimagetotal", least=0.0)
    total = values.number("totalvolumeml") or None
    width, height = values.number("imagewidth"), values.number("imageheight")
    count = plain("particle count")
    automatic = values.text("autotrigger", "autotriggerflag")
    camera = values.number("cameramagnification")
    if values.text("usemanualvolume") == "1":
        manual = values.text("manualvolumeml")
        told = f"a volume of {manual} mL was entered by hand; it is not used"
        values.problems.append(Flag("manual_volume", told))
    return Context(
        start=values.start(),
        stated_start=_stated_start(stated),
        pixel_um=pixel_um,
        dilution=values.number("sampledilution", least=_LEAST_DILUTION)
        if values.text("usedilutioncalculation") == "1"
        else None,
        run_mode=stated.get("mode") or {"1": "AutoImage", "0": "Trigger"}.get(automatic),
        magnification=stated.get("magnification") or (f"{camera:g}X" if camera else None),
        frames=None if images is None else int(images),
        frame_size=(int(width), int(height)) if width and height else None,
        volume_ml=_volume(values, pixel_um, images) or total,
        total_ml=total,
        stated_volume_ml=plain("fluid volume imaged"),
        stated_count=None if count is None else int(count),
        problems=tuple(values.problems),
    )


class _Values:
    """Values of a context by key in lower case, and what was wrong with them."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.texts = texts
        self.problems: list[Flag] = []

    def text(self, *keys: str) -> str:
        """Return the value of the first key that has one."""
        return next((self.texts[key] for key in keys if self.texts.get(key)), "")

    def number(self, *keys: str, least: float = -_MOST) -> float | None:
        """Return the value of the first key that has one, if it is a number that can be meant."""
        text = self.text(*keys)
        try:
            value = float(text) if text else None
        except ValueError:
            value = math.nan
        if value is None or least <= value <= _MOST:
            return value
        what = "no number that can be meant" if math.isfinite(value) else "not a number"
        told = f".ctx: {keys[0]}={text[:40]} is {what}"
        if Flag("bad_number", told) not in self.problems:
            self.problems.append(Flag("bad_number", told))
        return None

    def start(self) -> datetime | None:
        text = self.text("runstarttime")
        try:
            return parse_datetime(text) if text else None
        except ValueError:
            self.problems.append(Flag("bad_clock", f".ctx: RunStartTime={text} is not a date"))
            return None


def _stated_start(stated: Mapping[str, str]) -> datetime | None:
    try:
        return parse_datetime(stated.get("start", ""))
    except ValueError:
        return None


def _volume(values: _Values, pixel_um: float | None, images: float | None) -> float | None:
    edges = ("acceptableleft", "acceptableright", "acceptabletop", "acceptablebottom")
    factors = ("volumecf", "volumecalibrationfactor")
    region = [
        *map(values.number, edges), pixel_um, values.number("flowcelldepth"), images,
        values.number(*factors) if values.text(*factors) else 1.0,
    ]  # fmt: skip
    known = [value for value in region if value is not None]
    volume = volume_imaged(*known) if len(known) == len(region) else 0.0
    return volume if volume > 0 else None


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
