"""How much more samples scatter than counting alone explains.

Two samples of one period differ by more than the chance of counting: patches, handling,
the state of the instrument. That scatter has one size per cluster, estimated from all
periods together; with it, two samples a period are enough for an interval that covers.

For shares it is the intra-sample correlation rho, with variance n p (1 - p) (1 + (n - 1) rho)
of a count; for concentrations the squared coefficient of variation of the true concentration
between samples, with variance mu + cv2 mu². Where all samples are of one size and abundance,
both are the common factor phi on the variance (quasi-binomial, quasi-Poisson). Unlike phi they
do not grow with the sample, so periods of large and small samples, of bloom and of absence, can
share one: at a peak e² times the mean, nominal 95 % intervals with one phi covered 68 to 78 %.

References
----------
Williams, D. A. (1982). Extra-binomial variation in logistic linear models. Appl. Stat. 31.
Breslow, N. E. (1984). Extra-Poisson variation in log-linear models. Appl. Stat. 33.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Family = Literal["binomial", "poisson"]

WINDOW = 5  # periods that share one rate where periods have no samples to compare
LEAST = 4  # degrees of freedom below which a cluster's own scatter is not enough
SERIES = 10  # degrees of freedom that make a series of single samples worth smoothing
NAMES = {"binomial": "rho", "poisson": "cv2"}
MOST = {"binomial": 1.0, "poisson": 1e3}


class Stratum(NamedTuple):
    """The samples of one site and group.

    Attributes
    ----------
    counts : ndarray, shape (m, K)
        Images of each cluster in each sample.
    effort : ndarray, shape (m,)
        All images of each sample (binomial), or its mL of water (Poisson); above 0.
    period : ndarray of int, shape (m,)
        Number of the sampled period of each sample: 0, 1, … in order of time.
    """

    counts: npt.NDArray
    effort: Floats
    period: npt.NDArray[np.integer]


class Residuals(NamedTuple):
    """Squared residuals of samples, and what is expected of them; each of shape (m, K).

    Attributes
    ----------
    squares : ndarray
        Of count less expected count.
    chance : ndarray
        Expected square if there is only the chance of counting.
    scatter : ndarray
        What rho or cv2 = 1 would add to that.
    freedom : ndarray
        Share of a degree of freedom that the sample has left: 1 - effort / effort of the
        window. 0 where it tells nothing: no variance is expected in its window.
    """

    squares: Floats
    chance: Floats
    scatter: Floats
    freedom: Floats


@dataclass(frozen=True)
class Dispersion:
    """The scatter between samples of each of K clusters in one site and group.

    Attributes
    ----------
    size : ndarray, shape (K,)
        rho or cv2, at least 0; NaN where it cannot be known.
    freedom : ndarray, shape (K,)
        Degrees of freedom behind it.
    how : list of str, length K
        How it was found, for people.
    """

    size: Floats
    freedom: Floats
    how: list[str]


def site_dispersions(strata: list[Stratum], family: Family) -> list[Dispersion]:
    """Return the scatter between samples in each group of a site.

    1. Samples are compared with the others of their own period. Where no period has
       two samples, or they leave fewer than `LEAST` degrees of freedom while the series is
       long (`SERIES`), samples are compared with the mean of `WINDOW` sampled periods
       instead. What really changes within the window then counts as scatter: intervals
       come out wide rather than narrow.
    2. A cluster that has fewer than `LEAST` of its own (it was found in a few samples only)
       takes the scatter of all clusters and groups of the site together if that is larger,
       with the degrees of freedom of the samples.
    3. A site where no sample can be compared with another has none: NaN.
    """
    parts = []
    for stratum in strata:
        window, design = 1, _design(stratum, 1)
        if design < LEAST:
            smooth = _design(stratum, WINDOW)
            if smooth >= SERIES or design == 0:
                window, design = WINDOW, smooth
        parts.append((window, design, residuals(stratum, window, family)))
    samples = sum(design for _, design, _ in parts)
    flat = [[x.reshape(-1, 1) for x in found] for *_, found in parts]
    pooled = solve(Residuals(*map(np.concatenate, zip(*flat, strict=True))), MOST[family])[0]
    return [_choose(window, found, pooled, samples, family) for window, _, found in parts]


def _choose(
    window: int, found: Residuals, pooled: float, samples: float, family: Family
) -> Dispersion:
    clusters = found.squares.shape[1]
    if samples == 0:
        nothing = np.full(clusters, np.nan)
        return Dispersion(nothing, nothing, ["scatter unknown: no two samples"] * clusters)
    own, freedom = solve(found, MOST[family]), found.freedom.sum(axis=0)
    alone = freedom >= LEAST
    size = np.where(alone, own, np.maximum(own, pooled))
    freedom = np.where(alone, freedom, samples)
    way = "within periods" if window == 1 else f"around {window}-period means"
    how = [
        f"{NAMES[family]} {value:.3g} ({way if enough else 'all clusters'}, df {left:.3g})"
        for value, left, enough in zip(size, freedom, alone, strict=True)
    ]
    return Dispersion(size, freedom, how)


def residuals(stratum: Stratum, window: int, family: Family) -> Residuals:
    r"""Return the residuals of samples around the mean of a window of periods.

    Parameters
    ----------
    stratum : Stratum
    window : int
        Odd number of periods, centred; 1 is the sample's own period only.
    family : {"binomial", "poisson"}

    Notes
    -----
    With the ratio of sums :math:`\hat p`, :math:`h_i = n_i / N` and independent samples,
    :math:`\mathrm{E}(x_i - n_i \hat p)^2 = (1 - 2 h_i) v_i + h_i^2 \sum_j v_j`, where
    :math:`v = n V(p)` for chance and :math:`n (n - 1) V(p)` or :math:`(n p)^2` for scatter.
    """
    counts, effort, period = stratum
    rate, total = (
        around(by_period(values, period), window)[period] for values in (counts, effort[:, None])
    )
    rate = rate / total
    n, h = effort[:, None], effort[:, None] / total
    variance = rate * (1 - rate) if family == "binomial" else rate
    growth, unit = (n * (n - 1), variance) if family == "binomial" else (n**2, rate**2)
    growth_around = around(by_period(growth, period), window)[period]
    freedom = np.where(variance > 0, np.maximum(1 - h, 0), 0)
    return Residuals(
        (counts - n * rate) ** 2,
        variance * n * (1 - h),
        unit * ((1 - 2 * h) * growth + h**2 * growth_around),
        freedom,
    )


def solve(found: Residuals, most: float) -> Floats:
    """Return the scatter (K,) at which squared residuals are as large as expected.

    The root of sum(freedom (squares / expected - 1)), which falls as the scatter rises;
    0 where it is below 0 without any, at most `most`. Bisection: safe, and the same
    number of steps for all clusters.
    """

    def too_small(size: Floats) -> npt.NDArray[np.bool_]:
        expected = found.chance + size * found.scatter
        tells = found.freedom > 0
        ratio = np.divide(found.squares, expected, out=np.ones_like(expected), where=tells)
        return (found.freedom * (ratio - 1)).sum(axis=0) > 0

    low = np.zeros(found.squares.shape[1])
    high = np.where(too_small(low), most, 0.0)
    for _ in range(60):
        middle = (low + high) / 2
        small = too_small(middle)
        low, high = np.where(small, middle, low), np.where(small, high, middle)
    return low


def by_period(values: npt.NDArray, period: npt.NDArray[np.integer]) -> Floats:
    """Return the sums of `values` (m, …) over the samples of each period (T, …)."""
    sums = np.zeros((int(period.max(initial=-1)) + 1, *values.shape[1:]))
    np.add.at(sums, period, values)
    return sums


def around(values: Floats, window: int) -> Floats:
    """Return the sums of `values` (T, …) over a centred window of sampled periods.

    Whatever the gaps between the periods; the window is cut at both ends of the series.
    """
    half = window // 2
    run = np.concatenate([np.zeros((1, *values.shape[1:])), values.cumsum(axis=0)])
    periods = np.arange(len(values))
    return run[np.minimum(periods + half + 1, len(values))] - run[np.maximum(periods - half, 0)]


def _design(stratum: Stratum, window: int) -> float:
    """Return the degrees of freedom of a cluster that is found everywhere."""
    total = around(by_period(stratum.effort, stratum.period), window)
    left = 1 - stratum.effort / total[stratum.period]
    return float(left[left > 1e-9].sum())
