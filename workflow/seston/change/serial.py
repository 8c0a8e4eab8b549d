"""Periods that follow each other are alike: how much, and series made free of it.

A series is taken as a trend plus an autoregressive process of order 1 plus noise of the single
period (counting, patches): the autocorrelation at a lag of d periods is (1 - noise) phi^d.
Fifteen or thirty periods do not tell phi and the noise well, and a test that takes one estimate
for the truth finds trends where there are none. So all values on a grid stay in play, each with
a weight by how well it explains the series, and what is tested is tested with all of them.
Gaps need nothing filled in: the lag across a gap is longer, that is all. Lags are counted in usual
steps between sampled periods (`in_usual_steps`), so that phi is that of neighbouring samples.
Counted in hours, daily samples could not resemble each other, and 0.26 of series with a phi of 0.6
from day to day had a false trend.

The weight is the restricted likelihood (REML) to the power of `SHARPNESS`, times (1 - phi)^-1/2
and the weight of the noise. These three were chosen by the rates of false positives of
`mann_kendall` at phi 0, 0.3, 0.6, noise of 0, 1/5, 1/3 of the variance, and 15 to 60 periods.
With the likelihood itself (power 1) they were 0.004 to 0.046 for alpha 0.05, with the single best
value (a high power) 0.046 to 0.10; with this, see `mann_kendall`.

References
----------
Harvey, A. C. (1989). Forecasting, structural time series models and the Kalman filter.
Cambridge. (Innovations of a state space model with gaps: section 3.4.)
Harville, D. A. (1977). Maximum likelihood approaches to variance component estimation. Journal
of the American Statistical Association 72, 320-338.
Meng, X.-L. (1994). Posterior predictive p-values. Annals of Statistics 22, 1142-1160.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

SHARPNESS = 4.0
NOISE = {0.0: 1.0, 0.2: 0.3, 0.4: 0.1, 0.6: 0.1}  # share of the variance -> weight
_AUTOCORRELATIONS = np.arange(-5, 10) / 10  # negative ones need no noise beside them
_CELLS = [(p, s) for s in NOISE for p in _AUTOCORRELATIONS if s == 0 or p > 0]

PHI = np.array([phi for phi, _ in _CELLS])
SHARE = np.array([share for _, share in _CELLS])
_PRIOR = np.log([NOISE[share] for share in SHARE]) - 0.5 * np.log(1 - PHI)

#: Weights below this are left out: together they cannot move a p-value by 0.01.
LEAST_WEIGHT = 1e-4


class Whitened(NamedTuple):
    """Series free of autocorrelation, under each of G models.

    Attributes
    ----------
    values : ndarray, shape (G, n, C)
        Innovations, each divided by its standard deviation.
    log_determinant : ndarray, shape (G,)
        Of the correlation matrix of the n periods.
    """

    values: Floats
    log_determinant: Floats


def whiten(columns: Floats, places: Places, phi: Floats = PHI, share: Floats = SHARE) -> Whitened:
    """Return what is new in each period, given all before it: a Kalman filter of one state.

    Parameters
    ----------
    columns : ndarray, shape (n, C)
        Series and regressors.
    places : ndarray of int, shape (n,)
        Ascending numbers of the periods; jumps are gaps.
    phi, share : ndarray, shape (G,)
        Autocorrelation of neighbouring periods, and share of the variance that is noise.
    """
    values = np.empty((len(phi), *columns.shape))
    determinant = np.zeros(len(phi))
    state = np.zeros((len(phi), columns.shape[1]))
    for i, step in enumerate(_steps(places, phi, share)):
        state = state * step.decay[:, None]
        surprise = columns[i] - state
        values[:, i] = surprise / step.deviation[:, None]
        determinant += 2 * np.log(step.deviation)
        state = state + step.gain[:, None] * surprise
    return Whitened(values, determinant)


def colour(values: Floats, places: Places, phi: Floats, share: Floats) -> Floats:
    """Return the series of which `values` are the innovations: `whiten` undone.

    Parameters
    ----------
    values : ndarray, shape (G, n)
        One series for each of G models.
    """
    series = np.empty_like(values)
    state = np.zeros(len(phi))
    for i, step in enumerate(_steps(places, phi, share)):
        state = state * step.decay
        surprise = values[:, i] * step.deviation
        series[:, i] = state + surprise
        state = state + step.gain * surprise
    return series


class _Step(NamedTuple):
    """From one period to the next: each of shape (G,)."""

    decay: Floats
    deviation: Floats
    gain: Floats


def _steps(places: Places, phi: Floats, share: Floats) -> list[_Step]:
    """Return the filter's steps, which do not depend on the data. Variance of a period: 1."""
    signal = 1 - share
    variance = signal.copy()  # of the state, before its period is seen
    steps = []
    usual = in_usual_steps(places)
    for i, lag in enumerate(np.diff(usual, prepend=usual[:1])):
        decay = phi ** float(lag) if i else np.zeros_like(phi)
        if i:
            variance = decay**2 * variance + signal * (1 - decay**2)
        total = variance + share
        gain = variance / total
        steps.append(_Step(decay, np.sqrt(total), gain))
        variance = variance * (1 - gain)
    return steps


def in_usual_steps(places: Places) -> Places:
    """Return numbers of periods counted in the usual (median) step between them, from 0.

    Weekly samples that are counted by day come out as 0, 1, 2, …, with 2 steps over a missing week.
    Where most neighbouring periods were sampled nothing changes but the start. Periods may be
    repeated, and in any order.
    """
    periods, at = np.unique(places, return_inverse=True)
    lags = np.diff(periods)
    usual = max(1.0, float(np.median(lags))) if len(lags) else 1.0
    steps = np.concatenate([[0], np.maximum(1, np.rint(lags / usual)).cumsum()])
    return steps.astype(np.int64)[at]


class Fitted(NamedTuple):
    """Generalised least squares under each of G models.

    Attributes
    ----------
    design : ndarray, shape (G, n, P)
        Whitened regressors.
    series : ndarray, shape (G, n, K)
        Whitened series.
    coefficients : ndarray, shape (G, P, K)
    scatter : ndarray, shape (G, P, P)
        Covariance of the coefficients, for a residual variance of 1.
    variance : ndarray, shape (G, K)
        Of the residuals, with n - P degrees of freedom.
    weights : ndarray, shape (G, K)
        Of the models, for each series; they sum to 1. NaN for a series that the regressors
        explain wholly, such as a constant one.
    """

    design: Floats
    series: Floats
    coefficients: Floats
    scatter: Floats
    variance: Floats
    weights: Floats


def fit(
    series: Floats,
    design: Floats,
    places: Places,
    sharpness: float = SHARPNESS,
    most: float = 1.0,
) -> Fitted:
    """Fit regressors to series under every model of the grid, and weigh the models.

    Parameters
    ----------
    series : ndarray, shape (n, K)
    design : ndarray, shape (n, P)
        Regressors, of full rank; P < n.
    places : ndarray of int, shape (n,)
    sharpness : float
        Power of the likelihood in the weights.
    most : float
        Largest phi that is in play.
    """
    freedom = len(series) - design.shape[1]
    scale = series.std(axis=0)
    white = whiten(np.hstack([design, series]), places)
    x, y = np.split(white.values, [design.shape[1]], axis=2)
    inner = np.swapaxes(x, 1, 2) @ x
    scatter = np.linalg.inv(inner)
    coefficients = scatter @ (np.swapaxes(x, 1, 2) @ y)
    squares = ((y - x @ coefficients) ** 2).sum(axis=1)
    explained = squares.min(axis=0) <= 1e-20 * np.maximum(scale**2, 1e-300)
    with np.errstate(divide="ignore", invalid="ignore"):
        likelihood = -0.5 * (white.log_determinant + np.linalg.slogdet(inner)[1])[
            :, None
        ] - 0.5 * freedom * np.log(squares)
        weights = sharpness * likelihood + _PRIOR[:, None]
        weights[most + 1e-9 < PHI] = -np.inf
        weights = np.exp(weights - weights.max(axis=0))
        weights = np.where(explained | (scale == 0), np.nan, weights / weights.sum(axis=0))
    covariance: Floats = scatter.astype(np.float64)
    return Fitted(x, y, coefficients, covariance, squares / freedom, weights)


def lag1(weights: Floats) -> Floats:
    """Return the autocorrelation of neighbouring periods, (K,), averaged over the models."""
    return ((1 - SHARE) * PHI) @ weights
