"""Cycles of one site, as rows."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from seston.change.cycles import BIN_HOURS, CYCLES, bins_of, harmonics, hours_of, possible
from seston.change.series import Measure, tested, totals
from seston.change.verdicts import LEAST_FOUND
from seston.trends.counted import Counted

#: Cycles that are fitted together.
FAMILIES = (["diel", "tidal"], ["seasonal"])


def cycle_rows(site: Counted, measure: Measure, confidence: float) -> Iterator[dict[str, Any]]:
    """Yield a row for each cycle that samples tell of, in each group, of each class.

    Samples are binned anew, whatever the period of the trends: by the hour for day and tide, by
    the day for the year.
    """
    for group, effort in site.effort.reset_index(drop=True).groupby("group"):
        part = replace(site, effort=effort, counts=site.counts[effort.index])
        for cycles in FAMILIES:
            for row in _cycles(part, cycles, measure, confidence):
                yield {"group": group, "samples": len(effort), **row}


def _cycles(
    part: Counted, cycles: list[str], measure: Measure, confidence: float
) -> Iterator[dict[str, Any]]:
    """Yield the rows of one group and of cycles with bins of the same length."""
    number = bins_of(part.effort["time"].to_numpy("datetime64[s]"), cycles[0])
    bins = np.unique(number)
    if not possible(hours_of(bins, cycles[0]), cycles):
        return
    # Bins stand for periods, as text that sorts as they do.
    names = [f"{value:012d}" for value in bins]
    effort = part.effort.assign(period=[f"{value:012d}" for value in number])
    found = totals(replace(part, effort=effort), names)
    values = tested(found, measure)[0]
    seen = ~np.isnan(values).any(axis=1)
    values, bins = values[seen], bins[seen]
    kept = possible(hours_of(bins, cycles[0]), cycles)
    often = np.asarray((found.counts[0] > 0).sum(axis=0) >= LEAST_FOUND)
    if not kept or not often.any():
        return
    classes = np.flatnonzero(often & (np.ptp(values, axis=0) > 0))
    fitted = harmonics(values[:, classes], bins, kept, confidence) if len(classes) else {}
    for cycle, result in fitted.items():
        spanned = np.ptp(bins) * BIN_HOURS[cycle] / CYCLES[cycle]
        peak = result.peak / 24 + 1 if cycle == "seasonal" else result.peak
        for i, k in enumerate(classes):
            yield {
                "class": part.classes[k], "cycle": cycle, "hours": CYCLES[cycle],
                "cycles": spanned, "amplitude": result.amplitude[i],
                "amplitude_low": result.low[i], "amplitude_high": result.high[i],
                "peak": peak[i], "p": result.p[i],
            }  # fmt: skip
