import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from seston.trends.dispersion import Stratum, around, by_period, residuals, site_dispersions, solve
from seston.trends.intervals import design_effect, ratio_of_sums, wilson


def stratum(counts, effort, period):
    return Stratum(
        np.array(counts).reshape(len(period), -1), np.array(effort, float), np.array(period)
    )


def season(generator, periods, samples, vary):
    """A rate that rises and falls by e^vary, and the period of each sample."""
    rate = np.exp(vary * np.sin(2 * np.pi * np.arange(periods) / periods))
    return rate, np.repeat(np.arange(periods), samples)


def draw_shares(generator, periods, samples, rho, sizes=(300, 301), share=0.1):
    """Beta-binomial counts of one cluster and of the rest."""
    rate, period = season(generator, periods, samples, 0.5)
    true = share * rate
    images = generator.integers(*sizes, len(period))
    own = true[period]
    if rho:
        own = generator.beta(own * (1 - rho) / rho, (1 - own) * (1 - rho) / rho)
    counts = generator.binomial(images, own)
    return true, Stratum(np.stack([counts, images - counts], 1), images.astype(float), period)


def cover_shares(repeats, *settings, **more):
    """Share of intervals over the truth: ours, and plain Wilson's."""
    generator = np.random.default_rng(1)
    ours, plain = [], []
    for _ in range(repeats):
        true, found = draw_shares(generator, *settings, **more)
        scatter = site_dispersions([found], "binomial")[0]
        count, images, squares = (
            by_period(x, found.period) for x in (found.counts[:, 0], found.effort, found.effort**2)
        )
        phi = design_effect(scatter.size[0], images, squares)
        low, high = wilson(count, images, phi, scatter.freedom[0], 0.95)
        ours.append((low <= true) & (true <= high))
        low, high = proportion_confint(count, images, method="wilson")
        plain.append((low <= true) & (true <= high))
    return np.mean(ours), np.mean(plain)


@pytest.mark.parametrize(("periods", "samples"), [(12, 2), (12, 3), (40, 1)])
def test_share_intervals_cover_where_images_of_a_sample_are_alike(periods, samples):
    ours, plain = cover_shares(100, periods, samples, 0.02)
    assert 0.92 < ours < 0.985
    assert plain < 0.65


def test_share_intervals_cover_where_samples_differ_in_size():
    ours, plain = cover_shares(100, 20, 3, 0.02, sizes=(20, 2000))
    assert 0.92 < ours < 0.985
    assert plain < 0.5


def test_share_intervals_are_not_much_too_wide_for_independent_images():
    ours, _ = cover_shares(60, 20, 3, 0)
    assert 0.93 < ours < 0.99


@pytest.mark.parametrize("vary", [0.2, 2])
def test_concentration_intervals_cover_through_a_bloom(vary):
    generator = np.random.default_rng(2)
    ours, peak, plain = [], [], []
    for _ in range(100):
        rate, period = season(generator, 16, 4, vary)
        true, volume = 20 * rate, generator.uniform(0.5, 2, len(period))
        counts = generator.poisson(true[period] * volume * generator.gamma(6, 1 / 6, len(period)))
        scatter = site_dispersions([Stratum(counts[:, None], volume, period)], "poisson")[0]
        count, total, squares = (by_period(x, period) for x in (counts, volume, volume**2))
        assert (count > 0).all()
        variance = count + scatter.size[0] * squares * (count / total) ** 2
        low, high = ratio_of_sums(count, variance, total, scatter.freedom[0], 0.95)
        covered = (low <= true) & (true <= high)
        ours.append(covered)
        peak.append(covered[true.argmax()])
        low, high = ratio_of_sums(count, count, total, np.inf, 0.95)
        plain.append((low <= true) & (true <= high))
    assert 0.92 < np.mean(ours) < 0.985
    assert np.mean(peak) > 0.89
    assert np.mean(plain) < 0.75


def test_rho_and_cv2_come_out_as_they_went_in():
    generator = np.random.default_rng(3)
    _, found = draw_shares(generator, 400, 3, 0.05, sizes=(50, 500))
    assert site_dispersions([found], "binomial")[0].size[0] == pytest.approx(0.05, rel=0.15)
    rate, period = season(generator, 400, 3, 1)
    counts = generator.poisson(50 * rate[period] * generator.gamma(4, 1 / 4, 1200))
    found = Stratum(counts[:, None], np.ones(1200), period)
    assert site_dispersions([found], "poisson")[0].size[0] == pytest.approx(1 / 4, rel=0.15)


def test_equal_samples_of_one_period_have_the_textbook_dispersion():
    # Poisson counts 10, 20, 30 in 1 mL: mean 20, variance 100 = 20 + cv2 20² with 2 degrees of
    # freedom; squares are 100, 0, 100, expected (1 - 1/3)(20 + cv2 400) each: cv2 = 80 / 400.
    scatter = site_dispersions([stratum([10, 20, 30], [1, 1, 1], [0, 0, 0])], "poisson")[0]
    assert scatter.size[0] == pytest.approx(80 / 400)
    assert scatter.freedom[0] == pytest.approx(2)
    # Shares 10, 20, 30 of 100: variance 100 = 16 (1 + 99 rho).
    scatter = site_dispersions([stratum([10, 20, 30], [100] * 3, [0, 0, 0])], "binomial")[0]
    assert scatter.size[0] == pytest.approx((100 / 16 - 1) / 99)


def test_the_expected_residuals_are_those_of_simulated_samples():
    generator = np.random.default_rng(4)
    effort, period, rho = np.array([40.0, 100, 260, 90]), np.array([0, 0, 0, 1]), 0.1
    squares = []
    for _ in range(20_000):
        share = generator.beta(0.3 * 9, 0.7 * 9, 4)
        counts = generator.binomial(effort.astype(int), share)
        squares.append(residuals(Stratum(counts[:, None], effort, period), 3, "binomial").squares)
    found = residuals(Stratum(0.3 * effort[:, None], effort, period), 3, "binomial")
    expected = found.chance + rho * found.scatter
    assert np.mean(squares, axis=0) == pytest.approx(expected, rel=0.05)
    assert found.freedom[:, 0] == pytest.approx(1 - effort / 490)


def test_less_scatter_than_chance_is_none():
    even = stratum([100] * 6, [1000] * 6, [0, 0, 0, 1, 1, 1])
    assert site_dispersions([even], "binomial")[0].size.tolist() == [0]


def test_periods_without_the_cluster_do_not_dilute_its_scatter():
    bloom = [10, 40, 20, 60, 30, 80, 20, 90]
    alone = stratum(bloom, [500] * 8, [0, 0, 1, 1, 2, 2, 3, 3])
    padded = stratum(bloom + [0] * 40, [500] * 48, np.repeat(np.arange(24), 2))
    one, two = (site_dispersions([x], "binomial")[0] for x in (alone, padded))
    assert two.size == pytest.approx(one.size)
    assert two.freedom.tolist() == one.freedom.tolist() == [4]


def test_single_samples_are_compared_with_their_neighbours():
    scatter = site_dispersions([stratum(np.arange(20), [100] * 20, range(20))], "binomial")[0]
    # Windows of 5 leave 4/5; of 3 and 4 at the ends 2/3 and 3/4; the first window sees counts.
    assert scatter.freedom[0] == pytest.approx(16 * 0.8 + 2 * 2 / 3 + 2 * 3 / 4)
    assert "around 5-period means" in scatter.how[0]
    # A straight line lies on its own running mean, except at the cut ends.
    assert scatter.size[0] < 1e-3


def test_a_short_series_is_not_smoothed_where_samples_can_be_compared():
    # Two days, far apart, with two equal samples each: no scatter between samples.
    two_days = stratum([[10, 90], [10, 90], [80, 20], [80, 20]], [100] * 4, [0, 0, 1, 1])
    assert site_dispersions([two_days], "binomial")[0].size.tolist() == [0, 0]
    # One sample a day: nothing else to compare with, so the change counts as scatter.
    one_a_day = stratum([[10, 90], [80, 20]], [100] * 2, [0, 1])
    assert site_dispersions([one_a_day], "binomial")[0].size[0] > 0.3


def test_a_rare_cluster_takes_the_scatter_of_all():
    generator = np.random.default_rng(5)
    share = generator.dirichlet(np.array([20, 20, 20]), 20)
    counts = np.stack([generator.multinomial(300, row) for row in share])
    rare = np.zeros((20, 1), int)
    rare[3] = 1
    scatter = site_dispersions(
        [stratum(np.hstack([counts, rare]), [301] * 20, np.repeat(np.arange(10), 2))], "binomial"
    )[0]
    assert "all clusters" in scatter.how[3]
    assert "within periods" in scatter.how[0]
    assert scatter.size[3] > 0.005
    assert scatter.freedom[3] == pytest.approx(10)


def test_a_single_run_borrows_from_the_other_groups_of_its_site():
    pair = stratum([[50, 50], [20, 80]], [100, 100], [0, 0])
    lone = stratum([[30, 70]], [100], [0])
    borrowed = site_dispersions([pair, lone], "binomial")[1]
    assert borrowed.size[0] == pytest.approx(site_dispersions([pair], "binomial")[0].size[0])
    assert borrowed.freedom.tolist() == [1, 1]


def test_one_sample_alone_knows_nothing_of_scatter():
    scatter = site_dispersions([stratum([[3, 7]], [10], [0])], "binomial")[0]
    assert np.isnan(scatter.size).all()
    assert scatter.how == ["scatter unknown: no two samples"] * 2


def test_a_window_is_centred_and_cut_at_the_ends():
    assert around(np.array([1.0, 2, 4, 8]), 3).tolist() == [3, 7, 14, 12]
    assert around(np.array([1.0, 2, 4, 8]), 1).tolist() == [1, 2, 4, 8]


def test_solve_finds_the_root_within_its_bounds():
    found = residuals(stratum([10, 20, 30], [1, 1, 1], [0, 0, 0]), 1, "poisson")
    assert solve(found, 1000.0) == pytest.approx([0.2])
    assert solve(found, 0.1) == pytest.approx([0.1])
