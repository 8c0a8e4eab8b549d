"""What a FlowCam run says of its effort, and whether its files agree."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from seston.instruments.contract import Effort, Flag
from seston.instruments.flowcam.ctx import Context
from seston.instruments.flowcam.list_rows import Fields, Row, is_calibration
from seston.instruments.flowcam.lst import KNOWN

_VOLUME_TOLERANCE = 0.01
_PRINTED_TO_ML = 0.00005  # VisualSpreadsheet prints four decimals
_CLOCKS_DIFFER = timedelta(minutes=30)


@dataclass(frozen=True)
class Listed:
    """A list that was read: its fields, its particles, and how many its head announces."""

    fields: Fields
    rows: Sequence[Row]
    stated: int | None = None


def effort_of(listed: Listed, context: Context, sheet_um: float | None = None) -> Effort:
    """Return the effort of a run, with a flag for everything that does not fit.

    `sheet_um` is the calibration of the sample sheet, µm per pixel.
    """
    rows = listed.rows
    scales = {scale for row in rows if (scale := row.pixel_um)}
    volume, source = context.volume_ml, "ctx"
    if volume is None:
        volume, source = context.stated_volume_ml, "run_summary"
    flags = (
        *context.problems,
        *_volume_flags(context),
        *_count_flags(context, listed),
        *_time_flags(context, rows),
        *_number_flags(rows),
        *_scale_flags(context, listed, scales, sheet_um),
        *_field_flags(listed.fields),
    )
    return Effort(
        listed=len(rows),
        volume_ml=volume or None,
        volume_source=source if volume else None,
        dilution=context.dilution,
        pixel_um=context.pixel_um or (scales.pop() if len(scales) == 1 else None),
        run_mode=context.run_mode,
        magnification=context.magnification,
        frames=context.frames,
        flags=flags,
    )


def _volume_flags(context: Context) -> list[Flag]:
    found = []
    volume = context.volume_ml
    others = {"run summary": context.stated_volume_ml, "TotalVolumeML": context.total_ml}
    for name, other in others.items():
        if volume and other:
            allowed = max(_VOLUME_TOLERANCE * other, _PRINTED_TO_ML)
            if abs(volume - other) > allowed:
                told = f"volume imaged is {volume:.4f} mL by the .ctx, {other:.4f} mL by the {name}"
                found.append(Flag("volume_mismatch", told))
    if context.run_mode and context.run_mode.casefold() != "autoimage":
        told = (
            f"mode {context.run_mode}, not AutoImage: frames without a particle were not kept,"
            " so the volume is too small and concentrations are too high"
        )
        found.append(Flag("trigger_mode", told))
    return found


def _count_flags(context: Context, listed: Listed) -> list[Flag]:
    count = len(listed.rows)
    found = [] if count else [Flag("no_organisms", "no particle in the list: a true zero?")]
    if count and not listed.rows[-1].values:
        told = "the list ends in the middle of a row: cut off in a copy? copy it again"
        found.append(Flag("list_incomplete", told))
    elif context.stated_count not in (None, count):
        told = (
            f"an edited run: {context.stated_count} particles by the run summary,"
            f" {count} in the list"
        )
        found.append(Flag("edited_run", told))
    if listed.stated not in (None, count):
        told = f"the head of the list announces {listed.stated} particles, {count} follow"
        found.append(Flag("list_incomplete", told))
    return found


def _time_flags(context: Context, rows: Sequence[Row]) -> list[Flag]:
    found = []
    times = [time for row in rows if (time := row.time)]
    if len(times) < len(rows):
        told = f"{len(rows) - len(times)} particles without a readable time"
        found.append(Flag("no_time", told))
    if context.start and times and abs(times[0] - context.start) >= _CLOCKS_DIFFER:
        told = (
            f"the run started at {context.start} by the .ctx, its first particle was seen at"
            f" {times[0]:%Y-%m-%d %H:%M:%S}: clocks of two time zones?"
            f"{_third_clock(context.stated_start, context.start, times[0])}"
        )
        found.append(Flag("clock_mismatch", told))
    return found


def _third_clock(third: datetime | None, ctx: datetime, first: datetime) -> str:
    """Say with which of two clocks the run summary agrees, if it tells when the run started."""
    if third is None:
        return ""
    apart = {"the .ctx": abs(third - ctx), "the first particle": abs(third - first)}
    nearest = min(apart, key=apart.__getitem__)
    agrees = nearest if apart[nearest] < _CLOCKS_DIFFER else "neither"
    return f"; the run summary, which says {third}, agrees with {agrees}"


def _number_flags(rows: Sequence[Row]) -> list[Flag]:
    """Tell of values that are no numbers: all of a list that a spreadsheet program saved, maybe."""
    bad = [(row.line, *fields[0]) for row in rows if (fields := row.bad_numbers)]
    if not bad:
        return []
    line, name, value = bad[0]
    told = (
        f"{len(bad)} of {len(rows)} particles with values that are no numbers and are left out,"
        f" the first {name} {value[:40]!r} in line {line}"
    )
    if re.fullmatch(r"[+-]?\d*,\d+", value):
        told += (
            ": decimal commas, as a spreadsheet program saves them? Copy the list again from the"
            " instrument"
        )
    return [Flag("bad_number", told)]


def _scale_flags(
    context: Context, listed: Listed, scales: set[float], sheet_um: float | None
) -> list[Flag]:
    found = []
    stated = ((row, row.number("cal_const")) for row in listed.rows)
    bad = [
        (row.line, scale)
        for row, scale in stated
        if scale is not None and not is_calibration(scale)
    ]
    if bad:
        (line, first), more = bad[0], " or beyond a metre" if bad[0][1] > 0 else ""
        told = (
            f"{len(bad)} of {len(listed.rows)} particles with a calibration (cal_const) that is not"
            f" above 0{more}, the first {first:g} in line {line}: taken as unknown"
        )
        found.append(Flag("bad_calibration", told))
    if listed.rows and not (scales or context.pixel_um or sheet_um):
        told = (
            "neither the list nor a .ctx tells µm per pixel: no sizes in µm but those that the list"
            " states (vs_...); give pixel_um in the sample sheet"
        )
        found.append(Flag("no_pixel_size", told))
    known = scales | ({context.pixel_um} if context.pixel_um else set())
    if len(known) > 1:
        told = f"more than one calibration: {_joined(known)} µm/px"
        found.append(Flag("two_calibrations", told))
    if sheet_um is not None and known - {sheet_um}:
        told = (
            f"the sample sheet calibrates with {sheet_um:g} µm/px, the run with {_joined(known)}:"
            " VisualSpreadsheet's own sizes (vs_...) go by the run"
        )
        found.append(Flag("sheet_calibration", told))
    return found


def _joined(scales: set[float]) -> str:
    return ", ".join(f"{scale:g}" for scale in sorted(scales))


def _field_flags(fields: Fields) -> list[Flag]:
    unknown = [name for name in fields.names if name not in KNOWN]
    if not unknown:
        return []
    told = f"fields of the list that are not known, kept as they are: {', '.join(unknown)}"
    return [Flag("unknown_fields", told)]
