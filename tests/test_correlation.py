import numpy as np
import pytest

from seston.change.cells import cells_of
from seston.change.correlation import COMMON, FRESH, LAG1, grid_of, weights


def cells_by_hand(groups=2, days=4):
    group, day = (x.ravel() for x in np.indices((groups, days)))
    return cells_of(group, day, np.ones(len(day)))


def test_correlation_falls_with_the_periods_between_and_between_groups():
    grid = grid_of(cells_by_hand())
    combinations = [
        (lag, fresh, common)
        for lag in LAG1
        for fresh in (FRESH if lag > 0 else FRESH[:1])
        for common in COMMON
    ]
    one = grid.correlation[combinations.index((0.6, 0.3, 0.9))]
    assert one[0, 0] == 1
    assert one[0, 2] == pytest.approx(0.7 * 0.6**2)  # the same bag two days later
    assert one[0, 4] == pytest.approx(0.7 * 0.9)  # the other bag on the same day
    assert one[0, 5] == pytest.approx(0.7 * 0.9 * 0.6)
    np.testing.assert_allclose(
        grid.whitening @ grid.correlation @ grid.whitening.mT,
        np.broadcast_to(np.eye(8), grid.correlation.shape),
        atol=1e-9,
    )
    np.testing.assert_allclose(grid.log_determinant, np.linalg.slogdet(grid.correlation)[1])


def test_gaps_count_in_usual_steps():
    grid = grid_of(cells_of(np.zeros(4, np.int64), np.array([0, 1, 2, 6]), np.ones(4)))
    place = np.flatnonzero(grid.lag1 == 0.9)[0]
    assert grid.correlation[place][0, 3] == pytest.approx(0.9**6)
    every_third = grid_of(cells_of(np.zeros(4, np.int64), np.array([0, 3, 6, 18]), np.ones(4)))
    np.testing.assert_allclose(every_third.correlation, grid.correlation)


@pytest.mark.parametrize(("lag1", "low", "high"), [(0.0, -0.2, 0.4), (0.6, 0.4, 0.9)])
def test_the_correlation_is_found_again(lag1, low, high):
    cells = cells_by_hand(6, 30)
    random = np.random.default_rng(5)
    series = random.standard_normal((6, 30))
    for day in range(1, 30):
        series[:, day] = lag1 * series[:, day - 1] + np.sqrt(1 - lag1**2) * series[:, day]
    grid = grid_of(cells)
    weight = weights(grid, series.ravel(), np.ones((180, 1)))
    assert weight.sum() == pytest.approx(1)
    assert low < weight @ grid.lag1 < high


def test_what_the_design_explains_does_not_count():
    """The likelihood is that of what no coefficient can change (restricted)."""
    cells = cells_by_hand(2, 12)
    grid = grid_of(cells)
    random = np.random.default_rng(6)
    design = np.column_stack([np.ones(24), cells.time])
    residual = random.standard_normal(24)
    weight = weights(grid, residual, design)
    np.testing.assert_allclose(weights(grid, residual + design @ [3.0, -1.0], design), weight)


def test_days_that_all_bags_share_are_seen():
    cells = cells_by_hand(6, 30)
    random = np.random.default_rng(7)
    shared = np.tile(random.standard_normal(30), 6) + 0.3 * random.standard_normal(180)
    grid = grid_of(cells)
    correlation = np.tensordot(weights(grid, shared, np.ones((180, 1))), grid.correlation, 1)
    assert correlation[0, 30] > 0.7
