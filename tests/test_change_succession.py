import numpy as np
import pandas as pd
import pytest

from seston.change.scatter import scatter_of_cells
from seston.change.series import totals
from seston.change.succession import timing
from seston.trends.counted import Counted
from totals_by_hand import PERIODS, experiment


def blooms(seed, days, height, groups=4):
    """Counts of classes that bloom on these days, with a gap on day 9."""
    generator = np.random.default_rng(seed)
    time = np.arange(23)[:, None]
    curve = height * np.exp(-0.5 * ((time - np.asarray(days)) / 2.5) ** 2) + 0.2
    volume = np.exp(generator.normal(0, 0.3, (groups, 23)))
    volume[:, 9] = 0
    counts = generator.poisson(curve * volume[:, :, None])
    return experiment(counts / np.maximum(volume, 1e-9)[:, :, None], volume), curve


def test_the_order_is_that_of_the_blooms_and_intervals_cover():
    days = [15, 4, 19, 9]
    found, curve = blooms(1, days, 30)
    table = timing(found, "concentration", 0 * found.counts, 0.95, 0.05, 199, 1)
    assert table["order"].tolist() == [3, 1, 4, 2]
    true = (curve * np.arange(23)[:, None]).sum(axis=0) / curve.sum(axis=0)
    place = (table[["centre", "centre_low", "centre_high"]].to_numpy("datetime64[m]")
             - np.datetime64(PERIODS[0])) / np.timedelta64(1, "D")  # fmt: skip
    np.testing.assert_allclose(place[:, 0], true, atol=0.5)
    assert (place[:, 1] < place[:, 0]).all() and (place[:, 0] < place[:, 2]).all()
    assert table["first_seen"].min() == PERIODS[0]


@pytest.mark.parametrize("height", [5, 30])
def test_coverage_of_the_centre(height):
    # Where one image in one bag is all there is of a day, intervals are still near 0.95.
    days = np.linspace(3, 19, 200)
    found, curve = blooms(2, days, height)
    table = timing(found, "concentration", 0 * found.counts, 0.95, 0.05, 99, 1)
    ends = (table[["centre_low", "centre_high"]].to_numpy("datetime64[m]")
            - np.datetime64(PERIODS[0])) / np.timedelta64(1, "D")  # fmt: skip
    true = (curve * np.arange(23)[:, None]).sum(axis=0) / curve.sum(axis=0)
    covered = np.mean((ends[:, 0] <= true) & (true <= ends[:, 1]))
    assert 0.88 < covered <= 1


def test_what_is_refused_and_told():
    found, _ = blooms(3, [5.0], 30)
    unknown = np.full(found.counts.shape, np.nan)
    assert timing(found, "share", unknown, 0.95, 0.05, 99, 1)["flags"].tolist() == [
        "counting_only;share_only"
    ]
    found.counts[:], found.measured[:] = 0, 0
    assert len(timing(found, "concentration", unknown, 0.95, 0.05, 99, 1)) == 0


def test_scatter_of_a_cell_is_evened_out_by_its_samples():
    # 16 equal samples a day in one bag, scattered by a gamma of variance 0.3.
    generator = np.random.default_rng(4)
    m = 16 * 20
    effort = pd.DataFrame({
        "sample": [f"s{i}" for i in range(m)], "group": "", "period": np.repeat(PERIODS[:20], 16),
        "used": 1, "listed": 1, "analysed_ml": 1.0, "water_ml": 1.0, "dilution": 1.0, "noise": 0,
    })  # fmt: skip
    counts = generator.poisson(200 * generator.gamma(1 / 0.3, 0.3, (m, 1)))
    site = Counted(effort, counts, ["a"], None)
    cells = scatter_of_cells(site, totals(site, PERIODS[:20]), "concentration")
    assert cells.shape == (1, 20, 1)
    np.testing.assert_allclose(cells, 0.3 / 16, rtol=0.3)
