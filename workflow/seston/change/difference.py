"""Whether one class changes with time, differs between groups, and changes otherwise in some."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seston.change.cells import Cells
from seston.change.correlation import Grid, weights
from seston.change.design import Design, Term
from seston.change.glm import Fit, fit
from seston.change.least_squares import Model, model

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Regression:
    """What the regressions of all classes of a site have in common."""

    cells: Cells
    design: Design
    grid: Grid


@dataclass(frozen=True)
class Difference:
    """What the regressions of one class found.

    Attributes
    ----------
    counts : ndarray, shape (N,)
    additive, full : Fit
        With parallel courses, and with a course for each group.
    levels, courses : Model
        The same with serial correlation, for intervals.
    correlation : ndarray, shape (N, N)
        Between the cells.
    lag1 : float
        Of what lasts of the scatter, between neighbouring periods.
    """

    counts: Floats
    additive: Fit
    full: Fit
    levels: Model
    courses: Model
    correlation: Floats
    lag1: float


def difference(counts: Floats, regression: Regression) -> Difference:
    """Fit the regressions of one class's counts (N,)."""
    cells, design = regression.cells, regression.design
    parallel = design.columns("curve", "groups")
    whole = design.columns("curve", "groups", "courses")
    additive = fit(counts, cells.effort, parallel)
    full = fit(counts, cells.effort, whole)
    deviation = additive.deviation
    residual = additive.residual / deviation
    weight = weights(regression.grid, residual, whole / deviation[:, None])
    correlation = np.tensordot(weight, regression.grid.correlation, 1)
    own = design.own_waves if cells.groups > 1 else design.common_waves

    def linear(found: Fit, columns: Floats) -> Model:
        response = np.log(found.expected / cells.effort) + found.residual
        return model(response, found.deviation, correlation, columns, own)

    return Difference(
        counts, additive, full, linear(additive, parallel), linear(full, whole),
        correlation, float(weight @ regression.grid.lag1),
    )  # fmt: skip


def p_value(found: Difference, regression: Regression, without: list[Term], tested: Term) -> float:
    """Return the p-value of a term, beside those it is tested without.

    The test starts from a regression without the term (as score tests do): its working
    residuals, observed over expected count less 1, are regressed on all columns by generalised
    least squares. So a class that is missing from a bag breaks nothing.
    """
    cells, design = regression.cells, regression.design
    null = fit(found.counts, cells.effort, design.columns(*without))
    columns = design.columns(*without, tested)
    waves = design.common_waves if tested == "curve" else design.own_waves
    whole = model(null.residual, null.deviation, found.correlation, columns, waves)
    return whole.p_value(columns.shape[1] - design.columns(*without).shape[1])
