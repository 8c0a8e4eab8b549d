import numpy as np
import pytest

from seston.change.change_points import change_points, penalties


def cuts(series):
    costs = penalties(series, np.arange(len(series)))
    return [change_points(one, cost) for one, cost in zip(series.T, costs, strict=True)]


def test_a_step_is_found_where_it_is():
    series = np.random.default_rng(1).normal(0, 0.2, (40, 1))
    series[17:] += 3
    assert cuts(series) == [[17]]


@pytest.mark.parametrize("phi", [0, 0.6])
def test_few_candidates_where_nothing_changes(phi):
    generator = np.random.default_rng([2, int(10 * phi)])
    series = generator.normal(size=(30, 200))
    for i in range(1, 30):
        series[i] = phi * series[i - 1] + np.sqrt(1 - phi**2) * series[i]
    assert np.mean([len(found) > 0 for found in cuts(series)]) < 0.12


def test_too_short_and_constant_series_have_none():
    assert change_points(np.array([0.0, 0, 0, 0, 5, 5, 5, 5, 5]), 0.1) == []
    assert np.isnan(penalties(np.ones((20, 1)), np.arange(20))).all()
    assert change_points(np.ones(20), np.nan) == []
