"""Relabelling groups in blocks of time."""

from itertools import permutations, product

import numpy as np
import pytest

from seston.community.blocks import (
    agreement,
    block_of,
    complete,
    labellings,
    p_value,
    periods_apart,
    relabellings,
)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (0.6, 0.36, 10),  # 0.6 ** 10 = 0.00605
        (0.05, 0.0, 10),
        (np.nan, np.nan, 10),
        (0.8, 0.64, 23),  # 0.8 ** 22 = 0.0074, 0.8 ** 23 = 0.0059
        (0.4, 0.32, 20),  # half of it chance: 0.4 * 0.8 ** 19 = 0.0058
        (0.8, np.nan, 23),
        (0.5, -0.1, 10),
        (0.2, 0.14, 10),  # may be chance
    ],
)
def test_pairs_count_when_the_series_has_forgotten(first, second, expected):
    assert periods_apart(first, second) == expected


def test_blocks_are_equal_stretches_of_the_calendar():
    assert np.bincount(block_of(np.arange(22), 10, 0.3)).tolist() == [11, 11]
    assert np.bincount(block_of(np.arange(23), 10, 0.3)).tolist() == [8, 8, 7]
    assert np.bincount(block_of(np.arange(23), 10, 0.55)).tolist() == [12, 11]
    assert np.bincount(block_of(np.arange(60), 10, 0.3)).tolist() == [12] * 5
    assert block_of(np.array([4, 5, 20, 25]), 10, 0.3).tolist() == [0, 0, 1, 1]
    assert block_of(np.arange(36), 20, 0.3).max() == 1


def test_groups_need_three_compositions_in_each_block():
    group = np.repeat(["a", "b"], [6, 5])
    block = np.array([0, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1])
    assert complete(group, block).tolist() == [True] * 6 + [False] * 5


def test_all_relabellings_once_where_there_are_few():
    rng = np.random.default_rng(1)
    every = labellings(3, 3, 99, rng)
    assert len(every) == relabellings(3, 3) == 36
    assert len({tuple(way.ravel()) for way in every}) == 36
    assert (every[0] == [0, 1, 2]).all() and (every[:, 0] == [0, 1, 2]).all()
    drawn = labellings(5, 2, 99, rng)
    assert drawn.shape == (100, 2, 5) and (drawn[0] == np.arange(5)).all()
    assert (np.sort(drawn, axis=2) == np.arange(5)).all()


def test_agreement_is_a_sum_over_pairs():
    rng = np.random.default_rng(2)
    code, place = (part.ravel() for part in np.indices((3, 8)))
    keep = rng.random(24) < 0.9
    code, place = code[keep], place[keep]
    block, apart = (place >= 4).astype(int), 3
    points = rng.normal(size=(len(code), 2))
    called = labellings(3, 2, 99, rng)
    found = agreement(points @ points.T, code, block, place, apart, called)
    for way, value in zip(called, found, strict=True):
        label = np.array([way[b].tolist().index(c) for b, c in zip(block, code, strict=True)])
        expected = 0.0
        for i, j in permutations(range(len(code)), 2):
            far = abs(place[i] - place[j]) >= apart and block[i] != block[j]
            if label[i] == label[j] and far:
                expected += points[i] @ points[j] / (label == label[i]).sum()
        assert value == pytest.approx(expected)


def test_p_counts_ties_and_the_labels_as_they_are():
    assert p_value(np.array([2.0, 1.0, 3.0, 2.0 - 1e-15])) == 0.75
    assert p_value(np.array([2.0, 1.0, 0.0, -1.0])) == 0.25
    assert p_value(np.zeros(4)) == 1


def test_relabellings_of_two_groups():
    # Two groups in seven blocks: which of the two is which, from the second block on.
    ways = {tuple(way) for way in product((0, 1), repeat=6)}
    assert relabellings(2, 7) == len(ways)
