import numpy as np
import pytest

from seston.change.timing import chance_of, course, drawn_again, label, mean_curve, time_behind

DAYS = np.array([0.0, 1, 2, 3, 4])


def test_centre_and_spread_by_hand():
    found = course(np.array([[0.0], [1], [2], [1], [0]]), DAYS)
    np.testing.assert_allclose(found.centre, [2])
    np.testing.assert_allclose(found.spread, [np.sqrt(0.5)])  # (1 · 1 + 2 · 0 + 1 · 1) / 4


def test_a_period_stands_for_half_the_way_to_its_neighbours():
    assert time_behind(np.array([0.0, 1, 4, 5])).tolist() == [1, 2, 2, 1]
    assert time_behind(np.array([3.0])).tolist() == [1]


def test_a_gap_is_no_absence():
    # A constant class has its centre in the middle, whichever days are missing.
    for days in ([0, 1, 2, 3, 4], [0, 1, 4, 5], [0, 4, 5, 9]):
        days = np.array(days, float)
        found = course(np.ones((len(days), 1)), days)
        np.testing.assert_allclose(found.centre, (days[0] + days[-1]) / 2)


def test_one_period_and_a_class_without_images():
    assert course(np.array([[2.0]]), np.zeros(1)) == (0, 0)
    assert np.isnan(course(np.zeros((5, 1)), DAYS).centre).all()


def test_a_missing_cell_takes_its_day_from_the_others_and_its_height_from_its_own():
    # The second group has twice the first; its cell of day 2 is missing: 6 belongs there.
    values = np.array([[1.0, 2, 3, 4], [2.0, 4, 0, 8]])[:, :, None]
    sampled = np.ones((2, 4), bool)
    sampled[1, 2] = False
    np.testing.assert_allclose(mean_curve(values, sampled)[:, 0], [1.5, 3, 4.5, 6], rtol=0.01)


def test_counts_drawn_again_have_the_mean_and_the_variance_of_the_scatter():
    generator = np.random.default_rng(1)
    found = drawn_again(np.array([20.0, 20, 0]), np.array([0.0, 0.3, 0.3]), 40_000, generator)
    np.testing.assert_allclose(found.mean(axis=0), [20, 20, 0], rtol=0.02)
    np.testing.assert_allclose(found.var(axis=0), [20, 20 + 0.3 * 400, 0], rtol=0.05)


def test_a_bloom_has_its_time_and_noise_has_none():
    generator = np.random.default_rng(2)
    days = np.arange(23.0)
    bloom = 3 * np.exp(-0.5 * ((days - 5) / 2) ** 2)
    series = generator.normal(0, 0.15, (23, 2)) + np.stack([bloom, 0 * bloom], axis=1)
    p = chance_of(series, np.arange(23), days, 199, np.random.default_rng(3))
    assert p[0] <= 0.05
    assert p[1] > 0.1


def test_a_constant_series_is_not_tested():
    p = chance_of(np.ones((12, 1)), np.arange(12), np.arange(12.0), 99, np.random.default_rng(1))
    assert np.isnan(p).all()


@pytest.mark.parametrize("phi", [0, 0.6])
def test_false_positives(phi):
    generator = np.random.default_rng([4, int(10 * phi)])
    series = generator.normal(0, 0.5, (25, 300))
    for i in range(1, 25):
        series[i] = phi * series[i - 1] + np.sqrt(1 - phi**2) * series[i]
    places = np.delete(np.arange(25), [6, 15])
    p = chance_of(series[places], places, places.astype(float), 99, generator)
    assert 0.01 < np.mean(p <= 0.05) < 0.085  # 300 series


@pytest.mark.parametrize(
    ("q", "low", "high", "spread", "occupied", "expected"),
    [
        (0.01, 2, 4, 2.5, 1, "early"),
        (0.01, 6, 8, 2.5, 1, "late"),
        (0.01, 4, 6, 1, 0.2, "transient"),
        (0.2, 2, 4, 2.5, 0.9, "persistent"),
        (0.2, 4, 6, 2, 0.9, "transient"),
        (0.2, 2, 4, 2.5, 0.5, "early"),  # where it has its time, chance or not
        (0.01, 4, 5.9, 2.5, 1, "transient"),
        (np.nan, 2, 4, 2.5, 1, ""),
    ],
)
def test_labels(q, low, high, spread, occupied, expected):
    assert label(q, low, high, spread, occupied, days=10, alpha=0.05) == expected
