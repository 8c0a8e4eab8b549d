"""The step that brings a displaced day back."""

import numpy as np
import pytest

from seston.trust.displacement import displacement, means_without
from seston.trust.flags import DISPLACED

TYPES = np.random.default_rng(7).normal(0, 1, (15, 32)) * 6


def day(seed, kinds, images, step=0.0):
    rng = np.random.default_rng(seed)
    kind = rng.choice(kinds, images)
    return TYPES[kind] + rng.normal(0, 2.5, (images, 32)) + step, kind


def test_a_displaced_day_comes_back_by_its_step():
    step = np.random.default_rng(3).normal(0, 1, 32) * 4
    rows, kind = day(1, 15, 120, step)
    found = displacement(rows, TYPES, TYPES.mean(axis=0))
    assert found.gain > 2 * DISPLACED
    np.testing.assert_allclose(found.step, step, atol=1.0)
    assert np.mean(found.target == kind) > 0.98


def test_an_ordinary_day_is_not_displaced():
    gains = [
        displacement(day(seed, 15, 60)[0], TYPES, TYPES.mean(axis=0)).gain for seed in range(10)
    ]
    assert max(gains) < DISPLACED / 2


@pytest.mark.parametrize("others", [6, 20])
def test_a_bloom_of_a_kind_of_its_own_is_not_displaced(others):
    for seed in range(10):
        rows, _ = day(seed, 14, others)
        bloom, _ = day(seed + 50, [14], 120)
        found = displacement(np.concatenate([rows, bloom]), TYPES[:14], TYPES[:14].mean(axis=0))
        assert found.gain < DISPLACED


def test_images_of_one_kind_tell_nothing():
    rows = np.random.default_rng(1).normal(0, 0.1, (20, 32)) + TYPES[0]
    assert displacement(rows, TYPES[:1], TYPES.mean(axis=0)).gain == -np.inf


def test_means_without_the_level():
    rng = np.random.default_rng(5)
    rows, cluster = rng.normal(size=(60, 4)), np.repeat([0, 1, 2], [30, 20, 10])
    mine = np.zeros(60, bool)
    mine[:10] = mine[30:45] = True  # a third of cluster 0, three quarters of cluster 1
    sums = np.stack([rows[cluster == c].sum(axis=0) for c in range(3)])
    of_level = np.bincount(cluster[mine], minlength=3)
    means, shared = means_without(sums, np.array([30, 20, 10]), rows[mine], cluster[mine], of_level)
    assert shared.tolist() == [0, 2]
    expected = [rows[(cluster == c) & ~mine].mean(axis=0) for c in shared]
    np.testing.assert_allclose(means, expected)
