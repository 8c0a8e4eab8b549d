"""Percentiles of distances within clusters."""

import numpy as np
from scipy.stats import rankdata

from seston.cluster.percentile import distance_percentile


def test_nearest_is_0_farthest_is_100_alone_is_50():
    cluster = np.array([1, 0, 1, 1, 7])
    distance = np.array([3.0, 9.0, 1.0, 2.0, 5.0])
    assert distance_percentile(cluster, distance).tolist() == [100, 50, 0, 50, 50]


def test_ties_share_their_mean():
    cluster = np.zeros(5, int)
    assert distance_percentile(cluster, np.array([1, 1, 2, 3, 3.0])).tolist() == [
        12.5, 12.5, 50, 87.5, 87.5,
    ]  # fmt: skip
    assert distance_percentile(cluster, np.ones(5)).tolist() == [50] * 5


def test_agrees_with_ranks_by_scipy():
    generator = np.random.default_rng(1)
    cluster = generator.integers(0, 7, 500)
    distance = generator.integers(0, 40, 500).astype(np.float32)
    found = distance_percentile(cluster, distance)
    for number in range(7):
        mine = cluster == number
        expected = 100 * (rankdata(distance[mine]) - 1) / (mine.sum() - 1)
        np.testing.assert_allclose(found[mine], expected, rtol=1e-6)
    assert found.dtype == np.float32


def test_no_images():
    assert distance_percentile(np.empty(0, int), np.empty(0)).shape == (0,)
