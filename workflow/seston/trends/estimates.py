"""Shares and amounts per mL of one site and group, with their intervals."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seston.trends.dispersion import Dispersion
from seston.trends.intervals import amount_limits, design_effect, wilson
from seston.trends.residuals import Floats, by_period

_WIDEST = 1e6  # an interval whose ends are farther apart says nothing


@dataclass(frozen=True)
class Estimate:
    """Estimates of K classes in T periods with their limits, each of shape (T, K).

    Attributes
    ----------
    value, low, high : ndarray
        NaN where unknown.
    endless : ndarray of bool
        Whether the scatter is so strong that there are no limits.
    """

    value: Floats
    low: Floats
    high: Floats
    endless: npt.NDArray[np.bool_]

    def columns(self, value: str, limits: str) -> dict[str, Floats]:
        """Return the columns of a table: the value, and ``<limits>_low`` and ``_high``."""
        return {value: self.value, f"{limits}_low": self.low, f"{limits}_high": self.high}

    def where(self, known: npt.NDArray[np.bool_]) -> "Estimate":
        """Return the same, unknown elsewhere."""
        value, low, high = (np.where(known, x, np.nan) for x in (self.value, self.low, self.high))
        return Estimate(value, low, high, self.endless & known)


def shares(
    counts: npt.NDArray,
    images: npt.NDArray,
    period: npt.NDArray[np.integer],
    scatter: Dispersion,
    confidence: float,
) -> Estimate:
    """Return the shares with their intervals; 0 to 1 where the scatter is unknown.

    Parameters
    ----------
    counts : ndarray, shape (m, K)
        Images of each class in each sample.
    images : ndarray, shape (m,)
        All images of each sample.
    period : ndarray of int, shape (m,)
        Number of the period of each sample.
    scatter : Dispersion
        Of the images of one sample (rho).
    confidence : float
    """
    count, total, squares = (
        by_period(x, period) for x in (counts, images[:, None], images[:, None] ** 2.0)
    )
    unknown = np.isnan(scatter.size) & (total > 0)
    # Where there is no image the ratio is 0/0: NaN, an empty cell.
    with np.errstate(divide="ignore", invalid="ignore"):
        phi = design_effect(scatter.size, total, squares)
        low, high = wilson(count, total, phi, scatter.freedom, confidence)
        return Estimate(
            count / total,
            np.where(unknown, 0.0, low),
            np.where(unknown, 1.0, high),
            np.zeros(count.shape, bool),
        )


def per_ml(
    amounts: npt.NDArray,
    squares: npt.NDArray,
    water: Floats,
    dilution: Floats,
    period: npt.NDArray[np.integer],
    scatter: Dispersion,
    missed: Floats,
    confidence: float,
) -> Estimate:
    """Return amounts per mL of the samples of known volume, as ratios of sums.

    The intervals have no upper limit (NaN) where the scatter is unknown or so strong that they
    span a millionfold.

    Parameters
    ----------
    amounts, squares : ndarray, shape (m, K)
        Images of each class in each sample, or their biovolume, and what chance makes of
        the variance of that (of counts: the counts).
    water : ndarray, shape (m,)
        mL analysed, of the fluid in the instrument; 0 or NaN where unknown.
    dilution : ndarray, shape (m,)
    period : ndarray of int, shape (m,)
    scatter : Dispersion
        Between samples (cv2).
    missed : ndarray, shape (T, K)
        The upper limit where nothing was found.
    confidence : float
    """
    water = np.nan_to_num(water)
    factor = np.where(water > 0, dilution, 0.0)[:, None]
    found, chance, volume, volume2 = (
        by_period(x, period)
        for x in (amounts * factor, squares * factor**2, water[:, None], water[:, None] ** 2)
    )
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        rate, images, samples = found / volume, found**2 / chance, volume**2 / volume2
        limits = amount_limits(images, samples, scatter.size, scatter.freedom, confidence)
        low, high = (rate * limit for limit in limits)
    endless = (found > 0) & ~(high <= _WIDEST * low) & ~np.isnan(scatter.size)
    nothing = (found == 0) & (volume > 0)
    unknown = np.isnan(scatter.size) & (volume > 0)
    return Estimate(
        rate,
        np.where(nothing | unknown | endless, 0.0, low),
        np.where(nothing, missed, np.where(unknown | endless, np.nan, high)),
        endless,
    )
