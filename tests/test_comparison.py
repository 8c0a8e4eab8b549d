"""The paired difference of two models."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from seston.evaluate.comparison import between_starts, paired
from seston.evaluate.evidence import Row
from seston.evaluate.tally import LEAST_UNITS, Tally, count


def tally(right, units, classes, unit_names=None):
    names = unit_names or [f"u{i:03}" for i in range(units.max() + 1)]
    return count(right, units, classes, names, ["a", "b"]).condensed()


def two_models(gain: float, seed: int, units: int = 40, each: int = 20):
    """Days differ much in how easy they are; the second model is right `gain` more often."""
    rng = np.random.default_rng(seed)
    unit = np.repeat(np.arange(units), each)
    easy = rng.uniform(0.2, 0.7, units)[unit]
    luck, classes = rng.random(units * each), rng.integers(0, 2, units * each)
    before, after = luck < easy, luck < easy + gain
    return tally(before, unit, classes), tally(after, unit, classes)


def test_a_loss_common_to_all_days_is_seen_through_their_scatter():
    pair = two_models(-0.05, seed=1)
    found = paired([pair], seed=1)
    assert found.value == pytest.approx(pair[1].balanced - pair[0].balanced)
    assert found.fell and not found.rose and found.units == 40
    # The days alone scatter more than that: unpaired, nothing could be told.
    from seston.evaluate.tally import accuracy_interval

    assert accuracy_interval(pair[1], 1)[1] > accuracy_interval(pair[0], 1)[0]


def test_the_order_decides_the_sign_and_equal_models_differ_by_nothing():
    before, after = two_models(0.1, seed=2)
    assert paired([(before, after)], 1).rose and paired([(after, before)], 1).fell
    same = paired([(before, before)], 1)
    assert (same.value, same.low, same.high, same.fell, same.rose) == (0, 0, 0, False, False)


def test_without_a_difference_few_intervals_miss_zero():
    rng = np.random.default_rng(3)
    missed = 0
    for trial in range(60):
        unit, classes = np.repeat(np.arange(30), 10), rng.integers(0, 2, 300)
        one, other = (tally(rng.random(300) < 0.5, unit, classes) for _ in range(2))
        found = paired([(one, other)], trial)
        missed += found.fell or found.rose
    assert missed <= 9  # of a binomial with 0.05: more once in 1,000


def test_label_sets_count_by_their_units():
    large, small = two_models(0.2, seed=4, units=30), two_models(-0.2, seed=5, units=10)
    named = [
        count(np.asarray(one.right.sum(1) > 5).ravel(), np.arange(10), np.zeros(10, int),
              [f"s{i}" for i in range(10)], ["a"])
        for one in small
    ]  # fmt: skip
    found = paired([large, tuple(named)], seed=1)
    change = [pair[1].balanced - pair[0].balanced for pair in (large, named)]
    assert found.value == pytest.approx((30 * change[0] + 10 * change[1]) / 40)
    assert found.units == 40


def test_one_unit_tells_no_interval():
    one = tally(np.array([True, False]), np.zeros(2, int), np.array([0, 1]))
    found = paired([(one, one)], 1)
    assert np.isnan(found.low) and not found.fell and not found.rose


def test_models_asked_about_other_organisms_cannot_be_compared():
    before, _ = two_models(0, seed=1)
    after, _ = two_models(0, seed=1, each=21)
    with pytest.raises(ValueError, match="not asked about the same"):
        paired([(before, after)], 1)
    with pytest.raises(ValueError, match="not asked about the same"):
        paired([(before, two_models(0, seed=1, units=39)[0])], 1)


def test_starts_must_all_be_worse():
    def row(low, value, high):
        return Row("labels", "nmi", "x", value, low, high, groups=7)

    assert between_starts([(row(0.5, 0.52, 0.54), row(0.4, 0.45, 0.49))]).fell
    found = between_starts([(row(0.5, 0.52, 0.54), row(0.4, 0.45, 0.51))])
    assert not found.fell and found.low == pytest.approx(-0.14) and found.units == 7
    assert found.meaning == "range over the starts"


@pytest.mark.parametrize("units", [LEAST_UNITS - 1, LEAST_UNITS])
def test_few_units_give_no_interval(units):
    # Every unit loses one organism of a hundred: of few units that is no proof of anything.
    names = tuple(f"u{i}" for i in range(units))
    asked = csr_array(np.full((units, 1), 100.0))
    before, after = (
        Tally(names, ("a",), asked, csr_array(np.full((units, 1), right))) for right in (90.0, 89.0)
    )
    found = paired([(before, after)], 1)
    assert found.fell == (units >= LEAST_UNITS)
    assert np.isnan(found.low) == (units < LEAST_UNITS)
