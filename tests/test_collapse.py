"""How much room embeddings use, where the answer is known in closed form."""

import numpy as np
import pytest

from seston.evaluate import collapse
from seston.evaluate.collapse import (
    alignment,
    collapse_evidence,
    effective_rank,
    feature_std,
    uniformity,
)
from seston.evaluate.neighbours import unit_rows
from seston.evaluate.organisms import Drawn


@pytest.mark.parametrize("rank", [1, 3, 10])
def test_effective_rank_of_r_equal_dimensions_is_r(rank):
    rng = np.random.default_rng(rank)
    turn = np.linalg.qr(rng.normal(size=(20, 20)))[0][:rank]
    rows = rng.normal(size=(20_000, rank)) @ turn + 5  # a common shift is no dimension
    assert effective_rank(rows) == pytest.approx(rank, rel=0.01)


def test_effective_rank_of_unequal_dimensions():
    # variances 3 : 1 -> exp of the entropy of (0.75, 0.25)
    rows = np.array([[np.sqrt(3), 0], [-np.sqrt(3), 0], [0, 1], [0, -1]])
    assert effective_rank(rows) == pytest.approx(np.exp(-0.75 * np.log(0.75) - 0.25 * np.log(0.25)))


def test_isotropic_and_collapsed_features():
    rng = np.random.default_rng(1)
    assert feature_std(unit_rows(rng.normal(size=(5000, 50)))) == pytest.approx(1, abs=0.02)
    same = np.ones((100, 50)) + 1e-3 * rng.normal(size=(100, 50))
    assert feature_std(unit_rows(same)) < 0.01
    assert uniformity(unit_rows(same)) == pytest.approx(0, abs=1e-3)
    assert np.isnan(effective_rank(np.ones((10, 4))))


def test_uniformity_by_hand_and_whatever_the_block(monkeypatch):
    # four right angles: |x - y|² = 2 for all pairs
    assert uniformity(np.eye(4)) == pytest.approx(-4)
    unit = unit_rows(np.random.default_rng(2).normal(size=(70, 5)))
    squares = ((unit[:, None] - unit[None]) ** 2).sum(axis=2)[~np.eye(70, dtype=bool)]
    for block in (7, 512):
        monkeypatch.setattr(collapse, "_BLOCK", block)
        assert uniformity(unit) == pytest.approx(np.log(np.exp(-2 * squares).mean()), abs=1e-6)


def test_alignment_by_hand():
    first, second = np.array([[1.0, 0], [0, 1]]), np.array([[1.0, 0], [1, 0]])
    assert alignment(first, first) == 0
    assert alignment(first, second) == pytest.approx((0 + 2) / 2)


def test_rows_say_how_many_stand_behind_them():
    vectors = np.random.default_rng(1).normal(size=(30, 4)).astype(np.float32)
    drawn = Drawn(np.arange(30), vectors, np.arange(30) % 5, tuple("abcde"), "day", "sampled")
    rows = collapse_evidence(drawn)
    assert [row.measure for row in rows] == ["feature_std", "effective_rank"]
    assert {(row.images, row.groups, row.note) for row in rows} == {(30, 5, "sampled")}
