import numpy as np
import pytest
from scipy import special, stats
from statsmodels.stats.proportion import proportion_confint

from seston.trends.intervals import amount_limits, design_effect, student, undetected_below, wilson

INF = np.inf


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
@pytest.mark.parametrize(("count", "images"), [(0, 10), (1, 10), (5, 10), (10, 10), (37, 4000)])
def test_without_scatter_it_is_wilsons_interval(count, images, confidence):
    low, high = wilson(np.array(count), np.array(images), np.array(1.0), np.array(INF), confidence)
    expected = proportion_confint(count, images, alpha=1 - confidence, method="wilson")
    assert (float(low), float(high)) == pytest.approx(expected, abs=1e-12)


def test_scatter_of_four_is_a_quarter_of_the_images():
    wide = wilson(np.array(40), np.array(400), np.array(4.0), np.array(INF), 0.95)
    assert wide == pytest.approx(proportion_confint(10, 100, method="wilson"))


def test_few_degrees_of_freedom_widen_by_students_t():
    # Wilson's limits solve |x/n - p| = t sqrt(p (1 - p) / n); 4.303 is t of 2 from a table.
    low, high = (float(x) for x in wilson(*map(np.array, (30, 100, 1.0, 2)), 0.95))
    for limit in (low, high):
        assert abs(0.3 - limit) / np.sqrt(limit * (1 - limit) / 100) == pytest.approx(4.303, 1e-3)


def test_no_images_have_no_interval():
    with np.errstate(divide="ignore", invalid="ignore"):
        assert np.isnan(wilson(*map(np.array, (0, 0, 1.0, INF)), 0.95)).all()


def test_the_design_effect_of_equal_samples_is_kishs():
    # 4 samples of 50: 1 + (50 - 1) rho
    assert design_effect(np.array(0.02), np.array(200), np.array(4 * 2500)) == pytest.approx(1.98)
    # 1 + rho (sum n² / sum n - 1) with samples of 10 and 90: 8200 / 100 = 82
    assert design_effect(np.array(0.1), np.array(100), np.array(8200)) == pytest.approx(9.1)


@pytest.mark.parametrize("count", [1, 3, 40, 2000])
def test_without_scatter_concentrations_have_jeffreys_interval(count):
    low, high = amount_limits(np.array(count), 3, np.array(1e-30), np.array(INF), 0.95)
    expected = stats.chi2.ppf([0.025, 0.975], 2 * count + 1) / 2 / count
    assert [float(low), float(high)] == pytest.approx(expected, rel=1e-4)


def test_many_images_of_patchy_samples_have_the_interval_of_a_gamma_mean():
    # Counts without end tell the mean of three gamma variates of shape 1/2 exactly; it is gamma
    # of shape 3/2 around the truth.
    low, high = amount_limits(np.array(1e12), 3, np.array(2.0), np.array(INF), 0.9)
    expected = 1.5 / stats.gamma.ppf([0.95, 0.05], 1.5)
    assert [float(low), float(high)] == pytest.approx(expected, rel=1e-4)


def test_the_limits_are_means_at_which_the_count_is_in_the_tails():
    # scipy's negative binomial at half counts: its distribution function is the incomplete beta.
    x, size = 12.0, 4 / 0.5
    low, high = (float(f) * x for f in amount_limits(*map(np.array, (x, 4, 0.5, INF)), 0.95))
    assert special.betainc(x + 0.5, size, low / (low + size)) == pytest.approx(0.025, rel=1e-6)
    assert special.betainc(x + 0.5, size, high / (high + size)) == pytest.approx(0.975, rel=1e-6)
    above = stats.nbinom.sf([x - 1, x], size, size / (size + low))  # 12 or more, 13 or more
    assert above[1] < 0.025 < above[0]


def test_few_degrees_of_freedom_reach_as_far_as_students_t():
    wide = amount_limits(*map(np.array, (50.0, 3, 0.1, 4)), 0.95)
    known = amount_limits(*map(np.array, (50.0, 3, 0.1, INF)), 2 * stats.norm.cdf(2.776445) - 1)
    assert [float(x) for x in wide] == pytest.approx([float(x) for x in known], rel=1e-5)


@pytest.mark.parametrize("cv2", [0.0, 1e-6, np.nan])
def test_nothing_in_two_ml_leaves_one_and_a_half_per_ml(cv2):
    [[bound]] = undetected_below(np.array([0.5, 1.5]), np.array([0, 0]), np.array([cv2]), 0.95)
    assert bound == pytest.approx(3 / 2, rel=0.002)
    assert stats.poisson.pmf(0, 2 * bound) == pytest.approx(0.05, rel=1e-4)


def test_scatter_leaves_more_by_the_negative_binomial():
    # scipy's n and p: mean n (1 - p) / p and variance mean / p, so n = 1 / cv2.
    water, period = np.array([1.0, 1.0, 1.0, 0.2, 3.0]), np.array([0, 0, 0, 1, 1])
    scatter = np.array([0.1, 2.0])
    bounds = undetected_below(water, period, scatter, 0.9)
    assert bounds.shape == (2, 2)
    for row in range(2):
        for column, cv2 in enumerate(scatter):
            mean = bounds[row, column] * water[period == row]
            zero = stats.nbinom.pmf(0, 1 / cv2, 1 / (1 + cv2 * mean))
            assert zero.prod() == pytest.approx(0.1)
    # three equal samples: 3 log(1 + 2 c) / 2 = 3 at 95 %
    [[bound]] = undetected_below(np.ones(3), np.zeros(3, int), np.array([2.0]), 0.95)
    assert bound == pytest.approx((0.05 ** (-2 / 3) - 1) / 2)


def test_what_is_there_is_missed_as_rarely_as_the_bound_says():
    rng = np.random.default_rng(11)
    water, cv2 = np.array([1.0, 0.5, 2.0]), 2.0
    [[bound]] = undetected_below(water, np.zeros(3, int), np.array([cv2]), 0.95)
    patches = rng.gamma(1 / cv2, cv2 * bound, (40_000, 3))  # mean `bound`, CV² 2
    missed = (rng.poisson(patches * water) == 0).all(axis=1).mean()
    assert missed == pytest.approx(0.05, abs=0.004)


def test_no_water_and_boundless_scatter_have_no_limit():
    bounds = undetected_below(np.array([0.0, 1.0]), np.array([0, 1]), np.array([0.0, 1000.0]), 0.95)
    np.testing.assert_array_equal(np.isnan(bounds), [[True, True], [False, True]])


def test_quantiles_are_those_of_the_table():
    assert student(np.array([1, 10, INF]), 0.95) == pytest.approx([12.706, 2.228, 1.960], abs=1e-3)
