import numpy as np
import pymannkendall
import pytest

from seston.change.mann_kendall import mann_kendall, pair_slopes, score_deviation

#: Of 45 pairs 7 fall: 3-2, 7-4, 7-6, 8-6, 12-11, 12-10, 11-10.
TEN = np.array([1.0, 3, 2, 7, 4, 8, 6, 12, 11, 10])


def autocorrelated(generator, phi, periods, classes):
    series = generator.normal(size=(periods, classes))
    for i in range(1, periods):
        series[i] = phi * series[i - 1] + np.sqrt(1 - phi**2) * series[i]
    return series


def test_pair_slopes_of_four_values_by_hand():
    slopes = pair_slopes(np.array([1.0, 4, 2, 9]), np.array([0.0, 1, 2, 4]))
    assert sorted(slopes) == [-2, 0.5, 5 / 3, 2, 3, 3.5]


def test_ten_rows_as_pymannkendall_counts_them():
    slopes = pair_slopes(TEN, np.arange(10.0))
    expected = pymannkendall.original_test(TEN)
    assert (slopes > 0).sum() - (slopes < 0).sum() == expected.s == 45 - 2 * 7
    assert np.median(slopes) == expected.slope
    np.testing.assert_allclose(score_deviation(TEN) ** 2, expected.var_s)
    np.testing.assert_allclose(score_deviation(TEN) ** 2, 125)  # 10 · 9 · 25 / 18


def test_ties_lessen_the_variance_as_in_pymannkendall():
    tied = np.array([0.0, 0, 0, 1, 0, 2, 2, 3, 0, 5, 1, 4])
    expected = pymannkendall.original_test(tied)
    np.testing.assert_allclose(score_deviation(tied) ** 2, expected.var_s)


def test_a_trend_is_found_with_its_slope_and_the_sign_of_z():
    generator = np.random.default_rng(1)
    series = generator.normal(size=(30, 2)) + np.arange(30)[:, None] * [0.3, -0.3]
    found = mann_kendall(series, np.arange(30))
    assert (found.p < 1e-4).all()
    assert np.sign(found.z).tolist() == [1, -1]
    np.testing.assert_allclose(found.slope, [0.3, -0.3], atol=0.06)


def test_the_interval_holds_zero_exactly_where_the_test_does_not_reject():
    generator = np.random.default_rng(2)
    trends = np.linspace(-0.25, 0.25, 40)
    series = autocorrelated(generator, 0.3, 20, 40) + np.arange(20)[:, None] * trends
    found = mann_kendall(series, np.arange(20))
    inside = (found.low <= 0) & (found.high >= 0)
    assert 5 < inside.sum() < 35
    assert (inside == (found.p > 0.05)).all()
    assert ((found.low <= found.slope) & (found.slope <= found.high)).all()


def test_it_does_not_matter_where_the_calendar_begins_or_how_high_the_series_is():
    generator = np.random.default_rng(3)
    series, places = generator.normal(size=(12, 3)), np.delete(np.arange(14), [4, 7])
    first, second = mann_kendall(series, places), mann_kendall(100 + series, places + 500)
    for one, other in zip(first, second, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-9)


def test_a_gap_stretches_time():
    places = np.array([0, 1, 2, 3, 4, 20, 21, 22, 23, 24])
    noise = np.random.default_rng(4).normal(0, 0.1, (10, 1))
    found = mann_kendall(0.5 * places[:, None] + noise, places)
    np.testing.assert_allclose(found.slope, 0.5, atol=0.03)


def test_without_an_interval_p_and_z_are_the_same():
    series = np.random.default_rng(5).normal(size=(15, 4))
    whole, quick = mann_kendall(series, np.arange(15)), mann_kendall(series, np.arange(15), None)
    assert np.array_equal(whole.p, quick.p)
    assert np.array_equal(whole.z, quick.z)
    assert np.isnan(quick.slope).all()


def test_a_constant_series_is_not_tested():
    found = mann_kendall(np.ones((12, 1)), np.arange(12))
    assert np.isnan(found.p).all()
    assert np.isnan(found.slope).all()


def test_three_periods_are_a_mistake():
    with pytest.raises(ValueError, match="at least 4"):
        mann_kendall(np.ones((3, 1)), np.arange(3))


@pytest.mark.parametrize("phi", [0, 0.6])
@pytest.mark.parametrize("missing", [0, 5])
def test_false_positives(phi, missing):
    generator = np.random.default_rng([6, int(10 * phi), missing])
    calendar = autocorrelated(generator, phi, 23 + missing, 300)
    places = np.sort(generator.choice(23 + missing, 23, replace=False))
    found = mann_kendall(calendar[places], places, None)
    assert 0.015 < np.mean(found.p <= 0.05) < 0.09  # 0.03 to 0.07, and 300 series
    # The plain test, for which periods are independent, is wrong by far.
    plain = np.mean([pymannkendall.original_test(one).p <= 0.05 for one in calendar.T[:80]])
    assert plain > 0.15 if phi else plain < 0.13


def test_coverage_of_the_interval_with_gaps():
    generator = np.random.default_rng(7)
    places = np.sort(generator.choice(28, 23, replace=False))
    series = autocorrelated(generator, 0.3, 28, 200)[places] + 0.05 * places[:, None]
    found = mann_kendall(series, places)
    assert 0.91 < np.mean((found.low <= 0.05) & (found.high >= 0.05)) < 0.99
    assert abs(found.slope.mean() - 0.05) < 0.01


def test_a_bloom_that_comes_and_goes_is_no_trend():
    # Whitened from one end only, its innovations fall all the way.
    days = np.arange(23)
    hump = 3 * np.exp(-0.5 * ((days - 11) / 4) ** 2)[:, None]
    noise = np.random.default_rng(8).normal(0, 0.15, (23, 20))
    found = mann_kendall(hump + noise, days)
    assert (found.p > 0.3).all()
    assert ((found.low < 0) & (found.high > 0)).all()


def test_time_has_no_direction():
    series = np.random.default_rng(9).normal(size=(15, 3)).cumsum(axis=0)
    there, back = mann_kendall(series, np.arange(15)), mann_kendall(series[::-1], np.arange(15))
    np.testing.assert_allclose(there.p, back.p)
    np.testing.assert_allclose(there.slope, -back.slope)
    np.testing.assert_allclose(there.low, -back.high)
