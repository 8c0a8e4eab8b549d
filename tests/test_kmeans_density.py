"""k-means clusters beside density clusters."""

import numpy as np
import pytest
from sklearn.metrics import normalized_mutual_info_score

from seston.trust.kmeans_density import agreement, overlaps


def test_overlaps_by_hand():
    cluster = np.array([0, 0, 0, 1, 1, 3])
    density = np.array([-1, 2, 2, 2, 0, -1])
    assert [tuple(pair) for pair in overlaps(cluster, density)] == [
        (0, 2, 2, pytest.approx(2 / 3), pytest.approx(2 / 3)),
        (0, -1, 1, pytest.approx(1 / 3), 0.5),
        (1, 0, 1, 0.5, 1),
        (1, 2, 1, 0.5, pytest.approx(1 / 3)),
        (3, -1, 1, 1, 0.5),
    ]
    assert overlaps(np.empty(0, int), np.empty(0, int)) == []


def test_agreement_leaves_noise_out():
    rng = np.random.default_rng(1)
    cluster, density = rng.integers(0, 5, 400), rng.integers(-1, 3, 400)
    found = agreement(cluster, density, seed=1)
    placed = density >= 0
    assert found["noise"] == pytest.approx(1 - placed.mean())
    assert found["images"] == placed.sum()
    assert found["nmi"] == normalized_mutual_info_score(cluster[placed], density[placed])
    assert abs(found["ari"]) < 0.02
    same = agreement(cluster, cluster, seed=1)
    assert (same["nmi"], same["ami"], same["ari"]) == (1, 1, 1)


def test_all_noise_agrees_with_nothing():
    found = agreement(np.arange(5), np.full(5, -1), seed=1)
    assert found == {"noise": 1.0, "images": 0, "nmi": None, "ami": None, "ari": None}
