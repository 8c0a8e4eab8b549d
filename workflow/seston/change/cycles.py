"""Cycles of the day, the tide and the year in a series: harmonics with autocorrelated residuals.

A cosine and a sine of each cycle beside a level and a straight trend, by generalised least
squares under all plausible autocorrelations (`serial`): the p-value of their F test is the mean
over these. Samples of one bin (an hour for day and tide, a day for the year) count as one value.
A cycle is fitted only where the series spans it twice, half of the bins follow the one before
within a quarter of the cycle, and they tell its phases apart. With samples always taken at noon
nothing is known of the day's cycle, and the tide would be taken for that of spring and neap.

Measured (`python benchmarks/calibration.py trends`, 1000 series, standard error 0.007): of series
without a cycle 0.038 to 0.064 had a p-value of at most 0.05 with 49 and 200 bins of an hour and an
autocorrelation of neighbouring bins of 0, 0.3 and 0.6; with 40 to 48 bins of 2 or 3 hours 0.026 to
0.080. The intervals of amplitudes covered 0.92 to 0.97.

References
----------
Bliss, C. I. (1958). Periodic regression in biology and climatology. Bulletin of the Connecticut
Agricultural Experiment Station 615.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import f as f_distribution
from scipy.stats import t as student

from seston.change.serial import Fitted, Floats, Places, fit

#: Hours of each cycle; the tide is the principal lunar semidiurnal one (M2).
CYCLES = {"diel": 24.0, "tidal": 12.4206, "seasonal": 8766.0}
BIN_HOURS = {"diel": 1, "tidal": 1, "seasonal": 24}
SPANNED = 2  # cycles that a series must span at least
LEAST_BINS = 40  # with 16 or 20 of 3 hours, up to 0.12 of the p-values were at most 0.05
SHARPNESS = 1.5  # see `serial`; chosen by the rates of false positives of these F tests
RESOLVED = 0.25  # of a cycle, to the next bin
_BENT = 10.0  # condition number of the design above which phases are not told apart
_CELLS = 4_000_000  # numbers held at once


class Harmonic(NamedTuple):
    """One cycle in K series, each of shape (K,).

    Attributes
    ----------
    amplitude, low, high : ndarray
        Factor of the peak over the mean, and its interval; at least 1.
    peak : ndarray
        Hours from the beginning of a cycle to its peak.
    p : ndarray
        Of no cycle; NaN for a constant series.
    """

    amplitude: Floats
    low: Floats
    high: Floats
    peak: Floats
    p: Floats


def possible(hours: Floats, cycles: list[str]) -> list[str]:
    """Return those of the cycles that bins at these hours tell of, alone and together.

    Parameters
    ----------
    hours : ndarray, shape (n,)
        Ascending.
    cycles : list of {"diel", "tidal", "seasonal"}
    """
    kept: list[str] = []
    for cycle in cycles:
        spanned = np.ptp(hours) >= SPANNED * CYCLES[cycle]
        if (
            len(hours) >= LEAST_BINS
            and spanned
            and np.median(np.diff(hours)) <= RESOLVED * CYCLES[cycle]
        ):
            columns = _design(hours, [*kept, cycle])[:, 1:]
            columns = columns - columns.mean(axis=0)
            norms = np.linalg.norm(columns, axis=0)
            if (norms > 1e-6).all() and np.linalg.cond(columns / norms) < _BENT:
                kept.append(cycle)
    return kept


def harmonics(
    series: Floats, bins: Places, cycles: list[str], confidence: float
) -> dict[str, Harmonic]:
    """Fit cycles to series of logarithms.

    Parameters
    ----------
    series : ndarray, shape (n, K)
    bins : ndarray of int, shape (n,)
        Ascending numbers of the bins since the beginning of a day or year; all cycles have bins
        of the same length.
    cycles : list of str
        Those that are `possible`.
    confidence : float
    """
    design = _design(hours_of(bins, cycles[0]), cycles)
    chunk = max(1, _CELLS // (50 * len(bins)))
    parts: dict[str, list[Harmonic]] = {cycle: [] for cycle in cycles}
    for start in range(0, series.shape[1], chunk):
        fitted = fit(series[:, start : start + chunk], design, bins, SHARPNESS)
        for i, cycle in enumerate(cycles):
            parts[cycle].append(_harmonic(fitted, 2 + 2 * i, CYCLES[cycle], confidence))
    return {
        cycle: Harmonic(*(np.concatenate(values) for values in zip(*found, strict=True)))
        for cycle, found in parts.items()
    }


def hours_of(bins: Places, cycle: str) -> Floats:
    """Return the hours at which bins begin."""
    return (bins * BIN_HOURS[cycle]).astype(np.float64)


def _design(hours: Floats, cycles: list[str]) -> Floats:
    """Return level, time, and cosine and sine of each cycle: (n, 2 + 2 C)."""
    time = (hours - hours.mean()) / max(np.ptp(hours), 1.0)
    columns = [np.ones_like(time), time]
    for cycle in cycles:
        angle = 2 * np.pi * hours / CYCLES[cycle]
        columns += [np.cos(angle), np.sin(angle)]
    return np.stack(columns, axis=1)


def _harmonic(fitted: Fitted, first: int, hours: float, confidence: float) -> Harmonic:
    """Return the cycle whose cosine is the regressor `first`."""
    n, regressors = fitted.design.shape[1:]
    freedom = n - regressors
    pair = fitted.coefficients[:, first : first + 2]  # (G, 2, K)
    scatter = fitted.scatter[:, first : first + 2, first : first + 2]
    with np.errstate(divide="ignore", invalid="ignore"):
        forms = np.einsum("gik,gij,gjk->gk", pair, np.linalg.inv(scatter), pair)
        ratio = forms / 2 / fitted.variance
        p = (fitted.weights * f_distribution.sf(ratio, 2, freedom)).sum(axis=0)
        mean = np.einsum("gk,gik->ik", fitted.weights, pair)
        size = np.hypot(*mean)
        towards = mean / size
        # Variance of the amplitude, along the direction of the peak: within and between models.
        along = np.einsum("ik,gij,jk->gk", towards, scatter, towards) * fitted.variance
        between = (np.einsum("ik,gik->gk", towards, pair) - size) ** 2
        error = np.sqrt((fitted.weights * (along + between)).sum(axis=0))
    half = student.ppf((1 + confidence) / 2, freedom) * error
    peak = (np.arctan2(mean[1], mean[0]) / (2 * np.pi) % 1) * hours
    return Harmonic(np.exp(size), np.exp(np.maximum(size - half, 0)), np.exp(size + half), peak, p)


def bins_of(times: npt.NDArray[np.datetime64], cycle: str) -> Places:
    """Return the number of each time's bin since 1970 (hours) or since its first January (days)."""
    if BIN_HOURS[cycle] == 1:
        return times.astype("datetime64[h]").astype(np.int64)
    days = times.astype("datetime64[D]")
    return (days - days.min().astype("datetime64[Y]").astype("datetime64[D]")).astype(np.int64)
