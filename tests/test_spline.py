import numpy as np
import patsy
import pytest

from seston.change.spline import NaturalSpline, degrees, waves


@pytest.mark.parametrize(("periods", "df"), [(5, 1), (13, 1), (14, 2), (23, 3), (30, 4), (400, 8)])
def test_more_periods_bear_a_curve_with_more_degrees_of_freedom(periods, df):
    assert degrees(periods) == df


def test_columns_span_the_natural_cubic_splines():
    """Those of patsy, whose `cr` is the textbook's basis."""
    time = np.repeat(np.arange(23), 2)
    columns = NaturalSpline(time, 3)(time)
    knots = np.quantile(np.arange(23), [0, 1 / 3, 2 / 3, 1])
    basis = np.asarray(
        patsy.dmatrix(
            "cr(x, knots=inner, lower_bound=low, upper_bound=high) - 1",
            {"x": time, "inner": knots[1:-1], "low": knots[0], "high": knots[-1]},
        )
    )
    level = np.column_stack([np.ones(len(time)), columns])
    fitted = level @ np.linalg.lstsq(level, basis)[0]
    np.testing.assert_allclose(fitted, basis, atol=1e-10)
    np.testing.assert_allclose(columns.T @ columns, np.eye(3) * len(time), atol=1e-9)
    np.testing.assert_allclose(columns.sum(axis=0), 0, atol=1e-9)


def test_a_curve_goes_on_straight_beyond_the_sampled_periods():
    spline = NaturalSpline(np.arange(5, 20), 3)
    outside = spline(np.array([19.0, 20.0, 21.0, 25.0]))
    steps = np.diff(outside, axis=0) / np.array([1, 1, 4])[:, None]
    np.testing.assert_allclose(steps, np.broadcast_to(steps[0], steps.shape), atol=1e-9)


def test_one_degree_of_freedom_is_a_straight_line():
    time = np.array([0, 1, 4, 9, 2])
    column = NaturalSpline(time, 1)(time)[:, 0]
    np.testing.assert_allclose(np.corrcoef(column, time)[0, 1], 1)


def test_waves_are_those_just_faster_than_the_curve():
    time = np.arange(23)
    found = waves(time, 3, 23)
    assert found.shape == (23, 5)
    crossings = (np.diff(np.sign(found), axis=0) != 0).sum(axis=0)
    assert crossings.tolist() == [4, 5, 6, 7, 8]  # wave k has k half cycles
    np.testing.assert_allclose(found.T @ found, np.eye(5) * 23 / 2, atol=1e-9)


def test_a_long_series_has_all_waves_of_eight_periods_and_slower():
    assert waves(np.arange(100), 8, 100).shape == (100, 25 - 8)


def test_few_periods_leave_few_waves():
    assert waves(np.arange(5), 1, 5).shape == (5, 2)
