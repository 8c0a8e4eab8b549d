import numpy as np
import pytest

from bags import simulated
from seston.change.cells import cells_of
from seston.change.difference import difference
from seston.change.since import since, windows_of


def dates(regression, counts, alpha=0.05):
    noise = np.random.default_rng(0).standard_normal((len(regression.cells.effort), 499))
    found = [since(difference(row, regression), regression, alpha, noise, 1) for row in counts]
    return [(np.nan, np.nan) if one is None else one for one in found]


def test_windows_end_in_their_period_and_look_back_only():
    """By hand: two groups on days 0, 1 and 3, the second not on day 1."""
    cells = cells_of(np.array([0, 0, 0, 1, 1]), np.array([0, 1, 3, 0, 3]), np.ones(5))
    windows = windows_of(cells, np.array([1.0, 1, 1, 1, 1]), np.full(5, 100.0))
    found = {
        (group, end, length): row
        for group, end, length, row in zip(*windows[:3], windows.average.tolist(), strict=True)
    }
    assert set(found) == {(0, 0, 2), (0, 3, 2), (1, 0, 2), (1, 3, 2)}  # none on lonely day 1
    assert found[0, 0, 2] == [0.5, 0, 0, -0.5, 0]
    assert found[0, 3, 2] == [0, 0, 0.5, 0, -0.5]
    wide = windows_of(
        cells_of(np.array([0, 0, 1, 1, 0, 1]), np.array([0, 1, 0, 1, 5, 5]), np.ones(6)),
        np.array([1.0, 2, 0, 1, 1, 1]) + 1, np.full(6, 100.0),
    )  # fmt: skip
    both = wide.average[(wide.group == 0) & (wide.end == 1) & (wide.length == 2)][0]
    weight = np.array([1 / 2, 1 / 3]) / (1 / 2 + 1 / 3)  # inverse variances of days 0 and 1
    np.testing.assert_allclose(
        both, [weight[0] / 2, weight[1] / 2, 0, -weight[0] / 2, -weight[1] / 2, 0]
    )


def test_windows_of_few_expected_images_tell_nothing():
    cells = cells_of(np.repeat([0, 1], 8), np.tile(np.arange(8), 2), np.ones(16))
    windows = windows_of(cells, np.ones(16), np.full(16, 3.0))
    assert (windows.length == 4).all() and windows.end.min() == 3


@pytest.mark.parametrize("lag1", [0.0, 0.6])
def test_a_date_is_not_before_the_beginning(lag1):
    """A bag departs on day 10: 5 % of 25 dates before it are 1."""
    found = np.array(dates(*simulated([8, round(lag1 * 10)], 25, lag1=lag1, factor=5.0, begin=10)))
    assert np.isfinite(found[:, 0]).mean() > 0.8
    assert (found[:, 0] < 10).sum() <= 4
    assert np.nanmedian(found[:, 0]) <= 14
    shown = found[np.isfinite(found[:, 0])]
    assert (shown[:, 1] == 0).mean() > 0.8  # and it is that bag


def test_where_nothing_differs_there_is_no_date():
    found = np.array(dates(*simulated(9, 40, lag1=0.6)))
    assert np.isfinite(found[:, 0]).sum() <= 6  # 5 % are 2


def test_a_difference_that_ends_is_no_beginning():
    regression, counts = simulated(10, 10, factor=6.0)
    again = counts.copy()
    gone = (regression.cells.group == 0) & (regression.cells.time >= 11)
    again[:, gone] = np.round(counts[:, gone] / 6)
    assert np.isfinite(np.array(dates(regression, counts))[:, 0]).all()
    assert np.isfinite(np.array(dates(regression, again))[:, 0]).sum() <= 2
