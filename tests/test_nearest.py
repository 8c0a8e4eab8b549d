import numpy as np
import pytest

from seston.cluster.nearest import Nearest
from seston.cluster.torch_engine import on_torch


def brute(rows, centroids):
    return ((rows[:, None].astype(np.float64) - centroids.astype(np.float64)) ** 2).sum(axis=2)


@pytest.mark.parametrize(("n", "k"), [(1300, 40), (3, 2), (700, 1)])
def test_the_nearest_two_are_those_of_brute_force_in_float64(n, k):
    generator = np.random.default_rng(1)
    rows = generator.normal(size=(n, 24)).astype(np.float32)
    centroids = generator.normal(size=(k, 24)).astype(np.float32)
    squares = brute(rows, centroids)
    order = np.argsort(squares, axis=1)
    labels, distances = Nearest(centroids).two(rows)
    ascending = np.sqrt(np.sort(squares, axis=1))
    assert np.array_equal(labels[:, 0], order[:, 0])
    assert np.allclose(distances[:, 0], ascending[:, 0], rtol=1e-5)
    if k == 1:
        assert np.isnan(distances[:, 1]).all()
    else:
        assert np.array_equal(labels[:, 1], order[:, 1])
        assert np.allclose(distances[:, 1], ascending[:, 1], rtol=1e-5)
    for nearest in (Nearest(centroids).one, on_torch("cpu")(centroids)):
        one, squared = nearest(rows)
        assert np.array_equal(one, order[:, 0])
        assert np.allclose(squared, ascending[:, 0] ** 2, rtol=1e-4)


def test_ties_that_float32_cannot_tell_are_settled_as_float64_has_them():
    # Far from the origin float32 keeps no digit of what tells the two centroids apart.
    generator = np.random.default_rng(2)
    middle = generator.normal(size=16) * 300
    step = generator.normal(size=16)
    centroids = np.stack([middle - step, middle + step]).astype(np.float32)
    rows = (middle + 1e-4 * generator.normal(size=(500, 1)) * step).astype(np.float32)
    labels, _ = Nearest(centroids).two(rows)
    assert np.array_equal(labels[:, 0], brute(rows, centroids).argmin(axis=1))
