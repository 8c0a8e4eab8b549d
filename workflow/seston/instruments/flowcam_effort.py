"""What a FlowCam run says of its effort, and whether its files agree."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from seston.instruments.contract import Effort
from seston.instruments.ctx import Context, read_context
from seston.instruments.lst import Row, is_list

_VOLUME_TOLERANCE = 0.01
_PRINTED_TO_ML = 0.00005  # VisualSpreadsheet prints four decimals
_CLOCKS_DIFFER = timedelta(minutes=30)


def read_run_context(file: Path) -> Context:
    """Read the context and summary of a list: under its name, or both alone in their folder."""
    return read_context(_beside(file, ".ctx"), _beside(file, "_run_summary.txt"))


def _beside(file: Path, suffix: str) -> Path | None:
    named = file.with_name(file.stem + suffix)
    if named.is_file():
        return named
    if any(is_list(other) for other in file.parent.glob("*.lst") if other.name != file.name):
        return None  # a lone file may belong to the other run
    others = [path for path in file.parent.glob(f"*{suffix}") if not path.name.startswith(".")]
    return others[0] if len(others) == 1 else None


def effort_of(rows: Sequence[Row], file: Path) -> Effort:
    """Return the effort of a run, with a warning for everything that does not fit."""
    context = read_run_context(file)
    scales = {scale for row in rows if (scale := row.number("cal_const")) is not None}
    volume, source = context.volume_ml, "ctx"
    if volume is None:
        volume, source = context.stated_volume_ml, "run_summary"
    warnings = (
        *context.problems,
        *_volume_warnings(context),
        *_count_warnings(context, len(rows)),
        *_time_warnings(context, rows),
        *_scale_warnings(context, scales),
        *_mask_warnings(rows, file.parent),
    )
    return Effort(
        listed=len(rows),
        volume_ml=volume or None,
        volume_source=source if volume else None,
        dilution=context.dilution,
        pixel_um=context.pixel_um or (scales.pop() if len(scales) == 1 else None),
        run_mode=context.run_mode,
        warnings=warnings,
    )


def _volume_warnings(context: Context) -> list[str]:
    found = []
    volume, stated = context.volume_ml, context.stated_volume_ml
    if volume and stated:
        allowed = max(_VOLUME_TOLERANCE * stated, _PRINTED_TO_ML)
        if abs(volume - stated) > allowed:
            found.append(
                f"volume imaged is {volume:.4f} mL by the .ctx, {stated:.4f} mL by the run summary"
            )
    if context.run_mode and context.run_mode.casefold().startswith("trigger"):
        found.append(
            "trigger mode: frames without a particle were not kept,"
            " so the volume is too small and concentrations are too high"
        )
    return found


def _count_warnings(context: Context, listed: int) -> list[str]:
    found = [] if listed else ["no particle in the list: a true zero?"]
    stated = context.stated_count
    if stated is None or stated == listed:
        return found
    return [*found, f"an edited run: {stated} particles by the run summary, {listed} in the list"]


def _time_warnings(context: Context, rows: Sequence[Row]) -> list[str]:
    found = []
    times = [time for row in rows if (time := row.time)]
    if len(times) < len(rows):
        found.append(f"{len(rows) - len(times)} particles without a readable time")
    if context.start and times and abs(times[0] - context.start) >= _CLOCKS_DIFFER:
        found.append(
            f"the run started at {context.start} by the .ctx, its first particle was seen at"
            f" {times[0]:%Y-%m-%d %H:%M:%S}: clocks of two time zones?"
        )
    return found


def _scale_warnings(context: Context, scales: set[float]) -> list[str]:
    known = scales | ({context.pixel_um} if context.pixel_um else set())
    if len(known) <= 1:
        return []
    return [
        f"more than one calibration: {', '.join(f'{scale:g}' for scale in sorted(known))} µm/px"
    ]


def _mask_warnings(rows: Sequence[Row], folder: Path) -> list[str]:
    names = {Path(row.values.get("collage_file", "")) for row in rows} - {Path()}
    without = [name for name in names if not (folder / f"{name.stem}_bin{name.suffix}").exists()]
    if not without:
        return []
    return [f"{len(without)} of {len(names)} collages without a mask: no area and no ESD from it"]
