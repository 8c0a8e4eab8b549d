"""Tests and estimates of a linear model whose scatter is serially correlated.

The size of the scatter is taken from waves just faster than what is tested, not from all that
is left: these are the least touched by an error in the correlation. With all residuals behind
it the test of a bag's own course found 12 % where 5 % was meant (correlation of 0.6), with the
waves 6 %.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import linalg, stats

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Model:
    """A whitened linear model.

    Attributes
    ----------
    coefficients : ndarray, shape (p,)
    root : ndarray, shape (p, p)
        Upper triangular R with covariance scale · inv(RᵀR) of the coefficients.
    projected : ndarray, shape (p,)
        R · coefficients.
    scale : float
        Size of the scatter against what was expected of it.
    freedom : int
        Degrees of freedom behind it: the number of waves.
    """

    coefficients: Floats
    root: Floats
    projected: Floats
    scale: float
    freedom: int

    def p_value(self, last: int) -> float:
        """Return the p-value of the F test that the last so many coefficients are 0."""
        f = (self.projected[-last:] ** 2).sum() / last / self.scale
        return float(stats.f.sf(f, last, self.freedom))

    def estimates(self, targets: Floats, confidence: float) -> tuple[Floats, Floats, Floats]:
        """Return estimate, half width of the interval and p-value of each row of targets (r, p)."""
        value = targets @ self.coefficients
        spread = np.linalg.solve(self.root.T, targets.T)
        error = np.sqrt(self.scale * (spread**2).sum(axis=0))
        half = stats.t.ppf((1 + confidence) / 2, self.freedom) * error
        return value, half, 2 * stats.t.sf(np.abs(value) / error, self.freedom)


def model(
    response: Floats, deviation: Floats, correlation: Floats, design: Floats, waves: Floats
) -> Model:
    """Fit response = design · coefficients by generalised least squares.

    Parameters
    ----------
    response, deviation : ndarray, shape (N,)
        On the log scale, and its standard deviation up to a common factor.
    correlation : ndarray, shape (N, N)
    design : ndarray, shape (N, p)
    waves : ndarray, shape (N, c)
        Columns beside the design that hold nothing but scatter.

    Raises
    ------
    numpy.linalg.LinAlgError
        If the columns of the design depend on each other.
    """
    columns = np.column_stack([design, waves, response]) / deviation[:, None]
    whitened = np.linalg.solve(np.linalg.cholesky(correlation), columns)
    (factor,) = linalg.qr(whitened, mode="r")
    p, c = design.shape[1], waves.shape[1]
    root, projected = factor[:p, :p], factor[:p, -1]
    scale = float((factor[p : p + c, -1] ** 2).mean())
    return Model(np.linalg.solve(root, projected), root, projected, scale, c)
