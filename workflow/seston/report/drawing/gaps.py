"""Where nothing was sampled: no line is drawn across it."""

from itertools import pairwise

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

#: A step between sampled periods over so many times the usual (median) one is a gap. With a
#: sample every day a single missing day is a step of two; jitter around a step of four is none.
GAP_STEP = 1.5


def unbroken(places: Floats) -> list[slice]:
    """Cut sorted places of sampled periods at the gaps; no places are no stretch."""
    if not len(places):
        return []
    edges = [0, *(np.flatnonzero(_broken(places)) + 1).tolist(), len(places)]
    return [slice(start, stop) for start, stop in pairwise(edges)]


def gaps(places: Floats) -> list[tuple[float, float]]:
    """Return the sampled places before and after each gap."""
    return [(float(places[i]), float(places[i + 1])) for i in np.flatnonzero(_broken(places))]


def _broken(places: Floats) -> npt.NDArray[np.bool_]:
    steps = np.diff(places)
    if not len(steps):
        return np.zeros(0, bool)
    # The lower of two medians: steps of one and two days are a day and a gap.
    return steps > GAP_STEP * np.quantile(steps, 0.5, method="lower")
