"""Whether more images lie beyond the limits than the earlier run makes one expect."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from seston.frozen.baseline import Scatter
from seston.trends.intervals import design_effect, wilson

Floats = npt.NDArray[np.float64]

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Excess:
    """Counts of images beyond the limits, beside what is expected; each of shape (r,).

    Attributes
    ----------
    images, beyond : ndarray of int
    expected : ndarray
        Share expected beyond.
    low, high : ndarray
        Interval of the share found.
    p : ndarray
        One-sided, of as many beyond or more; NaN where the scatter is unknown or no image is.
    """

    images: npt.NDArray[np.int64]
    beyond: npt.NDArray[np.int64]
    expected: Floats
    low: Floats
    high: Floats
    p: Floats


def excess(
    images: npt.NDArray[np.int64],
    squares: npt.NDArray[np.int64],
    beyond: npt.NDArray[np.int64],
    usual: Floats,
    scatter: Scatter,
    unsure: npt.ArrayLike = 0.0,
) -> Excess:
    r"""Test counts beyond the limits against the earlier run.

    Parameters
    ----------
    images, squares, beyond : ndarray, shape (r,)
        Sums over samples of images, of their squares, of images beyond.
    usual : ndarray, shape (r,)
        Images expected beyond if all samples were alike.
    scatter : Scatter
        Between samples of the earlier run.
    unsure : array_like, broadcastable to (r,)
        Correlation that all images of a row share because the expected share is itself an
        estimate: its variance over p (1 - p).

    Notes
    -----
    A count is beta-binomial with the mean *n p*, where *p* is the share expected times the
    scatter's factor, and the variance :math:`n p (1 - p) \phi`; :math:`\phi` is the design
    effect of the samples and of what is not sure of *p*. The scatter is estimated from few
    samples too: its correlation is taken at the upper end of its standard error.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        p = np.minimum(scatter.factor * usual / images, 1.0)
        rho = min(scatter.rho * (1 + np.sqrt(2 / max(scatter.freedom, 1))), 1.0)
        phi = design_effect(np.asarray(rho), images, squares) + (images - 1) * np.asarray(unsure)
        low, high = wilson(beyond, images, phi, np.asarray(scatter.freedom), CONFIDENCE)
        correlation = np.clip((phi - 1) / (images - 1), 1e-9, 1 - 1e-9)
        size = (1 - correlation) / correlation
        tail = np.clip(stats.betabinom.sf(beyond - 1, images, p * size, (1 - p) * size), 0, 1)
    tail = np.where(images == 1, np.where(beyond > 0, p, 1.0), tail)
    unknown = np.isnan(scatter.rho) | (images == 0)
    return Excess(
        images,
        beyond,
        p,
        np.where(unknown, np.where(images == 0, np.nan, 0.0), low),
        np.where(unknown, np.where(images == 0, np.nan, 1.0), high),
        np.where(unknown, np.nan, np.where(p >= 1, 1.0, tail)),
    )


def adjusted(p: Floats) -> Floats:
    """Return p-values adjusted for false discovery (Benjamini & Hochberg 1995); NaN stays."""
    told = np.isfinite(p)
    out = np.full(p.shape, np.nan)
    if told.any():
        out[told] = stats.false_discovery_control(p[told])
    return out
