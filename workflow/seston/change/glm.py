"""Negative binomial regressions of counts, and whether they fit."""

import warnings
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special
from statsmodels.genmod.families import Family, NegativeBinomial, Poisson
from statsmodels.genmod.generalized_linear_model import GLM
from statsmodels.tools.sm_exceptions import ConvergenceWarning, DomainWarning

Floats = npt.NDArray[np.float64]

_LEAST, _MOST = 1e-4, 1e3  # scatter (cv2): none, and boundless


@dataclass(frozen=True)
class Fit:
    """A fitted regression of N counts.

    Attributes
    ----------
    counts : ndarray, shape (N,)
        With what is added to them.
    expected : ndarray, shape (N,)
    scatter : float
        Squared coefficient of variation beside counting: the variance of a count is
        mu + scatter mu². 0 if counting explains all.
    poisson_ratio, ratio : float
        Pearson's chi-squared over the degrees of freedom, without and with that scatter.
    converged : bool
    """

    counts: Floats
    expected: Floats
    scatter: float
    poisson_ratio: float
    ratio: float
    converged: bool

    @property
    def residual(self) -> Floats:
        """Working residual of the logarithm: observed over expected, less 1."""
        return self.counts / self.expected - 1

    @property
    def deviation(self) -> Floats:
        """Standard deviation of log count in each cell, about: sqrt(1 / mu + scatter)."""
        return np.sqrt(1 / self.expected + self.scatter)


def fit(counts: Floats, effort: Floats, design: Floats) -> Fit:
    """Fit log(expected count) = log(effort) + design · coefficients.

    A Poisson regression gives the expected counts, these the scatter of greatest likelihood,
    and a negative binomial regression with it the final ones. Each count has half its leverage
    added, as Firth (1993, Biometrika 80:27) does against bias, here with the leverage at equal
    concentrations: half an image per coefficient in all. So a class that a bag or a month is
    without has a low level there instead of none, which no logarithm has.

    Parameters
    ----------
    counts, effort : ndarray, shape (N,)
    design : ndarray, shape (N, p)
        With the level among its columns.
    """
    leverage = np.linalg.qr(design * np.sqrt(effort)[:, None])[0] ** 2
    counts = counts + leverage.sum(axis=1) / 2
    offset = np.log(effort)
    start = np.linalg.lstsq(design, np.log(counts + counts.mean() / 2) - offset)[0]
    plain = _regress(counts, offset, design, Poisson(), start)
    final, scatter = plain, 0.0
    if plain.converged:
        scatter = likeliest_scatter(counts, plain.mu)
    if scatter > 0:
        final = _regress(counts, offset, design, NegativeBinomial(alpha=scatter), plain.params)
    left = max(len(counts) - design.shape[1], 1)

    def ratio(mu: Floats, scatter: float) -> float:
        return float(((counts - mu) ** 2 / (mu + scatter * mu**2)).sum() / left)

    return Fit(
        counts, final.mu, scatter, ratio(plain.mu, 0.0), ratio(final.mu, scatter), final.converged
    )


class _Regressed(NamedTuple):
    mu: Floats
    params: Floats
    converged: bool


def _regress(
    counts: Floats, offset: Floats, design: Floats, family: Family, start: Floats
) -> _Regressed:
    # Instead of warnings and of an error where the steps diverge, `converged` tells.
    with warnings.catch_warnings():
        for kind in (ConvergenceWarning, DomainWarning, RuntimeWarning):
            warnings.simplefilter("ignore", kind)
        try:
            done = GLM(counts, design, family, offset=offset).fit(start_params=start)
        except ValueError:
            return _Regressed(np.exp(offset + design @ start), start, False)
    sound = bool(done.converged) and bool((done.mu > 0).all() and np.isfinite(done.mu).all())
    return _Regressed(done.mu, done.params, sound)


def likeliest_scatter(counts: Floats, expected: Floats) -> float:
    """Return the negative binomial scatter of greatest likelihood; 0 where there is none.

    The root in k = 1 / scatter of the score of Lawless (1987, Can. J. Stat. 15:209), by
    bisection: safe at both ends, where Newton's steps fail.
    """

    def score(k: float) -> float:
        gain = special.digamma(counts + k) - special.digamma(k)
        return float(np.sum(gain + np.log(k / (k + expected)) + 1 - (counts + k) / (expected + k)))

    low, high = -np.log(_MOST), -np.log(_LEAST)  # of log k
    if score(np.exp(high)) >= 0:
        return 0.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if score(np.exp(middle)) > 0 else (low, middle)
    return float(np.exp(-(low + high) / 2))
