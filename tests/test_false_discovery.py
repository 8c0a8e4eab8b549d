import numpy as np
import pytest
from scipy.stats import norm

from seston.change.false_discovery import limit_of, q_values


def test_ten_tests_by_hand():
    p = [0.0001, 0.9, 0.004, np.nan, 0.02, 0.03, 0.5, 0.7, 0.04, 0.6, 0.2]
    # 10 tests, c = 1 + 1/2 + ... + 1/10 = 2.9289683; p · 10 · c / rank, from the largest down the
    # smallest so far (0.04, rank 5, stands below neither 0.02 nor 0.03), at most 1.
    c = 2.9289683
    expected = [
        0.0001 * 10 * c, 1, 0.004 * 10 * c / 2, np.nan, 0.02 * 10 * c / 3, 0.03 * 10 * c / 4,
        1, 1, 0.04 * 10 * c / 5, 1, 0.2 * 10 * c / 6,
    ]  # fmt: skip
    np.testing.assert_allclose(q_values(p), expected, rtol=1e-6)


def test_a_small_rank_never_has_a_larger_q_than_the_next():
    found = q_values([0.03, 0.031])  # c = 1.5: 0.03 · 2 · 1.5 / 1 = 0.09 > 0.031 · 2 · 1.5 / 2
    np.testing.assert_allclose(found, [0.0465, 0.0465])


def test_places_without_a_test_do_not_count():
    assert q_values([0.01, np.nan, np.nan]).tolist()[0] == 0.01
    assert np.isnan(q_values([np.nan, np.nan])).all()
    assert q_values([]).shape == (0,)
    assert q_values([[0.01, np.nan]]).shape == (1, 2)


def test_no_p_value_is_a_mistake():
    with pytest.raises(ValueError):
        q_values([0.1, 1.2])


def test_at_most_a_twentieth_of_the_findings_is_false():
    # 20 true effects among 100 tests, all correlated: the mean share of false ones stays below 5 %.
    generator = np.random.default_rng(1)
    shares = []
    for _ in range(400):
        z = 0.7 * generator.normal() + 0.7 * generator.normal(size=100)
        z[:20] += 4
        found = q_values(2 * norm.sf(np.abs(z))) <= 0.05
        shares.append(found[20:].sum() / max(found.sum(), 1))
    assert np.mean(shares) < 0.05


def test_the_limit_parts_what_is_shown_from_what_is_not():
    p = np.array([0.001, 0.004, np.nan, 0.02, 0.4])
    # By hand: 4 tests, 1 + 1/2 + 1/3 + 1/4 = 25/12; the first two are shown.
    assert limit_of(p, 0.05) == pytest.approx(0.05 * 2 / (4 * 25 / 12))
    shown = q_values(p) <= 0.05
    assert shown.tolist() == [True, True, False, False, False]
    assert ((p <= limit_of(p, 0.05)) == shown).all()
    assert limit_of([0.5, 0.9], 0.05) == 0 == limit_of([np.nan], 0.05)
