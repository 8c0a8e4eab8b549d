import numpy as np
import pytest

from bags import simulated
from seston.change import group_effects
from seston.change.cells import cells_of
from seston.change.compared import Compared
from seston.change.correlation import grid_of
from seston.change.design import design_of
from seston.change.difference import Regression, difference
from seston.change.group_effects import curves, ratios


def site_of(regression, periods):
    groups = [*"ABCDEFGH"][: regression.cells.groups]
    return Compared("sea", groups, [], [*map(str, range(periods))], "concentration", "", regression)


def test_ratios_are_those_of_concentrations_where_counts_are_large():
    """By hand: three bags of 1000, 2000 and 4000 per mL every day."""
    group, day = (x.ravel() for x in np.indices((3, 12)))
    cells = cells_of(group, day, np.ones(36))
    regression = Regression(cells, design_of(cells), grid_of(cells))
    noise = np.random.default_rng(1).normal(0, 0.01, 36)
    found = difference(1000 * 2.0**group * np.exp(noise), regression)
    result = ratios(found, 3, 0.95)
    np.testing.assert_allclose(result.ratio, [0.5, 1, 2], rtol=0.02)
    assert result.p[0] < 1e-4 < 0.01 < result.p[1]


def test_a_curve_follows_a_bloom_in_each_group():
    regression, counts = simulated(41, 1, bags=2, images=500)
    time = regression.cells.time
    bloom = np.exp(-(((time - np.where(regression.cells.group == 0, 6, 16)) / 5.0) ** 2))
    site = site_of(regression, 23)
    found = curves(difference(counts[0] * bloom, regression), site, 0.95)
    peaks = [
        found.period[found.group == one][found.fitted[found.group == one].argmax()]
        for one in (0, 1)
    ]
    assert abs(peaks[0] - 6) <= 3 and abs(peaks[1] - 16) <= 3


def test_intervals_without_end_are_empty():
    """Five days with few images: two waves behind the scatter, and a bag without any."""
    regression, counts = simulated(42, 1, bags=2, days=5, images=2)
    row = np.where(regression.cells.group == 0, 0, counts[0])
    found = curves(difference(row, regression), site_of(regression, 5), 0.999)
    assert np.isfinite(found.fitted).all()
    assert np.isnan(found.high).any()
    assert (np.isnan(found.low) == np.isnan(found.high)).all()
    known = ~np.isnan(found.high)
    assert (found.high[known] / found.low[known] <= group_effects.WIDEST * 1.0001).all()


@pytest.mark.parametrize(("days", "points"), [(60, 60), (401, 201), (1000, 334)])
def test_long_curves_have_every_second_or_third_period(days, points):
    regression, counts = simulated(43, 1, bags=1, days=days)
    found = curves(difference(counts[0], regression), site_of(regression, days), 0.95)
    assert len(found.period) == points
    assert found.period[0] == 0 and found.period[-1] >= days - 3
