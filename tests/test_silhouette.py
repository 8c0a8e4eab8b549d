import tracemalloc

import numpy as np
import pytest
from sklearn.metrics import euclidean_distances, silhouette_samples

from seston.cluster.silhouette import silhouettes
from shards_by_hand import blobs


@pytest.mark.parametrize("spread", [0.4, 3.0])
def test_asked_of_all_it_is_scikit_learns(spread):
    rows, blob = blobs(300, 6, 8, seed=1, spread=spread)
    rows = rows.astype(np.float32)
    found = silhouettes(euclidean_distances(rows), np.arange(300), blob, 6)
    assert np.allclose(found, silhouette_samples(rows, blob), atol=1e-4)


def test_asked_of_some_it_still_compares_with_all():
    rows, blob = blobs(300, 6, 8, seed=2, spread=2.0)
    rows = rows.astype(np.float32)
    blob[7] = 9  # alone in its cluster; 6 to 8 are empty
    asked = np.array([200, 7, 3])
    found = silhouettes(euclidean_distances(rows[asked], rows), asked, blob, 10)
    assert np.allclose(found, silhouette_samples(rows, blob)[asked], atol=1e-4)
    assert found[1] == 0


def test_memory_does_not_grow_with_clusters_times_images():
    labels = np.random.default_rng(0).integers(0, 5000, 20_000)
    distances = np.zeros((10, 20_000), np.float32)
    tracemalloc.start()
    silhouettes(distances, np.arange(10), labels, 5000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10e6  # one row of 5,000 numbers per image would be 400 MB


def test_one_cluster_has_no_silhouette_and_equal_images_have_none_to_speak_of():
    rows = np.arange(6, dtype=np.float32).reshape(3, 2)
    assert np.isnan(silhouettes(euclidean_distances(rows), np.arange(3), np.zeros(3, int), 2)).all()
    same = np.ones((4, 2), np.float32)
    labels = np.array([0, 0, 1, 1])
    assert not silhouettes(euclidean_distances(same), np.arange(4), labels, 2).any()
