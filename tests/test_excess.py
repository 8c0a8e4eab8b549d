"""The test for more far images than expected: exact where it can be, right in the long run."""

import numpy as np
import pytest
from scipy import stats

from seston.frozen.baseline import Scatter
from seston.frozen.excess import adjusted, excess


def one(images, beyond, usual, scatter, unsure=0.0):
    n = np.array([images])
    return excess(n, n**2, np.array([beyond]), np.array([usual]), scatter, unsure)


def test_without_scatter_it_is_the_binomial_test():
    found = one(200, 6, 2.0, Scatter(1.5, 0.0, 50))
    assert found.p[0] == pytest.approx(stats.binomtest(6, 200, 0.015, "greater").pvalue, rel=1e-3)
    assert found.expected[0] == pytest.approx(0.015)


def test_scatter_and_an_unsure_expectation_make_it_milder():
    plain, scattered = (one(200, 8, 2.0, Scatter(1.0, rho, 50)) for rho in (0, 0.02))
    unsure = one(200, 8, 2.0, Scatter(1.0, 0.0, 50), 0.02)
    assert plain.p < scattered.p and plain.p < unsure.p
    assert scattered.low < plain.low and scattered.high > plain.high


def test_false_alarms_are_as_rare_as_they_should_be():
    rng = np.random.default_rng(8)
    rho, p, n = 0.01, 0.012, np.full(20_000, 150)
    beyond = rng.binomial(n, rng.beta(p * (1 / rho - 1), (1 - p) * (1 / rho - 1), len(n)))
    found = excess(n, n**2, beyond, n * 0.01, Scatter(1.2, rho, 10_000))
    assert (found.p < 0.05).mean() <= 0.055
    assert (found.p < 0.001).mean() <= 0.002


def test_unknown_scatter_and_no_images_give_no_verdict():
    unknown = one(50, 50, 0.5, Scatter(1.0, np.nan, 0))
    assert np.isnan(unknown.p[0]) and (unknown.low[0], unknown.high[0]) == (0, 1)
    nothing = one(0, 0, 0.0, Scatter(1.0, 0.1, 9))
    assert np.isnan([nothing.p[0], nothing.low[0], nothing.high[0]]).all()
    assert one(1, 1, 0.01, Scatter(1.0, 0.1, 9)).p[0] == pytest.approx(0.01)
    assert one(1, 0, 0.01, Scatter(1.0, 0.1, 9)).p[0] == 1


def test_p_values_are_adjusted_among_those_that_there_are():
    p = np.array([0.01, np.nan, 0.04, 0.03])
    expected = [0.03, np.nan, 0.04, 0.04]  # by hand: 0.01 × 3 / 1, 0.03 × 3 / 2 capped by 0.04
    assert np.allclose(adjusted(p), expected, equal_nan=True)
    assert np.isnan(adjusted(np.array([np.nan]))).all()
