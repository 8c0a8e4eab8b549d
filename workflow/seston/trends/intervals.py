"""Intervals that take the sample, not the image, as the unit of observation.

Images of one sample resemble each other: simulated intervals of nominal 95 % that take them for
independent covered 37 % at an intra-sample correlation of 0.05. The scatter between samples
(`dispersion`) widens Wilson's interval of a share and Poisson's interval of a concentration, and
Student's t stands for the normal quantile because the scatter is itself estimated.
"""

import numpy as np
import numpy.typing as npt
from scipy import stats

from seston.trends.dispersion import by_period

Floats = npt.NDArray[np.float64]


def wilson(
    count: npt.NDArray,
    images: npt.NDArray,
    phi: npt.NDArray,
    freedom: npt.NDArray,
    confidence: float,
) -> tuple[Floats, Floats]:
    r"""Return the quasi-binomial Wilson interval of shares.

    Parameters
    ----------
    count, images : ndarray, broadcastable
        Images of the cluster and all images; without images the interval is NaN.
    phi : ndarray, broadcastable
        Variance of the share over that of independent images (`design_effect`).
    freedom : ndarray, broadcastable
        Degrees of freedom behind phi; infinity if phi is known.
    confidence : float
        Such as 0.95.

    Returns
    -------
    low, high : ndarray

    Notes
    -----
    Wilson (1927) solves :math:`|\hat p - p| = z \sqrt{p (1 - p) / n}` for *p*; here
    :math:`n / \phi` stands for *n* and Student's *t* for *z*.
    """
    size = images / phi
    t2 = student(freedom, confidence) ** 2
    share = count / images
    centre = (share + t2 / (2 * size)) / (1 + t2 / size)
    half = np.sqrt(t2 * (share * (1 - share) / size + t2 / (4 * size**2))) / (1 + t2 / size)
    # Exactly 0 and 1 at the ends, where rounding would leave a trace.
    low = np.where((count == 0) & (images > 0), 0.0, centre - half)
    high = np.where((count == images) & (images > 0), 1.0, centre + half)
    return low, high


def design_effect(rho: npt.NDArray, images: npt.NDArray, squares: npt.NDArray) -> Floats:
    r"""Return how much the variance of a share exceeds that of independent images.

    Parameters
    ----------
    rho : ndarray
        Intra-sample correlation.
    images, squares : ndarray
        Sum over samples of their images, and of the squares of that.

    Returns
    -------
    ndarray
        :math:`\phi = 1 + \rho (\sum n_i^2 / \sum n_i - 1)` (Kish 1965, Survey Sampling).
    """
    return 1 + rho * (squares / images - 1)


def ratio_of_sums(
    total: npt.NDArray,
    variance: npt.NDArray,
    volume: npt.NDArray,
    freedom: npt.NDArray,
    confidence: float,
) -> tuple[Floats, Floats]:
    r"""Return the quasi-Poisson interval of concentrations, on the log scale.

    Parameters
    ----------
    total : ndarray
        Sum of counts times dilution; above 0.
    variance : ndarray
        Of `total`.
    volume : ndarray
        mL analysed.
    freedom : ndarray
        Degrees of freedom behind the variance.
    confidence : float
        Such as 0.95.

    Returns
    -------
    low, high : ndarray
        Per mL: :math:`\exp(\log(T / V) \pm t \sqrt{\mathrm{var}(T)} / T)` (delta method).
    """
    spread = np.exp(student(freedom, confidence) * np.sqrt(variance) / total)
    return total / volume / spread, total / volume * spread


def undetected_below(
    water: Floats, period: npt.NDArray[np.integer], cv2: Floats, confidence: float
) -> Floats:
    r"""Return the concentration that samples without a find still allow.

    Parameters
    ----------
    water : ndarray, shape (m,)
        mL of each sample; 0 where unknown.
    period : ndarray of int, shape (m,)
        Number of the period of each sample.
    cv2 : ndarray, shape (K,)
        Scatter between samples of each cluster; where it is unknown (NaN) as if there were none.
    confidence : float
        Such as 0.95.

    Returns
    -------
    ndarray, shape (T, K)
        Per mL. NaN without water, and where the scatter is so large that there is no limit.

    Notes
    -----
    If the concentration of samples is gamma distributed around *c* with the squared coefficient
    of variation *s*, counts are negative binomial with the mean :math:`c w_i` and the variance
    :math:`c w_i + s (c w_i)^2`, and 0 with probability :math:`(1 + s c w_i)^{-1/s}` (Anscombe
    1949, Biometrics 5:165). All samples of a period are 0 with probability 1 - confidence at

    .. math:: \sum_i \log(1 + s c w_i) / s = -\log(1 - \mathrm{confidence}).

    As *s* tends to 0 this is the rule of three, 3.00 / mL at 95 % (Hanley & Lippman-Hand 1983,
    JAMA 249:1743). The root lies between that and the one for a single sample of mean volume;
    bisection of its logarithm finds it. The scatter is taken as known: where it is strong and
    estimated from three samples a period (cv2 = 2), 95 % limits cover about 90 %, those of the
    rule of three 81 %.
    """
    scatter = np.maximum(np.nan_to_num(cv2), 1e-9)  # below that, the rule of three
    total = by_period(water, period)[:, None]
    samples = by_period(np.ones_like(water), period)[:, None]
    wanted = -np.log(1 - confidence)
    # Without water the limits are infinite, and with boundless scatter the bound.
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        low = np.log(wanted / total) + np.zeros_like(scatter)
        most = scatter * wanted
        high = most + np.log(-np.expm1(-most)) - np.log(scatter * total / samples)
        size = np.log(scatter * water[:, None])
        for _ in range(60):
            middle = (low + high) / 2
            found = by_period(np.logaddexp(0, middle[period] + size), period) / scatter
            less = found < wanted
            low, high = np.where(less, middle, low), np.where(less, high, middle)
        bound = np.exp(high)
    return np.where(np.isfinite(bound), bound, np.nan)


def student(freedom: npt.NDArray, confidence: float) -> Floats:
    """Return the two-sided quantile of Student's t; the normal one at infinite freedom."""
    return stats.t.ppf((1 + confidence) / 2, freedom)
