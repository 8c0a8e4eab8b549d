from itertools import combinations

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import adjusted_rand_score

from seston.cluster.stability import (
    agreement,
    best_match,
    by_weight,
    cluster_stability,
    interval_of_mean,
)
from shards_by_hand import blobs


def centres(rows, blob):
    rows = rows.astype(np.float32)
    return np.stack([rows[blob == one].mean(axis=0) for one in range(blob.max() + 1)])


def test_clusters_that_lie_apart_come_back_whole():
    rows, blob = blobs(600, 5, 16, seed=1)
    found = cluster_stability(rows.astype(np.float32), centres(rows, blob), 4, 10, False, 1)
    mean, low, high, counted = found
    assert np.array_equal(mean, np.ones(5))
    assert np.array_equal(low, np.ones(5))
    assert np.array_equal(high, np.ones(5))
    assert np.array_equal(counted, np.full(5, 4))


def test_a_blob_cut_in_two_is_less_stable_than_one_left_whole():
    rows, blob = blobs(1500, 3, 12, seed=2)
    rows = rows.astype(np.float32)
    places = centres(rows, blob)
    along = np.random.default_rng(3).normal(size=12).astype(np.float32)
    along *= 0.3 / np.linalg.norm(along)
    halves = np.stack([places[0], places[1], places[2] + along, places[2] - along])
    mean, low, high, _ = cluster_stability(rows, halves, 8, 15, False, 1)
    assert (mean[:2] > 0.6).all()
    assert (mean[2:] < 0.6).all()
    assert (low <= mean).all()
    assert (mean <= high).all()


def test_a_cluster_without_an_image_in_the_sample_has_no_stability():
    rows, blob = blobs(200, 3, 8, seed=4)
    places = np.concatenate([centres(rows, blob), np.full((1, 8), 99, np.float32)])
    mean, low, high, counted = cluster_stability(rows.astype(np.float32), places, 3, 5, False, 1)
    assert np.isnan([mean[3], low[3], high[3]]).all()
    assert counted.tolist() == [3, 3, 3, 0]
    assert np.isfinite(mean[:3]).all()


def test_one_image_and_more_clusters_than_images():
    rows = np.ones((1, 4), np.float32)
    mean, _, _, counted = cluster_stability(rows, rows, 3, 5, False, 1)
    assert mean.tolist() == [1]
    assert counted.tolist() == [3]
    few = np.arange(12, dtype=np.float32).reshape(3, 4)
    assert cluster_stability(few, np.repeat(few, 3, axis=0), 5, 5, False, 1)[0].shape == (9,)


def test_the_seed_decides_and_nothing_else():
    rows, blob = blobs(400, 12, 6, seed=5, spread=2.0)
    ask = (rows.astype(np.float32), centres(rows, blob), 3, 5, False)
    one, two, other = (cluster_stability(*ask, seed)[0] for seed in (1, 1, 2))
    assert np.array_equal(one, two)
    assert not np.array_equal(one, other)


def test_a_balanced_clustering_is_stable_in_balanced_reclusterings():
    rng = np.random.default_rng(6)
    kind = np.r_[np.zeros(1800, int), rng.integers(1, 6, 200)]  # a broad bloom and five rare kinds
    centres = rng.normal(0, 2, (6, 8))
    rows = (centres[kind] + rng.normal(0, 1, (2000, 8))).astype(np.float32)
    places = centres.astype(np.float32)
    weights = np.where(kind == 0, 0.1, 5).astype(np.float32)
    ask = (rows, places, 6, 10, False, 1)
    alike, balanced = cluster_stability(*ask)[0], cluster_stability(*ask, weights)[0]
    assert alike.mean() + 0.1 < balanced.mean()
    assert balanced.min() > 0.6


def test_rows_come_as_often_as_their_weight_says():
    weights = np.array([1, 3, 0.5, 0.5, 0, 1], np.float32)
    drawn = by_weight(np.array([0, 1, 2, 3, 4, 5]), weights, np.random.default_rng(1))
    counted = np.bincount(drawn, minlength=6)
    assert counted[[0, 1, 4, 5]].tolist() == [1, 3, 0, 1]
    assert counted[2] + counted[3] == 1
    twice = by_weight(np.array([1, 1, 0, 0]), weights, np.random.default_rng(1))
    assert np.bincount(twice).tolist() == [1, 3]


def test_jaccard_of_the_best_match_by_hand():
    #              images 0 1 2 3 4 5 6
    labels = np.array([0, 0, 0, 1, 1, 3, 3])
    others = np.array([4, 4, 1, 1, 1, 1, 0])
    # 0: with 4 2/3, with 1 1/6; 1: with 1 2/4; 2 is empty; 3: with 1 1/5, with 0 1/2
    assert np.allclose(best_match(labels, others, 4), [2 / 3, 1 / 2, np.nan, 1 / 2], equal_nan=True)


def test_the_interval_of_a_mean_is_students():
    values = np.array([[0.4, 1.0, np.nan], [0.5, 1.0, 0.7], [0.9, np.nan, np.nan]])
    mean, low, high = interval_of_mean(values)
    assert np.allclose(mean, [0.6, 1.0, 0.7])
    t = stats.t.interval(0.95, 2, loc=0.6, scale=stats.sem([0.4, 0.5, 0.9]))
    assert low[0] == max(t[0], 0)
    assert high[0] == min(t[1], 1)
    assert (low[1], high[1]) == (1, 1)
    assert np.isnan([low[2], high[2]]).all()


def test_agreement_is_the_mean_over_pairs_with_the_interval_of_the_jackknife():
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 4, 300)
    views = [np.where(rng.random(300) < 0.2, rng.integers(0, 4, 300), truth) for _ in range(6)]

    def mean(some):
        return np.mean([adjusted_rand_score(a, b) for a, b in combinations(some, 2)])

    without = np.array([mean(views[:i] + views[i + 1 :]) for i in range(6)])
    error = np.sqrt(5 / 6 * ((without - without.mean()) ** 2).sum())
    found, low, high = agreement(views)
    assert found == pytest.approx(mean(views))
    assert high - found == pytest.approx(stats.t.ppf(0.975, 5) * error)
    assert found - low == pytest.approx(high - found)


def test_agreement_of_few_clusterings():
    one = np.array([0, 0, 1, 1])
    assert np.isnan(agreement([one])).all()
    assert agreement([one, 1 - one])[0] == 1
    assert np.isnan(agreement([one, one])[1:]).all()
