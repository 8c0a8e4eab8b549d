"""Shares and concentrations of one site and group, with their intervals."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd

from seston.trends.dispersion import Dispersion
from seston.trends.intervals import design_effect, ratio_of_sums, undetected_below, wilson

Floats = npt.NDArray[np.float64]

_WIDEST = 1e6  # an interval whose ends are farther apart says nothing


def shares(
    effort: pd.DataFrame,
    count: Floats,
    images: Floats,
    total: Callable[[npt.ArrayLike], Floats],
    scatter: Dispersion,
    confidence: float,
) -> dict[str, Floats]:
    """Return the shares (T, K) with their intervals; 0 to 1 where the scatter is unknown."""
    phi = design_effect(scatter.size, images, total(effort["used"] ** 2))
    low, high = wilson(count, images, phi, scatter.freedom, confidence)
    unknown = np.isnan(scatter.size) & (images > 0)
    return {
        "share": count / images,
        "share_low": np.where(unknown, 0.0, low),
        "share_high": np.where(unknown, 1.0, high),
    }


def concentrations(
    effort: pd.DataFrame,
    counts: npt.NDArray[np.int64],
    period: npt.NDArray[np.integer],
    total: Callable[[npt.ArrayLike], Floats],
    scatter: Dispersion,
    confidence: float,
) -> dict[str, Floats]:
    """Return the concentrations per mL (T, K) from samples of known volume.

    The intervals have no upper limit (NaN) where the scatter is unknown or so strong that they
    span a millionfold, and are those of `undetected_below` where nothing was found.
    """
    volumes, water = (effort[name].fillna(0.0) for name in ("analysed_ml", "water_ml"))
    dilution = np.where(volumes > 0, effort["dilution"], 0.0)[:, None]
    volume, found = total(volumes), total(counts * dilution)
    concentration = found / volume
    between = scatter.size * concentration**2 * total(volumes**2)
    variance = total(counts * dilution**2) + between
    low, high = ratio_of_sums(found, variance, volume, scatter.freedom, confidence)
    endless = (found > 0) & (high > _WIDEST * low)
    missed = undetected_below(water.to_numpy(float), period, scatter.size, confidence)
    nothing = (found == 0) & (volume > 0)
    unknown = np.isnan(scatter.size) & (volume > 0)
    return {
        "concentration_per_ml": concentration,
        "concentration_low": np.where(nothing | unknown | endless, 0.0, low),
        "concentration_high": np.where(nothing, missed, np.where(endless, np.nan, high)),
        "endless": endless,
    }
