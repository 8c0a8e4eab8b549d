"""How many times the labels another variant needs."""

import numpy as np
import pytest

from seston.classify.efficiency_ratio import ratios

LABELS = np.array([10.0, 100.0, 1000.0])
OTHER = np.array([0.2, 0.4, 0.6])  # with 10, 100 and 1,000 labels


def one(own: float, labels: float = 10.0, draws: int = 40):
    """The ratio of a variant of one fraction that is `own`, in all draws."""
    rows = np.full((draws + 1, 1), own)
    return ratios(rows, np.tile(OTHER, (draws + 1, 1)), np.array([labels]), LABELS)[0]


@pytest.mark.parametrize(
    ("own", "expected"),
    # 0.5 lies half-way between 100 and 1,000 on the logarithmic scale: 316 labels
    [(0.2, 1.0), (0.3, 10**0.5), (0.4, 10.0), (0.5, 10**1.5), (0.6, 100.0)],
)
def test_read_from_the_curve_of_the_other(own: float, expected: float) -> None:
    found = one(own)
    assert (found.value, found.low, found.high) == pytest.approx((expected,) * 3)
    assert found.note == ""


def test_with_more_labels_of_ones_own_the_ratio_falls() -> None:
    assert one(0.4, labels=400.0).value == pytest.approx(0.25)


def test_beyond_the_curve_only_one_side_is_known() -> None:
    above, below = one(0.7), one(0.1)
    assert above.value == pytest.approx(100.0) and above.high == np.inf
    assert "at least" in above.note
    assert below.value == pytest.approx(1.0) and below.low == 0.0
    assert "at most" in below.note


def test_a_curve_that_falls_is_made_monotone() -> None:
    # 0.5 then 0.3 are pooled to 0.4, which is first reached with 10 labels.
    rows = np.full((3, 1), 0.4)
    bent = np.tile([0.5, 0.3, 0.6], (3, 1))
    assert ratios(rows, bent, np.array([10.0]), LABELS)[0].value == pytest.approx(1.0)
    higher = np.full((3, 1), 0.5)  # half-way between the pooled 0.4 at 100 and 0.6 at 1,000
    found = ratios(higher, bent, np.array([10.0]), LABELS)[0].value
    assert found == pytest.approx(10**1.5)


def test_interval_holds_the_middle_of_the_draws() -> None:
    own = np.linspace(0.2, 0.6, 401)[:, None]  # needs 10 to 1,000 labels, evenly in logarithms
    rows = np.concatenate([[[0.4]], own])
    found = ratios(rows, np.tile(OTHER, (402, 1)), np.array([10.0]), LABELS)[0]
    assert found.value == pytest.approx(10.0)
    assert found.low == pytest.approx(10 ** (2 * 0.025)) and found.high == pytest.approx(
        10 ** (2 * 0.975)
    )


def test_draws_beyond_the_end_open_the_interval_on_that_side_alone() -> None:
    own = np.where(np.arange(101) < 10, 0.9, 0.4)[:, None]  # of 100 draws 9 are above the curve
    own[0] = 0.4
    found = ratios(own, np.tile(OTHER, (101, 1)), np.array([10.0]), LABELS)[0]
    assert found.low == pytest.approx(10.0) and found.high == np.inf and found.note == ""


def test_what_is_no_number_is_left_out() -> None:
    rows = np.full((41, 1), 0.4)
    rows[5] = np.nan
    curve = np.tile(OTHER, (41, 1))
    curve[:, 1] = np.nan  # no figure at 100 labels: 0.4 lies half-way between the others
    assert ratios(rows, curve, np.array([10.0]), LABELS)[0].value == pytest.approx(10.0)
    rows[0] = np.nan
    nothing = ratios(rows, curve, np.array([10.0]), LABELS)[0]
    assert np.isnan(nothing.value) and "nothing to compare" in nothing.note
