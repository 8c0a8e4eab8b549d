"""Totals of an invented experiment, straight from its rates."""

import numpy as np

from seston.change.series import Totals

PERIODS = [f"2024-05-{day:02d}" for day in range(1, 24)]


def experiment(rates, volume=None, listed=None):
    """Counts straight from rates (G, T, K) in 1 mL each, or in these volumes (G, T)."""
    rates = np.asarray(rates, float)
    volume = np.ones(rates.shape[:2]) if volume is None else volume
    counts = np.round(rates * volume[:, :, None])
    images = counts.sum(axis=2)
    listed = images + 10 if listed is None else listed
    names = [f"bag {g}" for g in range(len(rates))]
    return Totals(
        names, PERIODS[: rates.shape[1]], [f"class {k}" for k in range(rates.shape[2])], counts,
        counts, (volume > 0) * 1.0, images, listed, 0 * images, volume, volume,
    )  # fmt: skip
