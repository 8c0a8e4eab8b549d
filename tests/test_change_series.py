import numpy as np
import pandas as pd
import pytest

from seston.change.series import (
    Totals,
    choose_measure,
    log_concentrations,
    log_shares,
    logits,
    totals,
)
from seston.change.series import tested as ratios_of
from seston.trends.counted import Counted

PERIODS = ["2024-05-01", "2024-05-02", "2024-05-03"]


def site():
    """Two bags; a day without samples, one with two, and a sample without a volume."""
    effort = pd.DataFrame(
        {
            "sample": ["a", "b", "c", "d"],
            "site": "fjord",
            "group": ["1", "1", "2", "2"],
            "period": [PERIODS[0], PERIODS[0], PERIODS[0], PERIODS[2]],
            "listed": [10, 10, 8, 6],
            "used": [8, 10, 4, 6],
            "analysed_ml": [1.0, 3.0, 2.0, np.nan],
            "water_ml": [1.0, 1.5, 2.0, np.nan],
            "dilution": [1.0, 2.0, 1.0, 1.0],
            "noise": [1, 0, 2, 0],
        }
    )
    counts = np.array([[8, 0], [4, 6], [0, 4], [3, 3]])
    return Counted(effort, counts, ["Dinobryon", "Ceratium"], None)


def test_totals_by_group_and_period():
    found = totals(site(), PERIODS)
    assert found.groups == ["1", "2"]
    assert found.samples.tolist() == [[2, 0, 0], [1, 0, 1]]
    assert found.counts[:, :, 0].tolist() == [[12, 0, 0], [0, 0, 3]]
    # Diluted twice, 4 images are 8; without a volume, images tell of no concentration.
    assert found.measured[:, :, 0].tolist() == [[16, 0, 0], [0, 0, 0]]
    assert found.volume.tolist() == [[4, 0, 0], [2, 0, 0]]
    assert found.noise.tolist() == [[1, 0, 0], [2, 0, 0]]


def test_pooled_adds_images_up():
    pooled = totals(site(), PERIODS).pooled()
    assert pooled.groups == [""]
    assert pooled.counts.tolist() == [[[12, 10], [0, 0], [3, 3]]]


def test_concentrations_and_their_start():
    found = log_concentrations(totals(site(), PERIODS))
    # 16 / 4 mL plus half an image in the 2.5 mL of water of the only day.
    np.testing.assert_allclose(found[0, 0], np.log([4 + 0.2, 12 / 4 + 0.2]))
    np.testing.assert_allclose(found[1, 0], np.log([0 + 0.25, 4 / 2 + 0.25]))
    assert np.isnan(found[:, 1:]).all()


def test_shares_and_their_ratios():
    found = totals(site(), PERIODS)
    start = 0.5 / 18
    np.testing.assert_allclose(log_shares(found)[0, 0], np.log([12 / 18 + start, 6 / 18 + start]))
    ratios = ratios_of(found, "share")
    np.testing.assert_allclose(ratios[0, 0], np.array([0.5, -0.5]) * np.log(25 / 13))
    np.testing.assert_allclose(ratios[1, 2], 0, atol=1e-12)


def test_ratios_do_not_depend_on_the_classes_of_other_sites():
    here = site()
    alone = ratios_of(totals(here, PERIODS), "share")
    counts = np.column_stack([here.counts, np.zeros((4, 3), int)])
    more = Counted(here.effort, counts, [*here.classes, "x", "y", "z"], None)
    np.testing.assert_array_equal(ratios_of(totals(more, PERIODS), "share")[:, :, :2], alone)


def test_the_measure_is_the_share_where_volumes_are_missing():
    found = totals(site(), PERIODS)
    assert choose_measure(found) == (
        "share", "the volume is known in 2 of 3 group-periods, fewer than 80%",
    )  # fmt: skip
    found.volume[1, 2] = 1
    assert choose_measure(found)[0] == "concentration"


def test_a_class_that_is_absent_stays_at_one_level_however_much_was_looked_at():
    water = np.array([[1.0, 2, 8, 4]])
    nothing, whole = np.zeros((1, 4)), 100 * water
    found = Totals(
        [""], list("abcd"), ["x"], nothing[:, :, None], nothing[:, :, None], water, whole, whole,
        nothing, water, water,
    )  # fmt: skip
    assert np.ptp(log_concentrations(found)) == 0
    assert np.ptp(log_shares(found)) == 0
    assert np.ptp(logits(nothing, whole)) == 0


def test_logits():
    found = logits(np.array([[1.0, 0, 0]]), np.array([[4.0, 4, 0]]))
    start = 0.5 / 4
    expected = [np.log((0.25 + start) / (0.75 + start)), np.log(start / (1 + start))]
    np.testing.assert_allclose(found[0, :2], expected)
    assert np.isnan(found[0, 2])


@pytest.mark.parametrize("groups", [1, 3])
def test_no_volume_at_all(groups):
    nothing = np.zeros((groups, 2))
    ones = np.ones((groups, 2))
    found = Totals(
        list("abc")[:groups], ["p", "q"], ["x", "y"], np.ones((groups, 2, 2)),
        np.zeros((groups, 2, 2)), ones, 2 * ones, 2 * ones, nothing, nothing, nothing,
    )  # fmt: skip
    assert choose_measure(found)[0] == "share"
    assert np.isnan(log_concentrations(found)).all()
    assert not np.isnan(ratios_of(found, "share")).any()
