import numpy as np
import pytest

from bags import simulated
from seston.change.difference import difference, p_value
from seston.change.group_effects import ratios

TESTS = {"time": (["groups"], "curve"), "groups": (["curve"], "groups")}
TESTS["courses"] = (["curve", "groups"], "courses")


def p_values(regression, counts):
    found = [difference(row, regression) for row in counts]
    return np.array([[p_value(one, regression, *test) for test in TESTS.values()] for one in found])


@pytest.mark.parametrize(("bags", "lag1"), [(2, 0.0), (2, 0.6), (5, 0.6)])
def test_where_nothing_differs_few_tests_say_so(bags, lag1):
    """0.05 of 80 tests of each kind are 4; 11 or more have a chance of 0.2 %."""
    p = p_values(*simulated([1, bags], 80, bags, lag1=lag1))
    assert ((p <= 0.05).sum(axis=0) <= 10).all()
    assert (p > 0.5).mean() > 0.3  # nor do they say it of none because all p are 1


def test_what_is_planted_is_found():
    time = p_values(*simulated(2, 15, trend=8.0))
    level = p_values(*simulated(3, 15, factor=3.0))
    course = p_values(*simulated(4, 15, bags=3, drift=30.0))
    assert (time[:, 0] <= 0.05).mean() > 0.8
    assert (level[:, 1] <= 0.05).mean() > 0.9
    assert (course[:, 2] <= 0.05).mean() > 0.7
    assert (level[:, 0] <= 0.05).mean() < 0.3 and (time[:, 1] <= 0.05).mean() < 0.3


def test_ratios_are_covered():
    """The first of four bags has twice as much: 2^(3/4) against the geometric mean of all."""
    for lag1 in (0.0, 0.6):
        regression, counts = simulated([12, round(10 * lag1)], 40, lag1=lag1, factor=2.0)
        found = [ratios(difference(row, regression), 4, 0.95) for row in counts]
        true = 2.0 ** np.array([3 / 4, -1 / 4, -1 / 4, -1 / 4])
        covered = [(one.low <= true) & (true <= one.high) for one in found]
        assert np.mean(covered) >= 0.88  # of 160, of which four belong together
        assert np.median([one.ratio[0] for one in found]) == pytest.approx(2**0.75, rel=0.15)


def test_serial_correlation_widens_what_a_plain_regression_gives():
    """Levels of bags are as sure as the scatter of their slow waves allows."""
    errors = {}
    for lag1 in (0.0, 0.6):
        regression, counts = simulated(5, 20, lag1=lag1, images=100)
        found = [difference(row, regression) for row in counts]
        target = np.eye(len(found[0].levels.coefficients))[-1:]
        errors[lag1] = np.mean([one.levels.estimates(target, 0.95)[1][0] for one in found])
    assert errors[0.6] > 1.3 * errors[0.0]


def test_one_group_has_a_curve_and_a_test_of_time():
    regression, counts = simulated(6, 20, bags=1, trend=30.0)
    found = [difference(row, regression) for row in counts]
    p = [p_value(one, regression, ["groups"], "curve") for one in found]
    assert np.mean(np.array(p) <= 0.05) > 0.8


def test_a_class_missing_from_a_bag_breaks_nothing():
    regression, counts = simulated(7, 1)
    row = np.where(regression.cells.group == 2, 0, counts[0])
    one = difference(row, regression)
    assert one.additive.converged and one.full.converged
    assert p_value(one, regression, *TESTS["groups"]) < 0.001
