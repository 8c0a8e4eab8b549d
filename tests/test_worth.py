"""Which images are worth a label."""

import numpy as np
import pytest

from seston.classify.worth import choose, quotas

RNG = np.random.default_rng(0)


def test_quotas_go_by_the_root_of_the_size_and_by_uncertainty():
    cluster = np.repeat([0, 1], [900, 100])
    assert quotas(cluster, np.ones(1000), 40).tolist() == [30, 10]
    unsure = np.where(cluster == 1, 0.9, 0.3)
    assert quotas(cluster, unsure, 40).tolist() == [20, 20]


@pytest.mark.parametrize("n", [1, 7, 23, 10_000])
def test_quotas_add_up_and_none_is_more_than_there_is(n):
    cluster = np.repeat([0, 2, 3], [5, 500, 1])
    found = quotas(cluster, np.ones(506), n)
    assert found.sum() == min(n, 506) and found[1] == 0
    assert (found <= np.bincount(cluster)).all()


def test_nothing_to_choose_from():
    assert quotas(np.empty(0, np.int64), np.empty(0), 5).sum() == 0


def test_twins_are_not_chosen_before_all_others():
    rows = np.repeat(np.arange(5.0), 10)[:, None].astype(np.float32)
    chosen = choose(rows, np.full(50, 0.5), np.empty((0, 1), np.float32), 5, RNG)
    assert sorted(rows[chosen, 0]) == [0, 1, 2, 3, 4]
    assert rows[chosen[0], 0] == 2  # the typical one comes first where all are as uncertain


def test_the_uncertain_come_first_and_the_labelled_repel():
    rows = np.array([[0.0], [1.0], [2.0], [9.0]], np.float32)
    first = choose(rows, np.array([0.1, 0.9, 0.2, 0.3]), np.empty((0, 1), np.float32), 1, RNG)
    assert first.tolist() == [1]
    beside = choose(rows, np.full(4, 0.5), np.array([[9.0]], np.float32), 2, RNG)
    assert beside.tolist() == [0, 2]  # the farthest, then the one between it and the label


def test_uncertainty_and_distance_are_multiplied():
    rows = np.array([[0.0], [3.0], [4.0]], np.float32)
    labelled = np.zeros((1, 1), np.float32)
    assert choose(rows, np.array([1, 0.5, 0.3]), labelled, 1, RNG).tolist() == [1]
    assert choose(rows, np.array([1, 0.5, 0.4]), labelled, 1, RNG).tolist() == [2]
