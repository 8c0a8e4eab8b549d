"""k-means against labels."""

import numpy as np
import pytest

from seston.evaluate.agreement import MEASURES, agreement, kmeans_agreement, purity


def test_figures_by_hand():
    labels = np.array([0, 0, 0, 1, 1, 1])
    clusters = np.array([5, 5, 2, 2, 2, 2])
    assert purity(labels, clusters) == pytest.approx(5 / 6)
    nmi, ami, ari, pure = agreement(labels, clusters)
    # mutual information and entropies of the table [[2, 1], [0, 3]], in nats
    table = np.array([[2, 1], [0, 3]]) / 6
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = table * np.log(table / np.outer(rows, columns))
    entropy = [-(p * np.log(p)).sum() for p in (rows, columns)]
    assert nmi == pytest.approx(np.nansum(terms) / np.mean(entropy))
    # pairs together in both: 1 + 3 = 4; by labels 6, by clusters 1 + 6 = 7, of 15
    expected = 6 * 7 / 15
    assert ari == pytest.approx((4 - expected) / ((6 + 7) / 2 - expected))
    assert ami < nmi and pure == pytest.approx(5 / 6)


def test_classes_apart_are_found_and_shuffled_labels_are_not():
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 4, 400)
    rows = (np.eye(4, 8)[labels] * 10 + rng.normal(size=(400, 8)) * 0.1).astype(np.float32)
    found, chance = kmeans_agreement(rows, labels, seed=2)
    assert found.shape == chance.shape == (3, len(MEASURES))
    assert found.max(axis=0) == pytest.approx([1, 1, 1, 1])
    assert np.abs(chance[:, 1:3]).max() < 0.05  # adjusted for chance
    assert (chance[:, 3] < 0.45).all() and (chance[:, 3] > 0.25).all()


def test_the_same_seed_gives_the_same():
    rows = np.random.default_rng(3).normal(size=(100, 5)).astype(np.float32)
    labels = np.arange(100) % 3
    first, second = (kmeans_agreement(rows, labels, seed=4) for _ in range(2))
    assert np.array_equal(first, second)
