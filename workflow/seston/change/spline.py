"""Courses through time: slow ones that a spline can follow, and the waves next to them."""

import numpy as np
import numpy.typing as npt
from scipy.interpolate import CubicSpline

Floats = npt.NDArray[np.float64]

PERIODS_PER_DF = 7  # periods behind each degree of freedom of a curve
MOST_DF = 8
WAVES = 5  # waves beside the curve that its scatter is estimated from, where the series is short


def degrees(periods: int) -> int:
    """Return the degrees of freedom of a curve through so many periods: 3 through 23."""
    return int(np.clip(periods // PERIODS_PER_DF, 1, MOST_DF))


class NaturalSpline:
    """A natural cubic spline of time, without its level.

    Parameters
    ----------
    time : ndarray of int, shape (N,)
        Number of the period of each cell, counted by the calendar.
    df : int
        Number of columns; 1 is a straight line. There are df + 1 knots, at quantiles of the
        periods that were sampled. Outside them the course is straight.
    """

    def __init__(self, time: npt.NDArray[np.integer], df: int) -> None:
        self.df = df
        self._knots = np.quantile(np.unique(time), np.linspace(0, 1, df + 1))
        basis = self._basis(time)
        self._mean = basis.mean(axis=0)
        self._root = np.linalg.qr(basis - self._mean, mode="r") / np.sqrt(len(time))

    def __call__(self, time: npt.NDArray) -> Floats:
        """Return the columns at these times, (n, df).

        Over the cells they are orthogonal to each other and to the level, with a mean square
        of 1 each.
        """
        return np.linalg.solve(self._root.T, (self._basis(time) - self._mean).T).T

    def _basis(self, time: npt.NDArray) -> Floats:
        if len(self._knots) == 2:
            return np.asarray(time, np.float64)[:, None]
        unit = np.eye(len(self._knots))
        inside = np.clip(time, self._knots[0], self._knots[-1])
        curve = CubicSpline(self._knots, unit, bc_type="natural")
        slope = curve(inside, 1)  # beyond the outermost knots it goes on straight
        return (curve(inside) + slope * (np.asarray(time) - inside)[:, None])[:, 1:]


def waves(time: npt.NDArray[np.integer], df: int, periods: int) -> Floats:
    """Return the cosines that are just too fast for a curve with `df` degrees of freedom.

    Wave *k* has k / 2 cycles between the first and the last period (the cosine transform).
    A curve with df degrees of freedom follows waves 1 to df; those after it have about the same
    serial correlation, so their size tells by how much the curve would move without a cause
    (Müller & Watson 2008, Econometrica 76:979; Lazarus et al. 2018, J. Bus. Econ. Stat. 36:541).

    Parameters
    ----------
    time : ndarray of int, shape (N,)
        Number of the period of each cell.
    df : int
        Of the curve.
    periods : int
        Sampled periods of the group that has the fewest.

    Returns
    -------
    ndarray, shape (N, c)
        Waves df + 1 to df + 5, of long series up to those of eight periods; fewer where
        there are too few periods.
    """
    length = time.max() - time.min() + 1
    wave = np.arange(df + 1, min(max(df + WAVES, length // 4), periods - 2) + 1)
    return np.cos(np.pi * wave * (time[:, None] - time.min() + 0.5) / length)
