"""How much water an IFCB bin analysed, mL: what its header says, checked against its targets.

The syringe pushes the sample through the flow cell at a known rate. While an
image is taken and stored the instrument is blind ("inhibited"): the volume
analysed is the flow times run time less inhibited time. After the MATLAB and
Python tools of the instrument's makers (hsosik/ifcb-analysis, joefutrelle/pyifcb).
"""

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from seston.instruments.contract import Flag
from seston.instruments.ifcb.adc import Target
from seston.instruments.ifcb.hdr import Header

_ML_PER_MINUTE = 0.25  # 5 mL in 20 minutes
_V1_ML_PER_SECOND = 5 / 48000 * 40  # mL per step of the syringe's motor, steps per second
_V1_BLIND_S = 0.073  # least time between an image and the next trigger
_IFCB5_BLIND_S = 0.05  # of instrument 5 from June 2015 on
_DAY_S = 86400.0
_SYRINGE_ML = 5.0
_TOLERANCE = 0.02  # header against targets
_OVERFULL = 1.05  # more than the syringe holds, times this, cannot be
_UNLIKELY = 0.05


class Clock(NamedTuple):
    """How long a bin ran and how much of that it was blind, s."""

    run: float
    inhibited: float

    @property
    def looked(self) -> float:
        """How long it looked, s."""
        return self.run - self.inhibited


class Volume(NamedTuple):
    """Volume analysed, mL, and the time of looking; by the header or the targets, or None."""

    ml: float | None
    source: str | None
    flags: tuple[Flag, ...] = ()
    looked_s: float | None = None


def flow(header: Header) -> float:
    """Return the flow of the sample, mL per minute.

    With ``runSampleFast`` the syringe moves ``RunFastFactor`` times faster.
    """
    factor = header.number("RunFastFactor") or 1.0
    return _ML_PER_MINUTE * (factor if header.is_on("runSampleFast") and factor > 0 else 1.0)


def analysed(header: Header, targets: Sequence[Target]) -> Volume:
    """Return the volume that a bin of instruments from 7 on analysed.

    The header's clock counts if its run and inhibited time both lie within
    2 % of what the targets tell; else that of the targets does. (Both times
    are taken from one clock: halves of two would be neither's volume.) The
    targets know nothing of the time after the last trigger, though: a header
    that gives a longer run, of no more than the syringe holds, is believed
    where the triggers are so few that such a silence is no surprise, and a
    flag says so.
    """
    rate, held = flow(header) / 60, _syringe(header)
    flags: list[Flag] = []
    if rate * 60 != _ML_PER_MINUTE:
        text = f"a fast run: {rate * 60:g} mL per minute, not {_ML_PER_MINUTE:g}"
        flags.append(Flag("fast_run", f"{text} (runSampleFast, RunFastFactor)"))
    stated, seen = _stated(header), clock_of_targets(targets)
    if stated is None and seen is None:
        return _none(flags, "neither header nor .adc gives a run time: volume analysed unknown")
    if stated is None or seen is None:
        if seen and header.values:
            text = "the header gives no run time: volume analysed is that of the .adc"
            flags.append(Flag("no_run_time", text))
        trust_header = stated is not None
    elif not (trust_header := _agree(stated, seen)):
        by = f"{stated.looked * rate:.4f} mL by the header, {seen.looked * rate:.4f} mL by the .adc"
        triggers = len({target.trigger for target in targets if not target.problem})
        trust_header = stated.run * rate <= held and _silence_is_likely(stated, seen, triggers)
        if trust_header:
            text = (
                f"volume analysed is {by}, which ends with the last of {triggers} triggers:"
                " the header's used"
            )
            flags.append(Flag("volume_unconfirmed", text))
        else:
            text = f"volume analysed is {by}: more than 2 % apart in time, so the .adc's used"
            flags.append(Flag("volume_mismatch", text))
    used, source = (stated, "hdr") if trust_header else (seen, "adc")
    assert used is not None
    return _plausible(used.looked, rate, source, held, flags)


def clock_of_targets(targets: Sequence[Target]) -> Clock | None:
    """Return the clock at the last trigger, mended where the instrument's counter jumped.

    None with less than two triggers, or if the inhibited time was not recorded.
    The mending is that of pyifcb: a step of inhibited time outside -0.1 to 5 s
    is replaced by the most frequent step; run time that strays over 0.2 s from
    the trigger's own time, plus their usual difference, gives way to it;
    counters that were not reset at the start of the bin (run time over 10 s
    ahead of the trigger's own time) have their start subtracted. That start is
    taken as one step before the second trigger, as in bins that were reset,
    where pyifcb takes two steps after it: 0.001 mL less in a usual bin.
    """
    rows = _by_trigger(targets, "ADCtime", "runTime", "inhibitTime")
    if len(rows) < 2 or not any(inhibited for *_, inhibited in rows):
        return None
    times, runs, inhibits = zip(*rows, strict=True)
    good = [0] + [
        place
        for place, (before, after) in enumerate(pairwise(inhibits), start=1)
        if after > 0 and -0.1 < after - before < 5
    ]
    steps = Counter(round(inhibits[j] - inhibits[i], 4) for i, j in pairwise(good) if j == i + 1)
    usual = min((-count, step) for step, count in steps.items())[1] if steps else 0.0
    inhibited = inhibits[good[-1]] + (len(rows) - len(good)) * usual
    lead = runs[1] - times[1]
    if lead > 10:  # at its second trigger a run was blind once
        inhibited -= inhibits[1] - usual
    else:
        lead = 0.0
    run = runs[-1]
    expected = times[-1] + median(r - t for r, t in zip(runs[:50], times[:50], strict=True))
    if abs(run - expected) > 0.2:
        run = expected
    return Clock(run - lead, inhibited)


def analysed_v1(targets: Sequence[Target], fifth_after_may_2015: bool = False) -> Volume:
    """Return the volume that a bin of instruments 1 to 6 analysed; their header does not tell.

    The bin ran until its last image. It was blind from each image to the next
    trigger, never for less than a least time. Times after midnight are negative.
    """
    least = _IFCB5_BLIND_S if fifth_after_may_2015 else _V1_BLIND_S
    rows = _by_trigger(targets, "triggerOpenTime", "frameGrabTime")
    times = [(opened % _DAY_S, grabbed % _DAY_S) for opened, grabbed in rows]
    if not times:
        return _none([], "no trigger, so that the .adc does not tell the volume analysed")
    run = times[-1][1]
    blind = sum(max(after[0] - before[1], least) for before, after in pairwise(times)) + least
    return _plausible(run - blind, _V1_ML_PER_SECOND, "adc", _SYRINGE_ML, [])


def _by_trigger(targets: Sequence[Target], *fields: str) -> list[list[float]]:
    """Return the fields of the first row of each trigger; rows without a number are left out."""
    first: dict[int, list[float]] = {}
    for target in targets:
        if not target.problem and target.trigger not in first:
            values = [target.value(field) for field in fields]
            numbers = [value for value in values if value is not None and math.isfinite(value)]
            if len(numbers) == len(fields):
                first[target.trigger] = numbers
    return list(first.values())


def _stated(header: Header) -> Clock | None:
    run, inhibited = header.number("runTime"), header.number("inhibitTime")
    return None if run is None or inhibited is None else Clock(run, inhibited)


def _syringe(header: Header) -> float:
    held = header.number("SyringeSampleVolume")
    return held if held and held > 0 else _SYRINGE_ML


def _agree(stated: Clock, seen: Clock) -> bool:
    return all(
        abs(a - b) <= _TOLERANCE * b if b > 0 else a == b for a, b in zip(stated, seen, strict=True)
    )


def _silence_is_likely(stated: Clock, seen: Clock, triggers: int) -> bool:
    """Say whether so many triggers at random times of the stated run may all lie in the seen one.

    Each does with probability seen/stated, all do with its power.
    """
    inhibits_agree = abs(stated.inhibited - seen.inhibited) <= _TOLERANCE * seen.inhibited
    longer = stated.run > seen.run > 0
    return inhibits_agree and longer and (seen.run / stated.run) ** triggers >= _UNLIKELY


def _plausible(
    looked_s: float, ml_per_second: float, source: str, held: float, flags: list[Flag]
) -> Volume:
    ml = looked_s * ml_per_second
    if not ml > 0:
        return _none(flags, f"volume analysed comes to {ml:.4f} mL by the .{source}: not used")
    if ml > held * _OVERFULL:
        text = f"volume analysed is {ml:.4f} mL, more than the syringe's {held:g} mL"
        flags.append(Flag("volume_implausible", text))
    return Volume(ml, source, tuple(flags), looked_s)


def _none(flags: list[Flag], text: str) -> Volume:
    return Volume(None, None, (*flags, Flag("volume_unknown", text)))
