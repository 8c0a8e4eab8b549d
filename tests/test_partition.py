"""Squared distances between and within groups, and how they fade with time."""

import numpy as np
import pytest
from scipy.spatial.distance import pdist, squareform
from skbio.stats.distance import DistanceMatrix
from skbio.stats.distance import permanova as skbio_permanova

from seston.community.blocks import labellings
from seston.community.partition import compare, persistence
from test_permanova import found, series


def test_f_is_that_of_scikit_bio_after_the_mean_of_each_period():
    rng = np.random.default_rng(1)
    points = series(rng, 3, 24, 0.2).reshape(3, 24, -1)
    flat = (points - points.mean(axis=0)).reshape(72, -1)
    theirs = skbio_permanova(
        DistanceMatrix(squareform(pdist(flat))), np.repeat(["a", "b", "c"], 24), permutations=0
    )["test statistic"]
    at = found(3, 24)
    it = compare(
        squareform(pdist(points.reshape(72, -1))), at.group, at.place // 12, at.place, 10,
        labellings(3, 2, 99, rng),
    )  # fmt: skip
    # The 23 means of periods beside the grand mean cost degrees of freedom.
    assert it.f == pytest.approx(theirs * (72 - 3 - 23) / (72 - 3))
    assert it.r2 == pytest.approx(1 / (1 + (72 - 3) / (2 * theirs)))


@pytest.mark.parametrize("phi", [0.0, 0.5])
def test_persistence_sees_through_noise(phi):
    rng = np.random.default_rng(8)
    at, noise = found(8, 200), rng.normal(size=(1600, 6))
    shift = np.repeat(3 * rng.normal(size=(8, 6)), 200, axis=0)  # lasting differences
    points = series(rng, 8, 200, phi) + noise + shift
    first, second = persistence(squareform(pdist(points)), at.group, at.place)
    assert first == pytest.approx(phi / 2, abs=0.05)
    assert second == pytest.approx(phi**2 / 2, abs=0.05)


def test_persistence_of_nothing():
    at = found(3, 5)
    assert np.isnan(persistence(np.zeros((15, 15)), at.group, at.place)).all()
