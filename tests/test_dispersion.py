import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from seston.trends.dispersion import site_dispersions, solve
from seston.trends.estimates import per_ml, shares
from seston.trends.residuals import Stratum, by_period, residuals


def stratum(counts, effort, period):
    counts = np.array(counts).reshape(len(period), -1)
    return Stratum(counts, np.array(effort, float), np.array(period), counts)


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
    return true, stratum(np.stack([counts, images - counts], 1), images, period)


def cover_shares(repeats, *settings, **more):
    """Share of intervals over the truth: ours, and plain Wilson's."""
    generator = np.random.default_rng(1)
    ours, plain = [], []
    for _ in range(repeats):
        true, found = draw_shares(generator, *settings, **more)
        scatter = site_dispersions([found], "binomial")[0]
        told = shares(found.amounts, found.effort, found.period, scatter, 0.95)
        ours.append((told.low[:, 0] <= true) & (true <= told.high[:, 0]))
        count, images = (by_period(x, found.period) for x in (found.amounts[:, 0], found.effort))
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


@pytest.mark.parametrize(("samples", "cv2"), [(2, 0.5), (4, 1 / 6), (3, 1.5)])
@pytest.mark.parametrize("vary", [0.2, 2])
def test_concentration_intervals_cover_through_a_bloom(vary, samples, cv2):
    generator = np.random.default_rng(2)
    ours, peak, plain = [], [], []
    for _ in range(100):
        rate, period = season(generator, 16, samples, vary)
        true, volume = 200 * rate, generator.uniform(0.5, 2, len(period))
        own = true[period] * generator.gamma(1 / cv2, cv2, len(period))
        counts = generator.poisson(own * volume)[:, None]
        scatter = site_dispersions([stratum(counts, volume, period)], "poisson")[0]
        undiluted, never = np.ones(len(period)), np.full((16, 1), np.nan)
        told = per_ml(counts, counts, volume, undiluted, period, scatter, never, 0.95)
        covered = (told.low[:, 0] <= true) & ~(true > told.high[:, 0])
        ours.append(covered)
        peak.append(covered[true.argmax()])
        count, total = by_period(counts[:, 0], period), by_period(volume, period)
        plain.append(abs(count / total - true) <= 1.96 * np.sqrt(count) / total)
    assert 0.93 < np.mean(ours) < 0.99
    assert np.mean(peak) > 0.89
    assert np.mean(plain) < 0.5


def test_rho_and_cv2_come_out_as_they_went_in():
    generator = np.random.default_rng(3)
    _, found = draw_shares(generator, 400, 3, 0.05, sizes=(50, 500))
    assert 0.045 < site_dispersions([found], "binomial")[0].size[0] < 0.065
    rate, period = season(generator, 400, 3, 1)
    counts = generator.poisson(50 * rate[period] * generator.gamma(4, 1 / 4, 1200))
    found = stratum(counts, np.ones(1200), period)
    assert site_dispersions([found], "poisson")[0].size[0] == pytest.approx(1 / 4, rel=0.15)


def test_strong_scatter_is_found_from_two_samples_a_period():
    # Plain moments give 1.5 / (1 + 1.5 / 2) = 0.86: where one sample has most, so has the mean.
    generator = np.random.default_rng(6)
    pairs = np.repeat(np.arange(1000), 2)
    counts = generator.poisson(100 * generator.gamma(1 / 1.5, 1.5, 2000))
    found = site_dispersions([stratum(counts, np.ones(2000), pairs)], "poisson")[0]
    assert found.size[0] == pytest.approx(1.5, rel=0.1)
    # Of a rare class rho 0.1 comes out too large rather than too small; plain moments give 0.04.
    counts = generator.binomial(500, generator.beta(0.02 * 9, 0.98 * 9, 2000))
    found = site_dispersions([stratum(counts, [500] * 2000, pairs)], "binomial")[0]
    assert 0.1 < found.size[0] < 0.2


def test_equal_samples_of_one_period_have_the_scatter_worked_out_by_hand():
    # Poisson counts 10, 20, 30 in 1 mL: squares are 100, 0, 100, expected are
    # (1 - 1/3) (20 + 400 (1 - 1/60) s / (1 + s/3)) each.
    scatter = site_dispersions([stratum([10, 20, 30], [1, 1, 1], [0, 0, 0])], "poisson")[0]
    shrunk = 80 / 400 * 60 / 59
    assert scatter.size[0] == pytest.approx(shrunk / (1 - shrunk / 3))
    assert scatter.freedom[0] == pytest.approx(2)


def test_less_scatter_than_chance_is_next_to_none():
    even = stratum([100] * 6, [1000] * 6, [0, 0, 0, 1, 1, 1])
    assert site_dispersions([even], "binomial")[0].size[0] < 2e-4


def test_periods_without_the_cluster_do_not_dilute_its_scatter():
    bloom = [10, 40, 20, 60, 30, 80, 20, 90]
    alone = stratum(bloom, [500] * 8, [0, 0, 1, 1, 2, 2, 3, 3])
    padded = stratum(bloom + [0] * 40, [500] * 48, np.repeat(np.arange(24), 2))
    one, two = (site_dispersions([x], "binomial")[0] for x in (alone, padded))
    assert two.size == pytest.approx(one.size)
    assert one.freedom.tolist() == [4]  # no more than there are samples to compare
    assert two.freedom.tolist() == pytest.approx([12], abs=0.1)


def test_single_samples_are_compared_with_their_neighbours():
    counts = np.arange(40, 60)
    scatter = site_dispersions([stratum(counts, [100] * 20, range(20))], "binomial")[0]
    # Windows of 3 leave 2/3; of 2 at the ends 1/2.
    assert scatter.freedom[0] == pytest.approx(18 * 2 / 3 + 2 / 2)
    assert "around 3-period means" in scatter.how[0]
    # A straight line lies on its own running mean, except at the cut ends.
    assert scatter.size[0] < 1e-3


def test_a_short_series_is_not_smoothed_where_samples_can_be_compared():
    # Two days, far apart, with two equal samples each: no scatter between samples.
    two_days = stratum([[10, 90], [10, 90], [80, 20], [80, 20]], [100] * 4, [0, 0, 1, 1])
    assert site_dispersions([two_days], "binomial")[0].size.max() < 1e-3
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
    assert "all classes" in scatter.how[3]
    assert "within periods" in scatter.how[0]
    assert 0.005 < scatter.size[3] < 0.05
    assert scatter.freedom[3] == pytest.approx(8)


def test_a_cluster_unlike_the_others_keeps_most_of_its_own_scatter():
    generator = np.random.default_rng(7)
    cv2 = np.array([1.5, *[0.02] * 19])
    counts = generator.poisson(200 * generator.gamma(1 / cv2, cv2, (46, 20)))
    scatter = site_dispersions(
        [stratum(counts, np.ones(46), np.repeat(np.arange(23), 2))], "poisson"
    )[0]
    assert scatter.size[0] > 0.9
    assert scatter.size[1:].mean() == pytest.approx(0.02, rel=0.3)


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


def test_solve_finds_the_root_within_its_bounds():
    found = residuals(stratum([10, 20, 30], [1, 1, 1], [0, 0, 0]), 1, "poisson")
    shrunk = 80 / 400 * 60 / 59
    assert solve(found, 1000.0) == pytest.approx([shrunk / (1 - shrunk / 3)])
    # A prior of as many degrees of freedom as the samples lies between, by the logarithm.
    assert 0.2 < solve(found, 1000.0, typical=1.0, prior=2.0)[0] < 1
    assert solve(found, 0.1) == pytest.approx([0.1])
