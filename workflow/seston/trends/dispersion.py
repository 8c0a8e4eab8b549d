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

A few samples tell little of the scatter of a cluster, and nothing where it was found in one
image at a time. The scatter of all clusters of the site together therefore stands beside
its own, as if it were some degrees of freedom more, by the logarithm: a cluster that differs
from the rest by a factor of ten keeps a scatter of its own.

References
----------
Williams, D. A. (1982). Extra-binomial variation in logistic linear models. Appl. Stat. 31.
Breslow, N. E. (1984). Extra-Poisson variation in log-linear models. Appl. Stat. 33.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seston.trends.residuals import (
    Family,
    Floats,
    Residuals,
    Stratum,
    around,
    by_period,
    residuals,
)

WINDOW = 3  # periods that share one rate where periods have no samples to compare
LEAST = 4  # degrees of freedom below which a long series is smoothed instead
SERIES = 10  # degrees of freedom that make a series of single samples long
PRIOR = 2.0  # degrees of freedom that the scatter of all clusters counts for
SHARED = 8.0  # and those that it adds to the certainty of a cluster's own
TRACE = 1e-3  # that scatter is at least this, so that it has a logarithm
NAMES = {"binomial": "rho", "poisson": "cv2"}
_NONE = 1e-9  # a scatter that nobody could tell from none
MOST = {"binomial": 1.0, "poisson": 1e3}


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


def site_dispersions(
    strata: list[Stratum], family: Family, everything: str = "all classes"
) -> list[Dispersion]:
    """Return the scatter between samples in each group of a site.

    1. Samples are compared with the others of their own period. Where no period has
       two samples, or they leave fewer than `LEAST` degrees of freedom while the series is
       long (`SERIES`), samples are compared with the mean of `WINDOW` sampled periods
       instead. What really changes within the window then counts as scatter: intervals
       come out wide rather than narrow, in a series that a wave of e³ goes through with 98
       to 99 % instead of 95 % if samples do not scatter.
    2. The scatter of all clusters and groups of the site together counts for `PRIOR` degrees
       of freedom beside those of each cluster, and the result is taken to be as sure as with
       `SHARED` more than its own: a cluster found in a few images only would otherwise get
       intervals that cover 99 to 100 %. None has more than there are samples to compare.
    3. A site where no sample can be compared with another has none: NaN.

    Parameters
    ----------
    strata : list of Stratum
        One per group.
    family : {"binomial", "poisson"}
    everything : str
        What all clusters and groups together are called, where the scatter is told.
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
    every = Residuals(*map(np.concatenate, zip(*flat, strict=True)))
    typical = max(float(solve(every, MOST[family])[0]), TRACE)
    return [
        _choose(window, found, typical, samples, family, everything) for window, _, found in parts
    ]


def _choose(
    window: int, found: Residuals, typical: float, samples: float, family: Family, everything: str
) -> Dispersion:
    clusters = found.squares.shape[1]
    if samples == 0:
        nothing = np.full(clusters, np.nan)
        return Dispersion(nothing, nothing, ["scatter unknown: no two samples"] * clusters)
    size = solve(found, MOST[family], typical, PRIOR)
    own = found.freedom.sum(axis=0)
    freedom = np.minimum(own + SHARED, samples)
    way = "within periods" if window == 1 else f"around {window}-period means"
    how = [
        f"{NAMES[family]} {value:.3g} ({way if enough else everything}, df {left:.3g})"
        for value, left, enough in zip(size, freedom, own >= PRIOR, strict=True)
    ]
    return Dispersion(size, freedom, how)


def solve(found: Residuals, most: float, typical: float = 1.0, prior: float = 0.0) -> Floats:
    """Return the scatter (K,) at which squared residuals are as large as expected.

    The root of sum(freedom (squares / expected - 1)) + prior log(typical / scatter), which
    falls as the scatter rises: 0 where already next to none is too much, and at most `most`.
    Bisection of the logarithm: safe, and the same number of steps for all clusters.
    """

    def too_small(size: Floats) -> npt.NDArray[np.bool_]:
        expected = found.chance + size * found.scatter / (1 + size * found.bias)
        tells = found.freedom > 0
        ratio = np.divide(found.squares, expected, out=np.ones_like(expected), where=tells)
        told = (found.freedom * (ratio - 1)).sum(axis=0)
        return told + prior * np.log(typical / size) > 0

    low = np.full(found.squares.shape[1], _NONE)
    high = np.where(too_small(low), most, low)
    for _ in range(40):
        middle = np.sqrt(low * high)
        small = too_small(middle)
        low, high = np.where(small, middle, low), np.where(small, high, middle)
    return np.where(low > _NONE, low, 0.0)


def _design(stratum: Stratum, window: int) -> float:
    """Return the degrees of freedom of a cluster that is found everywhere."""
    total = around(by_period(stratum.effort, stratum.period), window)
    left = 1 - stratum.effort / total[stratum.period]
    return float(left[left > 1e-9].sum())
