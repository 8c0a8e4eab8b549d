"""Figures of each cluster."""

import numpy as np
import pytest
from sklearn.metrics import silhouette_score

from seston.cluster.shards import EmbeddingShards
from seston.trust.profile import (
    compactness,
    mean_of,
    median_of,
    relative_margin,
    silhouette,
)
from shards_by_hand import blobs, three_shards

CLUSTER = np.array([0, 2, 0, 2, 2, 0, 2])


def test_compactness_by_hand():
    found = compactness(np.array([0, 0, 2]), np.array([3.0, 4.0, 2.0]), 3, spread=5.0)
    assert found[0] == pytest.approx(np.sqrt(12.5) / 5)
    assert found[2] == pytest.approx(0.4)
    assert np.isnan(found[1])


def test_means_and_medians_leave_the_unknown_out():
    values = np.array([1.0, 5, 2, np.nan, 7, 9, 6])
    assert mean_of(values, CLUSTER, 3)[[0, 2]].tolist() == [4, 6]
    assert median_of(values, CLUSTER, 4)[[0, 2]].tolist() == [2, 6]
    assert np.isnan(median_of(values, CLUSTER, 4)[[1, 3]]).all()
    assert np.isnan(mean_of(np.full(7, np.nan), CLUSTER, 3)).all()


def test_medians_agree_with_numpy():
    rng = np.random.default_rng(1)
    cluster, values = rng.integers(0, 9, 300), rng.normal(size=300)
    expected = [np.median(values[cluster == c]) for c in range(9)]
    np.testing.assert_allclose(median_of(values, cluster, 9), expected)


def test_margin_at_the_centroid_is_unknown():
    found = relative_margin(np.array([2.0, 3.0, np.nan]), np.array([4.0, 0.0, 1.0]))
    assert found[0] == 0.5
    assert np.isnan(found[1:]).all()


def test_silhouette_is_that_of_all_where_few(tmp_path):
    rows, blob = blobs(300, 4, 8, 1, spread=2)
    shards = EmbeddingShards(tmp_path, three_shards(tmp_path, rows))
    assert silhouette(shards, blob, 1) == pytest.approx(
        silhouette_score(rows.astype(np.float32), blob), abs=1e-5
    )
    assert silhouette(shards, np.zeros(300, int), 1) is None
    assert silhouette(shards, np.arange(300), 1) is None
