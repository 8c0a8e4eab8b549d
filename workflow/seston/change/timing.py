"""When each class has its time: centre of gravity, spread, and whether that is more than chance.

The centre is the mean time of the organisms of a class, each group weighing the same; a period
stands for the time up to half-way to its sampled neighbours, so that a gap is no absence.

Its interval is that of counting: samples are drawn again from the concentrations found, with the
scatter between samples of `seston.trends.dispersion` (negative binomial). The test asks whether the
centre is farther off, or the spread smaller, than in a class without a time of its own. Such
classes are made by permuting the series' innovations, free of autocorrelation (`serial`), and
adding the autocorrelation again. Permuting the periods themselves would take any slow course for
a time of its own.

Measured (`python benchmarks/calibration.py trends`): the intervals of the centre covered 0.92 to
0.97 of simulated blooms, with 2 to 20 images at the peak, one or seven groups, a missing day, and a
squared coefficient of variation between samples of 0 or 0.2 (known).
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from seston.change.serial import PHI, SHARE, Floats, Places, colour, fit

#: See `serial`. A bloom looks much like a slow random walk, so the weights are those of the series
#: without a cubic course. Of the p-values of series without a time of their own 0.012 to 0.050 were
#: at most 0.05 at an autocorrelation of 0 and 0.3, and 0.039 to 0.073 at 0.6 (15 to 60 periods,
#: with gaps and counting noise; the fewest with few periods). A bloom to the twentyfold of 5 days
#: in 23 was found in 37 and 52 % where days scattered by a third, in 92 and 100 % where by a sixth.
#: With phi up to 0.8 only, 83 to 97 % were found, but 0.09 to 0.10 were false; an F test of slope
#: and curvature found none.
SHARPNESS = 3.0

#: Share of the sampled periods in which a class that is always there was found.
PERSISTENT = 0.8
#: And its spread, in parts of that of a class that is always as abundant.
EVEN = 0.75
#: Share of the sampled time, from its start or its end, in which the whole interval of the centre
#: of an early or late class lies. With half, a bloom in the middle would be late as soon as enough
#: organisms were counted.
OUTER = 0.4


class Course(NamedTuple):
    """Centre and spread in days since the first period, each of shape (..., K)."""

    centre: Floats
    spread: Floats


def time_behind(days: Floats) -> Floats:
    """Return the days that each sampled period stands for, (n,).

    Half the lags to both neighbours; at the ends, the lag to the one neighbour on both sides.
    """
    if len(days) == 1:
        return np.ones(1)
    lags = np.diff(days)
    return (np.concatenate([lags[:1], lags]) + np.concatenate([lags, lags[-1:]])) / 2


def course(curves: Floats, days: Floats) -> Course:
    """Return the centre of gravity and the standard deviation of time.

    Parameters
    ----------
    curves : ndarray, shape (..., n, K)
        At least 0; NaN comes out where a curve is 0 throughout.
    days : ndarray, shape (n,)
    """
    weights = curves * time_behind(days)[:, None]
    with np.errstate(invalid="ignore"):
        weights = weights / weights.sum(axis=-2, keepdims=True)
    centre = (weights * days[:, None]).sum(axis=-2)
    away = (days[:, None] - centre[..., None, :]) ** 2
    return Course(centre, np.sqrt((weights * away).sum(axis=-2)))


def mean_curve(values: Floats, sampled: npt.NDArray[np.bool_]) -> Floats:
    """Return the mean over groups (..., n, K), each weighing the same.

    A cell (group and period) that was not sampled takes what the others had then, times how
    much more the group has than the others where it was sampled.

    Parameters
    ----------
    values : ndarray, shape (..., G, n, K)
        Concentrations or shares; whatever in cells that were not sampled.
    sampled : ndarray of bool, shape (G, n)
        Each period at least once.
    """
    seen = sampled[:, :, None]
    if sampled.all():
        return values.mean(axis=-3)
    values = np.where(seen, values, 0.0)
    present = values.sum(axis=-3) / sampled.sum(axis=0)[:, None]
    filled = values
    for _ in range(10):  # group × period, by iterated proportions
        own = (values * seen).sum(axis=-2)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.nan_to_num(own / (present[..., None, :, :] * seen).sum(axis=-2))
        filled = np.where(seen, values, ratio[..., None, :] * present[..., None, :, :])
        used = sampled.any(axis=1)
        present = filled[..., used, :, :].mean(axis=-3)
    return present


def drawn_again(counts: Floats, cv2: Floats, runs: int, generator: np.random.Generator) -> Floats:
    """Draw counts again from what was found: negative binomial, (runs, ...).

    Parameters
    ----------
    counts : ndarray, shape (...)
        Images of each cell, which are taken for the mean of what is drawn.
    cv2 : ndarray, shape (...)
        Squared coefficient of variation between cells of the same concentration; 0 for
        counting alone.
    """
    shape = np.broadcast_to(1 / np.maximum(cv2, 1e-6), (runs, *counts.shape))
    return generator.poisson(counts * generator.gamma(shape, 1 / shape)).astype(np.float64)


def chance_of(
    series: Floats, places: Places, days: Floats, permutations: int, generator: np.random.Generator
) -> Floats:
    """Return the p-value (K,) of a centre so far off, or a spread so small, without any timing.

    Parameters
    ----------
    series : ndarray, shape (n, K)
        Logarithms.
    places : ndarray of int, shape (n,)
    days : ndarray, shape (n,)
    permutations : int

    Notes
    -----
    What is compared is z_c² + min(z_s, 0)², with z of the centre and of the spread of the
    exponential of the series, by mean and standard deviation of the permuted series and the
    observed one together.
    """
    n = len(series)
    level = fit(series, np.ones((n, 1)), places)
    residuals = level.series - level.design @ level.coefficients
    # How alike neighbours are apart from a course such as the one that is looked for.
    time = (places - places.mean()) / max(np.ptp(places), 1)
    curved = fit(series, np.vander(time, 4), places, SHARPNESS).weights
    p = np.full(series.shape[1], np.nan)
    for k in np.flatnonzero(~np.isnan(curved[0])):
        weights = curved[:, k] / curved[:, k].sum()
        models = generator.choice(len(PHI), permutations, p=weights)
        shuffled = generator.permuted(residuals[models, :, k], axis=1)
        made = colour(shuffled, places, PHI[models], SHARE[models])
        curves = np.vstack([series[:, k] - series[:, k].mean(), made])
        found = course(np.exp(curves)[:, :, None], days)
        off = _standard(found.centre[:, 0]) ** 2
        off += np.minimum(_standard(found.spread[:, 0]), 0) ** 2
        p[k] = (off >= off[0] * (1 - 1e-12)).mean()  # the observed series is one of them
    return p


def _standard(values: Floats) -> Floats:
    return (values - values.mean()) / max(values.std(), 1e-300)


def label(
    q: float, low: float, high: float, spread: float, occupied: float, days: float, alpha: float
) -> str:
    """Return what kind of course a class has: "" where nothing was tested (q is NaN).

    "persistent" where its timing may be chance, it was found nearly always, and it is spread over
    the sampled time; else "early" or "late" where the interval of its centre lies within the first
    or last `OUTER` of that time, and "transient" where it does not. The label says where a class
    has its time; whether that is more than chance, q says.

    Parameters
    ----------
    q : float
    low, high : float
        Interval of the centre, days since the first sampled period.
    spread : float
        Standard deviation of its time, days.
    occupied : float
        Share of the sampled periods with the class.
    days : float
        From the first to the last sampled period.
    alpha : float
    """
    if np.isnan(q):
        return ""
    if q > alpha and occupied >= PERSISTENT and spread >= EVEN * days / np.sqrt(12):
        return "persistent"
    early, late = high <= OUTER * days, low >= (1 - OUTER) * days
    return "early" if early else "late" if late else "transient"
