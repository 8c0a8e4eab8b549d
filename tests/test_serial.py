import numpy as np
import pytest
from statsmodels.regression.linear_model import GLS

from seston.change.serial import PHI, SHARE, colour, fit, in_usual_steps, lag1, whiten

PLACES = np.array([0, 1, 2, 5, 6, 9])


def correlation(phi, share, places=PLACES):
    lags = np.abs(places[:, None] - places).astype(float)
    matrix = (1 - share) * phi**lags
    np.fill_diagonal(matrix, 1)
    return matrix


@pytest.mark.parametrize(("phi", "share"), [(0, 0), (0.6, 0), (-0.4, 0), (0.9, 0.4), (0.3, 0.6)])
def test_innovations_are_those_of_the_correlation_matrix(phi, share):
    columns = np.random.default_rng(1).normal(size=(6, 3))
    found = whiten(columns, PLACES, np.array([phi]), np.array([share]))
    factor = np.linalg.cholesky(correlation(phi, share))
    np.testing.assert_allclose(found.values[0], np.linalg.solve(factor, columns), atol=1e-12)
    expected = np.linalg.slogdet(correlation(phi, share))[1]
    np.testing.assert_allclose(found.log_determinant[0], expected)


def test_colour_undoes_whiten():
    series = np.random.default_rng(2).normal(size=(6, 1))
    white = whiten(series, PLACES).values[:, :, 0]
    again = colour(white, PLACES, PHI, SHARE)
    np.testing.assert_allclose(again, np.broadcast_to(series[:, 0], again.shape), atol=1e-12)


def test_coefficients_and_errors_are_those_of_statsmodels():
    generator = np.random.default_rng(3)
    design = np.stack([np.ones(6), PLACES], axis=1).astype(float)
    series = generator.normal(size=(6, 2))
    found = fit(series, design, PLACES)
    for g in (0, 5, 12, len(PHI) - 1):
        expected = GLS(series[:, 1], design, correlation(PHI[g], SHARE[g])).fit()
        np.testing.assert_allclose(found.coefficients[g, :, 1], expected.params)
        np.testing.assert_allclose(found.variance[g, 1], expected.scale)
        covariance = found.scatter[g] * found.variance[g, 1]
        np.testing.assert_allclose(covariance, expected.cov_params())


def test_weights_add_up_and_find_the_autocorrelation():
    generator = np.random.default_rng(4)
    means = []
    for phi in (0.0, 0.6):
        series = generator.normal(size=(200, 40))
        for i in range(1, 200):
            series[i] = phi * series[i - 1] + np.sqrt(1 - phi**2) * series[i]
        weights = fit(series, np.ones((200, 1)), np.arange(200)).weights
        np.testing.assert_allclose(weights.sum(axis=0), 1)
        means.append(lag1(weights).mean())
    np.testing.assert_allclose(means, [0, 0.6], atol=0.04)


def test_a_longer_lag_is_no_neighbour():
    # Alike in twos, with a gap after each pair: only neighbours may count as such.
    generator = np.random.default_rng(5)
    series = np.repeat(generator.normal(size=(30, 20)), 2, axis=0)
    series += 0.3 * generator.normal(size=series.shape)
    apart = np.arange(60) + 20 * (np.arange(60) // 2)
    assert lag1(fit(series, np.ones((60, 1)), apart).weights).mean() > 0.6
    assert lag1(fit(series, np.ones((60, 1)), np.arange(60)).weights).mean() < 0.5


def test_a_series_that_the_regressors_explain_has_no_weights():
    design = np.stack([np.ones(6), PLACES], axis=1).astype(float)
    series = np.stack([np.full(6, 2.0), 3 + 2.0 * PLACES, [1, 5, 2, 8, 3, 4]], axis=1)
    assert np.isnan(fit(series, design, PLACES).weights[0]).tolist() == [True, True, False]


def test_steps_are_counted_as_samples_were_taken():
    assert in_usual_steps(np.array([3, 4, 5, 9])).tolist() == [0, 1, 2, 6]
    assert in_usual_steps(np.array([0, 7, 14, 28])).tolist() == [0, 1, 2, 4]  # a week is missing
    assert in_usual_steps(np.array([7, 31, 33, 57, 80])).tolist() == [0, 1, 2, 3, 4]  # by the hour
    assert in_usual_steps(np.array([4, 0, 4, 2])).tolist() == [2, 0, 2, 1]
    assert in_usual_steps(np.array([5])).tolist() == [0]


def test_a_finer_calendar_changes_nothing():
    series = np.random.default_rng(3).normal(size=(12, 2)).cumsum(axis=0)
    design, by_day = np.ones((12, 1)), np.arange(12)
    expected = fit(series, design, by_day)
    found = fit(series, design, 24 * by_day)
    np.testing.assert_allclose(found.weights, expected.weights)
