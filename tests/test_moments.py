"""Sums over all embeddings; the directions of light and blur."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from seston.cluster.shards import EmbeddingShards
from seston.trust.moments import explained, moments, residuals_of
from shards_by_hand import write_shard


@pytest.fixture
def made(tmp_path):
    """Six clusters; the last is the first in other light, along a direction of its own."""
    rng = np.random.default_rng(1)
    centres = rng.normal(0, 1, (6, 16)) * 3
    direction = np.eye(16)[5]
    cluster = rng.integers(0, 6, 900)
    light = np.array([50, 60, 70, 80, 90, 110.0])[cluster] + rng.normal(0, 5, 900)
    centres[5] = centres[0] + direction * 0.2 * 60
    rows = centres[cluster] + rng.normal(0, 0.3, (900, 16))
    means = np.bincount(cluster, light) / np.bincount(cluster)
    rows += 0.2 * (light - means[cluster])[:, None] * direction
    ids = [f"s/{i:04d}" for i in range(900)]
    write_shard(tmp_path, "a", ids[:500], rows[:500])
    write_shard(tmp_path, "b", ids[500:], rows[500:])
    return EmbeddingShards(tmp_path, ["a", "b"]), cluster, light


def test_sums_sizes_and_spread(made):
    shards, cluster, _ = made
    found = moments(shards, cluster, 8, np.zeros((1, 900)))
    rows = shards.take(np.arange(900)).astype(np.float64)
    assert found.sizes.tolist() == [*np.bincount(cluster), 0, 0]
    np.testing.assert_allclose(found.means[3], rows[cluster == 3].mean(axis=0))
    assert np.isnan(found.means[7]).all()
    assert found.spread == pytest.approx(
        np.sqrt(np.square(rows - rows.mean(axis=0)).sum(axis=1).mean())
    )


def test_slope_is_the_median_of_regressions_within_clusters(made):
    shards, cluster, light = made
    residuals, means = residuals_of(light, cluster, 6)
    found = moments(shards, cluster, 6, residuals[None])
    rows = shards.take(np.arange(900)).astype(np.float64)
    fitted = [
        LinearRegression().fit(light[cluster == c, None], rows[cluster == c]).coef_[:, 0]
        for c in range(6)
    ]
    np.testing.assert_allclose(found.slopes[0], np.median(fitted, axis=0), atol=1e-6)
    assert found.slopes[0][5] == pytest.approx(0.2, rel=0.05)
    np.testing.assert_allclose(means, [light[cluster == c].mean() for c in range(6)])


def test_tiny_clusters_have_no_slope(made):
    alone = np.arange(900)
    assert not moments(made[0], alone, 900, np.zeros((1, 900))).slopes.any()


def test_unknown_values_do_not_count():
    residuals, means = residuals_of(np.array([1.0, 3.0, np.nan]), np.array([0, 0, 1]), 2)
    assert residuals.tolist() == [-1, 1, 0]
    assert means[0] == 2
    assert np.isnan(means[1])


def test_a_cluster_in_other_light_is_found_and_no_other(made):
    shards, cluster, light = made
    residuals, means = residuals_of(light, cluster, 6)
    found = moments(shards, cluster, 6, residuals[None])
    told = explained(found, found.slopes[0], means, float(residuals.std()))
    assert told.explains.tolist() == [True, False, False, False, False, True]
    assert told.neighbour[[0, 5]].tolist() == [5, 0]
    assert told.along[5] > 0.95


def test_one_cluster_has_no_neighbour(made):
    shards, _, light = made
    residuals, means = residuals_of(light, np.zeros(900, int), 2)
    found = moments(shards, np.zeros(900, int), 2, residuals[None])
    told = explained(found, found.slopes[0], means, 1.0)
    assert told.neighbour.tolist() == [-1, -1]
    assert not told.explains.any()
