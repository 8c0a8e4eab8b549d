"""Round values beside a bar of colours, on whatever scale its colours run."""

import numpy as np
from matplotlib.colors import Normalize

#: In heights of the bar: how far ticks are apart, and how far the least is from 0.
APART, LOWEST = 0.08, 0.15
LEAST_TICKS, DECADES = 4, 12
STEPS = (("1",), ("5", "2", "1"), ("8", "6", "5", "4", "3", "2", "1.5", "1"))  # tried in turn


def round_ticks(norm: Normalize) -> list[float]:
    """Return 0 and round values up to the end of a scale that begins at 0.

    They are chosen from the top on, so that large values are kept: on logarithmic scales and on
    those of roots these have more room than small ones.
    """
    top = float(norm.vmax or 1.0)
    power = int(np.floor(np.log10(top)))
    for steps in STEPS:
        ticks: list[float] = []
        last = np.inf
        for value in (float(f"{s}e{p}") for p in range(power, power - DECADES, -1) for s in steps):
            place = float(norm(value))
            if value <= top * (1 + 1e-9) and last - place >= APART and place >= LOWEST:
                ticks.append(value)
                last = place
        if len(ticks) >= LEAST_TICKS:
            break
    return [0.0, *reversed(ticks)]
