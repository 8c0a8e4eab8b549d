import numpy as np
import pytest
from statsmodels.regression.linear_model import GLS, OLS

from seston.change.least_squares import model

N = 30
RANDOM = np.random.default_rng(11)
DESIGN = np.column_stack([np.ones(N), RANDOM.standard_normal((N, 3))])
RESPONSE = DESIGN @ [1.0, 0.5, 0.0, -0.3] + RANDOM.standard_normal(N)
NO_WAVES = np.linalg.svd(DESIGN.T, full_matrices=True)[2][4:].T  # all that the design leaves


def test_with_all_that_is_left_as_waves_it_is_ordinary_least_squares():
    found = model(RESPONSE, np.ones(N), np.eye(N), DESIGN, NO_WAVES)
    reference = OLS(RESPONSE, DESIGN).fit()
    np.testing.assert_allclose(found.coefficients, reference.params)
    assert found.scale == pytest.approx(reference.scale)
    assert found.freedom == reference.df_resid
    restricted = reference.f_test(np.eye(4)[2:])
    assert found.p_value(2) == pytest.approx(float(restricted.pvalue))
    value, half, p = found.estimates(np.eye(4), 0.9)
    low, high = reference.conf_int(0.1).T
    np.testing.assert_allclose(value - half, low)
    np.testing.assert_allclose(value + half, high)
    np.testing.assert_allclose(p, reference.pvalues)


def test_correlation_and_unequal_deviations_weigh():
    deviation = np.linspace(0.5, 2, N)
    correlation = 0.6 ** np.abs(np.subtract.outer(np.arange(N), np.arange(N)))
    found = model(RESPONSE, deviation, correlation, DESIGN, NO_WAVES)
    reference = GLS(RESPONSE, DESIGN, correlation * np.outer(deviation, deviation)).fit()
    np.testing.assert_allclose(found.coefficients, reference.params)
    assert found.scale == pytest.approx(reference.scale)


def test_the_size_of_the_scatter_comes_from_the_waves():
    wave = NO_WAVES[:, :1]
    found = model(RESPONSE, np.ones(N), np.eye(N), DESIGN, wave)
    assert found.scale == pytest.approx(float(wave[:, 0] @ RESPONSE) ** 2)
    assert found.freedom == 1
