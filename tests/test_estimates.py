"""Estimates with their limits, and the biovolumes behind them."""

import numpy as np
import pyarrow as pa
import pytest

from seston.trends.biovolume import Biovolumes, Sizes, scale_up, sum_biovolumes
from seston.trends.dispersion import Dispersion, site_dispersions
from seston.trends.estimates import per_ml, shares
from seston.trends.intervals import amount_limits
from seston.trends.residuals import Stratum

ONE_PERIOD = np.zeros(2, int)


def known(size, freedom=np.inf, classes=1):
    return Dispersion(np.full(classes, size), np.full(classes, freedom), ["told"] * classes)


def rates(counts, water, scatter, dilution=(1.0, 1.0), missed=7.0):
    counts = np.array(counts, float)[:, None]
    return per_ml(
        counts, counts, np.array(water), np.array(dilution), ONE_PERIOD, scatter,
        np.array([[missed]]), 0.95,
    )  # fmt: skip


def test_a_dilution_weighs_images_and_their_chance():
    # 10 and 4 images; 2 mL undiluted, 1 mL diluted fivefold: 30 per 3 mL. The variance of 30 is
    # 10 + 25 · 4 = 110, as of 900 / 110 images; volumes of 2 and 1 are as 9 / 5 equal ones.
    found = rates([10, 4], [2.0, 1.0], known(0.3, 8), dilution=(1.0, 5.0))
    assert found.value[0, 0] == 10
    low, high = amount_limits(900 / 110, 9 / 5, np.array(0.3), np.array(8), 0.95)
    assert (found.low[0, 0], found.high[0, 0]) == pytest.approx((10 * low, 10 * high))


def test_water_of_unknown_volume_does_not_count():
    found = rates([10, 400], [2.0, np.nan], known(0.3))
    assert found.value[0, 0] == 5
    nothing = rates([10, 400], [np.nan, np.nan], known(0.3))
    assert np.isnan([nothing.value, nothing.low, nothing.high]).all()


def test_limits_of_nothing_of_the_unknown_and_of_what_has_none():
    nothing = rates([0, 0], [2.0, 1.0], known(0.3))
    assert (nothing.value[0, 0], nothing.low[0, 0], nothing.high[0, 0]) == (0, 0, 7)
    unknown = rates([3, 5], [2.0, 1.0], known(np.nan))
    assert unknown.low[0, 0] == 0
    assert np.isnan(unknown.high[0, 0])
    assert not unknown.endless.any()
    wild = rates([3, 5], [2.0, 1.0], known(900.0, 1))
    assert wild.endless.all()
    assert wild.low[0, 0] == 0
    assert np.isnan(wild.high[0, 0])


@pytest.mark.parametrize("confidence", [0.5, 0.8, 0.95, 0.999])
def test_limits_stand_on_either_side(confidence):
    for images in (0.5, 1, 3, 100.0):
        for cv2 in (1e-6, 0.1, 1.0, 3.0):
            for samples in (1, 3, 12):
                low, high = amount_limits(
                    np.array(images), samples, np.array(cv2), np.array(20), confidence
                )
                assert 0 <= low < high
                assert high > 1
                assert low < 1 or confidence == 0.5


def test_no_images_have_no_share():
    found = shares(np.zeros((2, 1)), np.zeros(2), ONE_PERIOD, known(0.1), 0.95)
    assert np.isnan([found.value, found.low, found.high]).all()


def test_biovolumes_are_summed_where_they_are_known():
    images = pa.table({"biovolume_um3": pa.array([2.0, None, 3.0, 5.0, float("nan")])})
    row, codes = np.array([0, 0, 0, 1, 1]), np.array([0, 0, 0, 1, 0])
    found = sum_biovolumes(images, row, codes, (2, 2))
    assert found.known.tolist() == [[2, 0], [0, 1]]
    assert found.sums.tolist() == [[5, 0], [0, 5]]
    assert found.squares.tolist() == [[13, 0], [0, 25]]
    none = sum_biovolumes(images[:0], row[:0], codes[:0], (2, 2))
    assert none.sums.tolist() == [[0, 0], [0, 0]]


def test_measured_biovolumes_stand_for_all_images_if_they_are_half():
    # Period 0: 3 of 4 images, of 6 µm³ together; period 1: 1 of 3.
    counts = np.array([[3], [1], [3]])
    measured = Biovolumes(
        np.array([[2.0], [1], [1]]), np.array([[4.0], [2], [9]]), np.array([[10.0], [4], [81]])
    )
    sizes = Sizes.of(measured)
    assert sizes.mean[0] == 15 / 4
    assert sizes.spread[0] == pytest.approx((95 / 4) / (15 / 4) ** 2)
    sums, squares, enough = scale_up(measured, counts, np.array([0, 0, 1]), sizes)
    assert enough.tolist() == [[True], [False]]
    assert sums[:, 0] == pytest.approx([4 * 4 / 3, 2 * 4 / 3, 0])
    second = 2**2 * sizes.spread[0]  # mean of the period, spread of the site
    assert squares[:, 0] == pytest.approx([2 * second * 16 / 9, second * 16 / 9, 0])


def test_biovolume_intervals_cover_where_sizes_are_skewed():
    rng, covered, plain = np.random.default_rng(3), [], []
    period, water = np.repeat(np.arange(23), 3), np.ones(69)
    for _ in range(60):
        true = 20 * np.exp(0.5 * np.sin(np.arange(23) / 3))
        own = true[period] * rng.gamma(1 / 0.2, 0.2, 69)
        counts = rng.poisson(own)[:, None]
        sizes = [rng.lognormal(-0.5, 1.0, n) for n in counts[:, 0]]  # of mean 1
        sums, squares = (np.array([[(x**p).sum()] for x in sizes]) for p in (1, 2))
        measured = Biovolumes(counts.astype(float), sums, squares)
        scaled, chance, _ = scale_up(measured, counts, period, Sizes.of(measured))
        assert scaled == pytest.approx(sums)
        scatter = site_dispersions([Stratum(scaled, water, period, chance)], "poisson")[0]
        nothing = np.full((23, 1), np.nan)
        found = per_ml(scaled, chance, water, water, period, scatter, nothing, 0.95)
        covered.append((found.low[:, 0] <= true) & (true <= found.high[:, 0]))
        spread = np.exp(1.96 / np.sqrt(np.bincount(period, counts[:, 0])))  # counting alone
        plain.append(abs(np.log(found.value[:, 0] / true)) < np.log(spread))
    assert 0.92 < np.mean(covered) < 0.985
    assert np.mean(plain) < 0.6
