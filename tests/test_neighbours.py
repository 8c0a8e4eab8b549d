"""Nearest neighbours by cosine, against scikit-learn and by hand."""

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from seston.evaluate import neighbours
from seston.evaluate.neighbours import nearest, unit_rows, vote


@pytest.fixture
def rows():
    return np.random.default_rng(1).normal(size=(300, 12)).astype(np.float32)


def test_neighbours_are_those_of_scikit_learn(rows, monkeypatch):
    theirs = NearestNeighbors(n_neighbors=8, metric="cosine").fit(rows).kneighbors()[1]
    for block in (64, 512):
        monkeypatch.setattr(neighbours, "_BLOCK", block)
        assert np.array_equal(nearest(unit_rows(rows), 8), theirs)


def test_rows_of_the_same_unit_are_no_neighbours(rows):
    units = np.arange(300) % 3
    near = nearest(unit_rows(rows), 5, apart=units)
    assert (units[near] != units[:, None]).all()
    for row in (0, 7):
        others = np.flatnonzero(units != units[row])
        search = NearestNeighbors(n_neighbors=5, metric="cosine").fit(rows[others])
        assert np.array_equal(near[row], others[search.kneighbors(rows[[row]])[1][0]])


def test_too_few_neighbours_are_told_and_an_organism_without_any_gets_no_answer():
    rows = unit_rows(np.eye(3, 4) + 0.1)
    near = nearest(rows, 4, apart=np.array([0, 0, 1]))
    assert near.tolist() == [[2, -1, -1, -1], [2, -1, -1, -1], [0, 1, -1, -1]]
    alone = nearest(rows, 2, apart=np.zeros(3, int))
    assert vote(alone, np.array([0, 1, 2]), 2).tolist() == [-1, -1, -1]


def test_most_votes_win_and_the_nearer_settle_a_tie():
    labels = np.array([0, 1, 1, 2, 0, 2])
    near = np.array([[3, 1, 2], [0, 3, 1], [5, 0, 4]])
    assert vote(near, labels, 3).tolist() == [1, 0, 0]
    assert vote(near, labels, 1).tolist() == [2, 0, 2]


def test_many_far_votes_outweigh_one_near(rows):
    labels = np.r_[1, np.zeros(20, int)]
    near = np.arange(20)[None]  # the nearest says 1, nineteen say 0
    assert vote(near, labels, 20).tolist() == [0]


def test_a_row_of_zeros_is_no_fault():
    assert np.isfinite(unit_rows(np.zeros((2, 3)))).all()
