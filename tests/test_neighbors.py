import numpy as np
import pytest
from scipy.spatial.distance import cdist

from seston.cluster import neighbors
from seston.cluster.neighbors import nearest, neighbor_index, neighbors_among


def normal(n, dim, seed=1, mean=0.0):
    return np.random.default_rng(seed).normal(mean, 1, (n, dim)).astype(np.float32)


def test_neighbours_are_the_nearest_and_one_is_no_distance_from_oneself():
    points = normal(300, 20, mean=30)
    rows, distances = neighbors_among(neighbor_index(points, 1), points, 8)
    expected = np.sort(cdist(points, points), axis=1)[:, :8]
    assert np.allclose(distances, expected, atol=1e-2)
    assert rows[:, 0].tolist() == list(range(300))
    assert (distances[:, 0] == 0).all()


@pytest.mark.parametrize("equal", [2, 5, 30])
def test_each_of_many_equal_points_is_its_own_first_neighbour(equal):
    points = normal(40, 3)
    points[:equal] = points[0]
    rows, distances = neighbors_among(neighbor_index(points, 1), points, 5)
    assert rows[:, 0].tolist() == list(range(40))
    assert (np.diff(distances[equal:], axis=1) >= 0).all()
    # None of the five is another than one of the equal points, if there are as many.
    among = min(5, equal)
    assert (np.sort(rows[:equal], axis=1)[:, :among] < equal).all()


def test_the_approximate_index_finds_nearly_all_and_at_the_same_distance(monkeypatch):
    points, queries = normal(5000, 4), normal(500, 4, seed=2)
    exact = nearest(neighbor_index(points, 1), queries, 10)
    monkeypatch.setattr(neighbors, "EXACT", 1000)
    index = neighbor_index(points, 1)
    found, distances = nearest(index, queries, 10)
    same = found == exact[0]
    assert same.mean() > 0.95
    assert np.allclose(distances[same], exact[1][same], rtol=1e-3)
    again = nearest(neighbor_index(points, 1), queries, 10)
    assert np.array_equal(found, again[0])


def test_what_the_approximate_index_lacks_is_infinitely_far_and_not_farther_than_the_rest(
    monkeypatch,
):
    monkeypatch.setattr(neighbors, "EXACT", 100)
    monkeypatch.setattr(neighbors, "PROBED", 1)
    points = normal(1000, 8)
    index = neighbor_index(points, 1)
    found, distances = nearest(index, points, 300)
    assert (found == -1).any()
    assert np.isinf(distances[found == -1]).all()
    rows, finite = neighbors_among(index, points, 300)
    assert np.isfinite(finite).all()
    assert (finite[rows == -1] == np.repeat(finite.max(axis=1), (rows == -1).sum(axis=1))).all()
