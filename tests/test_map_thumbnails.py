"""Which organisms have their picture in the page."""

import numpy as np
import pytest

from seston.report.map.thumbnails import choose_rows, shares, z_order


def test_all_are_taken_where_there_is_room():
    place = np.random.default_rng(0).normal(size=(5, 2))
    assert choose_rows(place, np.array([0, 1, 0, 1, 9]), 5, 1).tolist() == [0, 1, 2, 3, 4]


def test_none_are_taken_where_none_are_wanted():
    assert choose_rows(np.zeros((3, 2)), np.zeros(3, int), 0, 1).tolist() == []


def test_every_cluster_is_shown_and_no_more_than_asked_for():
    rng = np.random.default_rng(0)
    sizes = np.array([5000, 1000, 100, 10, 1])
    cluster = rng.permutation(np.repeat(np.arange(5), sizes))
    rows = choose_rows(rng.normal(size=(len(cluster), 2)), cluster, 300, 1)
    assert 290 <= len(rows) <= 300
    assert (np.diff(rows) > 0).all()
    shown = np.bincount(cluster[rows], minlength=5)
    assert shown[4] == 1
    # By the square root of the size: 70.7 to 31.6 to 10.
    assert shown[0] / shown[1] == pytest.approx(np.sqrt(5), rel=0.05)
    assert shown[1] / shown[2] == pytest.approx(np.sqrt(10), rel=0.1)


def test_shares_use_up_what_there_is():
    sizes = np.array([4, 9, 16, 25])
    assert shares(sizes, 14).tolist() == [2, 3, 4, 5]
    assert shares(sizes, 54).tolist() == [4, 9, 16, 25]
    assert shares(sizes, 2).sum() <= 2  # more clusters than pictures


def test_pictures_are_spread_over_the_whole_cluster():
    rng = np.random.default_rng(0)
    place = rng.uniform(0, 16, (40_000, 2))
    rows = choose_rows(place, np.zeros(40_000, int), 1024, 1)
    cells = np.floor(place[rows]).astype(int)
    counts = np.bincount(16 * cells[:, 0] + cells[:, 1], minlength=256)
    # 4 in each of 256 cells; drawn at random they would be 0 to 11.
    assert counts.min() >= 2
    assert counts.max() <= 6


def test_the_curve_visits_neighbours_one_after_another():
    grid = np.array([[x, y] for y in range(4) for x in range(4)], float)
    visited = grid[np.argsort(z_order(grid))].astype(int).tolist()
    assert visited == [
        [0, 0], [1, 0], [0, 1], [1, 1], [2, 0], [3, 0], [2, 1], [3, 1],
        [0, 2], [1, 2], [0, 3], [1, 3], [2, 2], [3, 2], [2, 3], [3, 3],
    ]  # fmt: skip


def test_the_seed_decides():
    rng = np.random.default_rng(0)
    place, cluster = rng.normal(size=(900, 2)), rng.integers(3, size=900)
    first, again, other = (choose_rows(place, cluster, 90, seed).tolist() for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_organisms_in_one_place_are_no_trouble():
    assert len(choose_rows(np.ones((50, 2)), np.zeros(50, int), 7, 1)) == 7
