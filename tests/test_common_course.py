"""What groups have in common through time."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from seston.community.common_course import common_course, freedom


def table(values):
    """Rows by group and period, of (groups, periods, K) values."""
    groups, periods, k = values.shape
    return values.reshape(-1, k), *np.divmod(np.arange(groups * periods), periods)


def series(rng, groups, periods, k, phi, shared=0.0):
    own = rng.normal(size=(groups + 1, periods, k))
    for t in range(1, periods):
        own[:, t] = phi * own[:, t - 1] + np.sqrt(1 - phi**2) * own[:, t]
    return np.sqrt(1 - shared) * own[1:] + np.sqrt(shared) * own[0]


def test_it_is_the_mean_correlation_of_pairs_of_groups():
    rng = np.random.default_rng(1)
    values = series(rng, 4, 15, 3, 0.0, 0.5)
    values = (values - values.mean(axis=1, keepdims=True)) / values.std(axis=1, keepdims=True)
    found = common_course(*table(values), 0.95)
    pairs = np.array([np.corrcoef(values[:, :, k])[np.triu_indices(4, 1)] for k in range(3)])
    assert found.share == pytest.approx(pairs.mean(axis=1))


def test_f_with_missing_cells_is_that_of_a_linear_model():
    rng = np.random.default_rng(2)
    values, group, place = table(series(rng, 3, 14, 1, 0.0, 0.6))
    keep = rng.random(len(values)) < 0.8
    values, group, place = values[keep], group[keep], place[keep]
    frame = pd.DataFrame({"y": values[:, 0], "group": group, "place": place})
    fit = anova_lm(ols("y ~ C(group) + C(place)", frame).fit())
    ratio = fit.loc["C(place)", "F"]
    found = common_course(values, group, place, 0.95)
    assert found.share[0] == pytest.approx((ratio - 1) / (ratio + 2))


def test_degrees_of_freedom_by_matrices():
    place = np.array([0, 1, 2, 5, 6, 9, 10])
    for phi in (0.0, 0.3, 0.8):
        covariance = phi ** np.abs(place[:, None] - place).astype(float)
        centring = np.eye(7) - 1 / 7
        held = centring @ covariance @ centring
        expected = np.trace(held) ** 2 / np.trace(held @ held)
        assert freedom(np.array([phi]), place)[0] == pytest.approx(expected, rel=1e-3)
    assert freedom(np.zeros(1), place)[0] == pytest.approx(6)


@pytest.mark.parametrize("groups", [2, 8])
@pytest.mark.parametrize("phi", [0.0, 0.3, 0.6])
def test_the_rate_of_false_alarms(groups, phi):
    rng = np.random.default_rng([3, groups, int(10 * phi)])
    found = common_course(*table(series(rng, groups, 23, 4000, phi)), 0.95)
    assert 0.03 <= (found.p <= 0.05).mean() <= 0.07
    covered = (found.low <= 0) & (found.high >= 0)
    assert 0.93 <= covered.mean() <= 0.99


@pytest.mark.parametrize("phi", [0.0, 0.6])
def test_intervals_cover_what_is_common(phi):
    rng = np.random.default_rng([4, int(10 * phi)])
    found = common_course(*table(series(rng, 7, 23, 3000, phi, 0.5)), 0.95)
    assert 0.93 <= ((found.low <= 0.5) & (found.high >= 0.5)).mean() <= 0.99
    assert (found.p <= 0.05).mean() > 0.95


def test_extremes():
    course = np.random.default_rng(5).normal(size=15)
    values = np.stack([[course, course * 0, course], [course, course * 0, -course]])
    found = common_course(*table(values.transpose(0, 2, 1)), 0.95)
    assert found.share == pytest.approx([1, np.nan, -1], nan_ok=True)
    assert found.p[[0, 2]] == pytest.approx([0, 1]) and np.isnan(found.p[1])
