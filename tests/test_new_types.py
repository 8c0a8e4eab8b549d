"""Groups of far images: found where they are one type, not where they are ends of others."""

import numpy as np
import pytest

from seston.frozen.far import Far
from seston.frozen.new_types import find_candidates, tight_groups

DIM = 20


def shell(count, rng, radius=8.0):
    """Far ends of one cluster around the origin, on all sides."""
    rows = rng.normal(size=(count, DIM))
    return radius * rows / np.linalg.norm(rows, axis=1, keepdims=True)


def group(count, rng, at, spread=1.0):
    return at + spread * rng.normal(size=(count, DIM)) / np.sqrt(DIM)


def far_of(rows, among=5000):
    rows = np.asarray(rows, np.float32)
    return Far(rows, np.linalg.norm(rows, axis=1).astype(float), among)


@pytest.fixture
def rng():
    return np.random.default_rng(2)


@pytest.fixture
def place():
    return np.eye(DIM)[0] * 9


@pytest.mark.parametrize("others", [0, 30, 400])
def test_a_group_is_found_among_any_number_of_others(rng, place, others):
    rows = np.r_[group(40, rng, place), shell(others, rng)]
    (found,) = find_candidates(far_of(rows), far_of(shell(60, rng)))
    assert set(range(40)) <= set(found.members.tolist())
    assert len(found.members) <= 40 + others // 40
    assert np.linalg.norm(found.centre - place) < 1
    assert found.spread < 0.5 * found.distance
    assert found.p < 1e-4 and found.earlier == 0


def test_spread_and_distance_are_those_of_the_members(rng, place):
    rows = group(50, rng, place)
    (found,) = find_candidates(far_of(rows), far_of(shell(60, rng)))
    mine = rows[found.members].astype(np.float32).astype(float)
    assert found.spread == pytest.approx(np.sqrt(mine.var(axis=0, ddof=1).sum()), rel=1e-4)
    assert found.distance == pytest.approx(np.sqrt(np.square(mine).sum(axis=1).mean()), rel=1e-4)


def test_two_types_are_two_candidates_the_larger_first(rng, place):
    rows = np.r_[group(15, rng, -place), group(40, rng, place), shell(50, rng)]
    large, small = find_candidates(far_of(rows), far_of(shell(60, rng)))
    assert large.centre @ place > 0 > small.centre @ place


def test_far_ends_of_a_cluster_are_no_group(rng):
    assert tight_groups(far_of(shell(300, rng))) == []


def test_a_rare_type_that_was_there_before_is_no_news(rng, place):
    rows = np.r_[group(40, rng, place), shell(50, rng)]
    before = np.r_[group(30, rng, place), shell(60, rng)]
    assert find_candidates(far_of(rows), far_of(before)) == []
    # Twenty times as many images looked through then: the same 30 are much rarer.
    (found,) = find_candidates(far_of(rows), far_of(before, among=100_000))
    assert found.earlier > 20


def test_a_few_images_are_no_group(rng, place):
    assert find_candidates(far_of(group(9, rng, place)), far_of(shell(60, rng))) == []
    assert find_candidates(far_of(np.empty((0, DIM))), far_of(np.empty((0, DIM)))) == []


def test_equal_images_are_a_group_without_spread(place):
    (found,) = find_candidates(far_of([place] * 12), far_of(np.empty((0, DIM))))
    assert found.spread == pytest.approx(0, abs=1e-3) and len(found.members) == 12
