import numpy as np
import pytest
from scipy.cluster.hierarchy import is_valid_linkage, linkage
from sklearn.cluster import AgglomerativeClustering
from sklearn.metrics import adjusted_rand_score

from seston.cluster.ward import cut, images_of, ward


def drawn(k: int, dim: int = 5, seed: int = 1):
    generator = np.random.default_rng(seed)
    return generator.normal(size=(k, dim)).astype(np.float32), generator.integers(1, 9, k)


def test_clusters_of_one_image_make_the_tree_of_scipy():
    centroids, _ = drawn(150)
    merges = ward(centroids, np.ones(150, np.int64))
    theirs = linkage(centroids.astype(np.float64), "ward")
    assert np.array_equal(merges[:, [0, 1, 3]], theirs[:, [0, 1, 3]])
    # scipy's height of two single points is their distance, ours the root of what is added
    # to the mean of all: d²/2 to the sum of 150.
    assert np.allclose(merges[:, 2], theirs[:, 2] / np.sqrt(2 * 150))


def test_clusters_weigh_what_they_hold_as_if_each_image_lay_on_its_centroid():
    centroids, sizes = drawn(60)
    rows = np.repeat(centroids, sizes, axis=0).astype(np.float64)
    merges = ward(centroids, sizes)
    theirs = linkage(rows, "ward")[-59:]  # before that it joins what lies on one spot
    assert np.allclose(merges[:, 2], theirs[:, 2] / np.sqrt(2 * len(rows)))
    for groups in (2, 7, 30):
        ours = np.repeat(cut(merges, sizes, groups), sizes)
        assert adjusted_rand_score(ours, AgglomerativeClustering(groups).fit(rows).labels_) == 1
    unweighted = linkage(centroids.astype(np.float64), "ward")
    assert not np.array_equal(merges[:, :2], unweighted[:, :2])  # sizes matter


def test_squares_of_the_heights_add_up_to_the_variance_of_the_centroids():
    centroids, sizes = drawn(40, seed=2)
    rows = np.repeat(centroids, sizes, axis=0)
    merges = ward(centroids, sizes)
    assert (merges[:, 2] ** 2).sum() == pytest.approx(rows.var(axis=0).sum(), rel=1e-5)
    # and those of the last joins to the variance between the groups that they join
    group = np.repeat(cut(merges, sizes, 6), sizes)
    means = np.stack([rows[group == g].mean(axis=0) for g in range(6)])[group]
    assert (merges[-5:, 2] ** 2).sum() == pytest.approx(means.var(axis=0).sum(), rel=1e-5)


def test_two_joins_by_hand():
    # Costs w_a w_b / (w_a + w_b) d²: 0 and 1: .25·.25/.5·4 = .5; 1 and 2: .25·.5/.75·9 = 1.5.
    merges = ward(np.array([[0.0], [2.0], [5.0]]), np.array([1, 1, 2]))
    assert np.allclose(merges[0], [0, 1, np.sqrt(0.5), 2])
    # then 0 and 1 at 1, of weight .5: .5·.5/1·16 = 4
    assert np.allclose(merges[1], [2, 3, 2, 3])
    assert images_of(merges, np.array([1, 1, 2])).tolist() == [1, 1, 2, 2, 4]


def test_a_valid_tree_whatever_ties():
    for sizes in (np.ones(40, np.int64), np.arange(40)):
        grid = np.stack(np.divmod(np.arange(40), 8), axis=1).astype(np.float32)
        merges = ward(np.repeat(grid[::2], 2, axis=0), sizes)  # also pairs on one spot
        assert is_valid_linkage(merges)
        assert (np.diff(merges[:, 2]) >= 0).all()
        assert merges[-1, 3] == 40


def test_an_empty_cluster_joins_its_nearest_first_and_adds_nothing():
    centroids, sizes = drawn(30, seed=3)
    sizes[4] = 0
    merges = ward(centroids, sizes)
    assert is_valid_linkage(merges)
    away = np.linalg.norm(centroids - centroids[4], axis=1)
    away[4] = np.inf
    assert merges[0, :2].tolist() == sorted([4, away.argmin()])
    assert merges[0, 2] < 1e-4
    without = ward(np.delete(centroids, 4, axis=0), np.delete(sizes, 4))
    assert np.allclose(merges[1:, 2], without[:, 2], rtol=1e-5)
    sizes[[9, 12, 20]] = 0
    assert (ward(centroids, sizes)[:4, 2] < 1e-4).all()


def test_groups_are_numbered_by_their_images():
    centroids, sizes = drawn(50, seed=4)
    merges = ward(centroids, sizes)
    for groups in (1, 2, 13, 50):
        group = cut(merges, sizes, groups)
        images = np.bincount(group, sizes)
        assert len(images) == groups
        assert (np.diff(images) <= 0).all()


def test_one_cluster_and_clusters_without_any_image():
    assert ward(np.zeros((1, 3)), np.array([7])).shape == (0, 4)
    assert cut(np.empty((0, 4)), np.array([7]), 1).tolist() == [0]
    assert is_valid_linkage(ward(np.arange(6.0).reshape(3, 2), np.zeros(3, np.int64)))
