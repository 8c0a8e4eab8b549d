import numpy as np
from sklearn.cluster import HDBSCAN

from seston.cluster.regions import dense_regions


def places(seed=1):
    generator = np.random.default_rng(seed)
    small, large = generator.normal(0, 0.1, (40, 2)), generator.normal(10, 0.1, (80, 2))
    lone = np.array([[5.0, -20.0], [-30.0, 5.0]])
    return np.concatenate([small, lone, large]).astype(np.float32)


def test_dense_regions_are_numbered_by_size_and_scattered_points_are_noise():
    labels = dense_regions(places(), 20, 5)
    assert labels.dtype == np.int32
    assert labels[40:42].tolist() == [-1, -1]
    assert np.mean(labels[:40] == 1) > 0.9
    assert np.mean(labels[42:] == 0) > 0.9


def test_the_regions_are_those_of_another_implementation():
    generator = np.random.default_rng(3)
    many = np.concatenate(
        [generator.normal(at, width, (150, 2)) for at, width in ((0, 0.5), (4, 1), (9, 0.3))]
        + [generator.uniform(-5, 14, (60, 2))]
    ).astype(np.float32)
    ours = dense_regions(many, 20, 10)
    theirs = HDBSCAN(min_cluster_size=20, min_samples=10, copy=True).fit_predict(many.astype(float))
    # scikit-learn counts the point itself among the neighbours: a point or two of noise differ.
    assert np.mean((ours >= 0) == (theirs >= 0)) > 0.97
    both = (ours >= 0) & (theirs >= 0)
    assert len(set(zip(ours[both], theirs[both], strict=True))) == len(set(ours[both])) == 3


def test_too_few_places_are_all_noise():
    assert (dense_regions(places()[:9], 2, 2) == -1).all()
    assert (dense_regions(places(), 200, 5) == -1).all()
    assert (dense_regions(places(), 20, 200) == -1).all()
    assert len(dense_regions(np.empty((0, 2), np.float32), 10, 10)) == 0
