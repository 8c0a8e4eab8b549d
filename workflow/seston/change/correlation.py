"""How alike the scatter of one day is to that of the next, and that of one bag to another's.

What makes a bag's count stray from its curve (patches, weather, the state of the bag) lasts.
Neighbouring days then repeat each other, and 23 days are worth 6 where their correlation is
0.6. The correlation is found from the residuals of all groups of a site together, as the mean
of all correlations on a grid weighted by their restricted likelihood, rather than as the single
best, which would be taken for surer than it is.

The likelihood counts to the power of `SHARPNESS`. Grid and power were chosen by the rates of
false positives at correlations of 0, 0.3 and 0.6 (`benchmarks/calibration.py groups`): with the
power 1 the tests of groups found 0.01 to 0.06 for alpha 0.05, with a grid that ends at 0.75
up to 0.12.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import solve_triangular

from seston.change.cells import Cells
from seston.change.serial import in_usual_steps

Floats = npt.NDArray[np.float64]

LAG1 = (-0.3, -0.15, 0.0, 0.15, 0.3, 0.45, 0.6, 0.75, 0.9)  # between neighbouring periods
FRESH = (0.0, 0.3, 0.6)  # share of the scatter that is new in each cell
COMMON = (0.0, 0.3, 0.6, 0.9)  # correlation between groups of what lasts
SHARPNESS = 3


@dataclass(frozen=True)
class Grid:
    """Correlations that may be, between N cells.

    Attributes
    ----------
    lag1 : ndarray, shape (J,)
    correlation : ndarray, shape (J, N, N)
    whitening : ndarray, shape (J, N, N)
        Inverse of the Cholesky factor of each.
    log_determinant : ndarray, shape (J,)
    """

    lag1: Floats
    correlation: Floats
    whitening: Floats
    log_determinant: Floats


def grid_of(cells: Cells) -> Grid:
    """Return the correlations between cells: lag1 ** usual steps apart within a group."""
    usual = in_usual_steps(cells.time)
    apart = np.abs(usual[:, None] - usual)
    alike = cells.group[:, None] == cells.group
    lags, found = [], []
    for lag1 in LAG1:
        for fresh in FRESH if lag1 > 0 else FRESH[:1]:
            for common in COMMON if cells.groups > 1 else COMMON[:1]:
                lasting = np.where(alike, 1.0, common) * float(lag1) ** apart
                correlation = (1 - fresh) * lasting
                np.fill_diagonal(correlation, 1.0)
                lags.append(lag1)
                found.append(correlation)
    stack = np.array(found)
    factor = np.linalg.cholesky(stack)
    unit = np.eye(len(apart))
    whitening = np.array([solve_triangular(one, unit, lower=True) for one in factor])
    log_determinant = 2 * np.log(np.diagonal(factor, axis1=1, axis2=2)).sum(axis=1)
    return Grid(np.array(lags), stack, whitening, log_determinant)


def weights(grid: Grid, residual: Floats, design: Floats) -> Floats:
    """Return the weight (J,) of each correlation of the grid; the sum is 1.

    The restricted likelihood of the residuals, with the coefficients of the design and the
    size of the scatter integrated out (Harville 1974, Biometrika 61:383).

    Parameters
    ----------
    grid : Grid
    residual : ndarray, shape (N,)
        Of about equal variance.
    design : ndarray, shape (N, p)
        Divided by the same deviations as the residuals.
    """
    n, p = design.shape
    both = grid.whitening @ np.column_stack([design, residual])
    factor = np.linalg.qr(both, mode="r")
    diagonal = np.abs(np.diagonal(factor, axis1=1, axis2=2))
    log_design = 2 * np.log(diagonal[:, :p]).sum(axis=1)
    squares = (n - p) * np.log(diagonal[:, p] ** 2)
    likelihood = -(grid.log_determinant + log_design + squares) / 2
    weight = np.exp(SHARPNESS * (likelihood - likelihood.max()))
    return weight / weight.sum()
