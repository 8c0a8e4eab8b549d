import numpy as np
import pytest
from sklearn.cluster import kmeans_plusplus

from seston.cluster.seeding import first_centroids
from shards_by_hand import blobs


def test_clusters_that_lie_apart_get_one_each():
    rows, blob = blobs(600, 20, 8, seed=1, spread=0.05)
    rows = rows.astype(np.float32)
    for seed in range(5):
        first = first_centroids(rows, 20, np.random.default_rng(seed))
        near = ((rows[:, None] - first) ** 2).sum(axis=2).argmin(axis=0)
        assert len(set(blob[near])) == 20


def test_they_start_as_low_as_those_of_scikit_learn():
    rows = blobs(2000, 15, 10, seed=2, spread=1.5)[0].astype(np.float32)

    def objective(first):
        return ((rows[:, None] - first) ** 2).sum(axis=2).min(axis=1).mean()

    ours = [objective(first_centroids(rows, 25, np.random.default_rng(s))) for s in range(10)]
    peers = [objective(kmeans_plusplus(rows, 25, random_state=s)[0]) for s in range(10)]
    assert np.mean(ours) == pytest.approx(np.mean(peers), rel=0.05)


def test_fewer_distinct_rows_than_centroids_still_give_as_many():
    rows = np.repeat(np.eye(3, dtype=np.float32), 4, axis=0)
    first = first_centroids(rows, 6, np.random.default_rng(1))
    assert first.shape == (6, 3)
    assert len(np.unique(first, axis=0)) == 3
