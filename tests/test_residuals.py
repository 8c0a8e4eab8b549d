"""Residuals of samples, and what is expected of them, against simulated samples."""

import numpy as np
import pytest

from seston.trends.residuals import Stratum, around, by_period, residuals

EFFORT, PERIOD = np.array([40.0, 100, 260, 90]), np.array([0, 0, 0, 1])


def expected(found, scatter):
    return found.chance + scatter * found.scatter / (1 + scatter * found.bias)


def test_the_expected_residuals_are_those_of_simulated_shares():
    rng, rho = np.random.default_rng(4), 0.02
    counts = rng.binomial(EFFORT.astype(int), rng.beta(0.3 * 49, 0.7 * 49, (20_000, 4))).T
    squares = residuals(Stratum(counts, EFFORT, PERIOD, counts), 3, "binomial").squares
    mean = 0.3 * EFFORT[:, None]
    told = residuals(Stratum(mean, EFFORT, PERIOD, mean), 3, "binomial")
    assert squares.mean(axis=1) == pytest.approx(expected(told, rho)[:, 0], rel=0.05)
    assert told.freedom[:, 0] == pytest.approx((1 - EFFORT / 490) * (1 - 1 / (490 * 0.21)))


@pytest.mark.parametrize("mean", [3.0, 40.0])
def test_of_equal_samples_the_scatter_is_expected_as_it_is_whatever_was_counted(mean):
    # Also of the ratio of squares to what is expected, which is what the scatter is solved from.
    rng, cv2 = np.random.default_rng(5), 1.5
    counts = rng.poisson(mean * rng.gamma(1 / cv2, cv2, (2, 40_000)))
    told = residuals(Stratum(counts, np.ones(2), np.zeros(2, int), counts), 1, "poisson")
    tells = told.freedom[0] > 0
    ratio = told.squares[0, tells] / expected(told, cv2)[0, tells]
    assert ratio.mean() == pytest.approx(1, abs=0.02)


def test_a_single_image_tells_nothing_of_scatter():
    counts = np.array([[0, 1, 2], [0, 0, 0]])
    told = residuals(Stratum(counts, np.ones(2), np.zeros(2, int), counts), 1, "poisson")
    assert told.freedom.tolist() == [[0, 0, 0.25], [0, 0, 0.25]]


def test_biovolumes_are_compound_poisson():
    # Two images of 3 and one of 6 µm³ in 2 mL: per mL 6 µm³, and 27 of their squares.
    sums, squares = np.array([[6.0], [6.0]]), np.array([[18.0], [36.0]])
    told = residuals(Stratum(sums, np.ones(2), np.zeros(2, int), squares), 1, "poisson")
    assert told.chance[:, 0] == pytest.approx([27 / 2, 27 / 2])
    alone = 54 / 12**2  # one over the images of equal size that would have this chance
    assert told.scatter[:, 0] == pytest.approx(6**2 * 0.5 * (1 - alone))
    assert told.bias[:, 0] == pytest.approx(1 / 2)


def test_sums_of_periods():
    assert by_period(np.array([1, 2, 4, 8]), np.array([0, 2, 2, 1])).tolist() == [1, 8, 6]
    assert by_period(np.zeros((0, 3)), np.zeros(0, int)).shape == (0, 3)


def test_a_window_is_centred_and_cut_at_the_ends():
    assert around(np.array([1.0, 2, 4, 8]), 3).tolist() == [3, 7, 14, 12]
    assert around(np.array([1.0, 2, 4, 8]), 1).tolist() == [1, 2, 4, 8]
