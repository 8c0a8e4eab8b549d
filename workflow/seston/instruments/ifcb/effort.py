"""What an IFCB bin says of its effort, and whether its files agree.

The checks are those of `ifcb_qc_sample` of the R package iRfcb, as flags.
"""

from datetime import datetime, timedelta

from seston.instruments.contract import Effort, Flag
from seston.instruments.ifcb.account import Account
from seston.instruments.ifcb.bin import date_of_name, instrument_of_name
from seston.instruments.ifcb.volume import Volume, analysed, analysed_v1

#: µm per pixel that the field agreed on: 3.4 px per µm. No file of a bin tells it.
PIXEL_UM = 1 / 3.4
_CLOCKS_DIFFER = timedelta(minutes=1)
_RUN_TOLERANCE = 1.02
_SHORT_S = 60.0  # a usual bin looks for 20 minutes
_FIFTH_CHANGED = datetime(2015, 6, 1)


def effort_of(account: Account, listed: int, pixel_um: float | None) -> Effort:
    """Return the effort of a bin, with a flag for everything that does not fit.

    Parameters
    ----------
    account : Account
    listed : int
        Organisms, and what is there instead of some.
    pixel_um : float or None
        By the sample sheet, which goes before the field's convention.
    """
    volume = _volume(account)
    flags = [*account.problems, *_file_flags(account), *_count_flags(account, listed)]
    flags += [*volume.flags, *_short_flags(volume), *_run_flags(account)]
    if pixel_um is None:
        text = "pixel size is the field's convention, 3.4 px per µm: no file of a bin tells it"
        flags.append(Flag("pixel_size_by_convention", text))
    triggers = {row.trigger for row in account.rows if not row.problem}
    return Effort(
        listed=listed,
        volume_ml=volume.ml,
        volume_source=volume.source,
        pixel_um=pixel_um or PIXEL_UM,
        frames=len(triggers) if account.targets else None,
        flags=tuple(flags),
    )


def _volume(account: Account) -> Volume:
    name = account.files.name
    instrument = instrument_of_name(name)
    if _is_old(account):
        date = date_of_name(name)
        changed = instrument == 5 and date is not None and date >= _FIFTH_CHANGED
        return analysed_v1(account.rows, changed)
    return analysed(account.header, account.rows)


def _is_old(account: Account) -> bool:
    """Say whether one of instruments 1 to 6 took a bin: where it lists nothing, by its name."""
    named = instrument_of_name(account.files.name) is not None
    return account.version == 1 or (named and not account.rows)


def _file_flags(account: Account) -> list[Flag]:
    flags = []
    if missing := account.files.missing:
        flags.append(Flag("triplet_incomplete", f"a bin without its {' and '.join(missing)}"))
    if account.targets and not account.targets.named:
        text = "the header's ADCFileFormat does not fit the .adc, whose fields are read by place"
        flags.append(Flag("fields_by_place", text))
    named, stated = date_of_name(account.files.name), account.header.time
    if named and stated and abs(named - stated) > _CLOCKS_DIFFER:
        text = f"taken at {named} by the name of the bin, at {stated} by its header (sampleTime)"
        flags.append(Flag("clock_mismatch", text))
    return flags


def _count_flags(account: Account, listed: int) -> list[Flag]:
    if account.targets is None:
        return []
    flags = []
    imaged = [row for row in account.rows if row.has_image]
    stated = account.header.number("roiCount")
    if stated is not None and stated != len(imaged):
        text = f"{stated:.0f} images by the header (roiCount), {len(imaged)} in the .adc"
        flags.append(Flag("roi_count", text))
    size = account.roi_size
    cut = [] if size is None else [row for row in imaged if row.end > size]
    if cut:
        text = (
            f"{len(cut)} of {len(imaged)} images lie beyond the end of the .roi, which has {size:,}"
            f" bytes, not {_end_of_images(account):,}: copied whole, and of this bin?"
        )
        flags.append(Flag("roi_truncated", text))
    # Of a row that cannot be read nobody knows where its image ends.
    end = None if any(row.problem for row in account.rows) else _end_of_images(account)
    if size is not None and end is not None and size > end:
        text = f"the .roi has {size:,} bytes, its images end at {end:,}: of another bin?"
        flags.append(Flag("roi_size", text))
    if not listed:
        triggers = len({row.trigger for row in account.rows})
        flags.append(Flag("no_organisms", f"{triggers} triggers and no image: a true zero?"))
    return flags


def _end_of_images(account: Account) -> int:
    """Return how many bytes the `.roi` should have; old ones have one before and one after."""
    around = 1 if _is_old(account) else 0
    return max((row.end for row in account.rows if row.has_image), default=around) + around


def _short_flags(volume: Volume) -> list[Flag]:
    if volume.ml is None or volume.looked_s is None or volume.looked_s >= _SHORT_S:
        return []
    text = (
        f"looked for {volume.looked_s:.1f} s only, which is {volume.ml:.4f} mL: one organism of it"
        f" counts as {1 / volume.ml:.3g} per mL; an aborted run?"
    )
    return [Flag("short_run", text)]


def _run_flags(account: Account) -> list[Flag]:
    flags = []
    header = account.header
    if header.is_bead_run:
        flags.append(Flag("bead_run", "calibration beads, not a sample, by the header"))
    stated = header.number("runTime")
    times = (row.value("runTime") for row in reversed(account.rows))
    last = next((time for time in times if time is not None), None)
    if stated is not None and last is not None and last > stated * _RUN_TOLERANCE:
        text = f"a trigger {last:.1f} s into the run, which ended at {stated:.1f} s by the header"
        flags.append(Flag("run_ended_early", text))
    humidity, limit = header.number("humidity"), header.number("HumidityAlarmThreshold(%)")
    if humidity is not None and limit and humidity > limit:
        text = f"humidity inside the instrument {humidity:.0f} %, its alarm is set to {limit:.0f} %"
        flags.append(Flag("humid", text))
    return flags
