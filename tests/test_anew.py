import numpy as np
import pytest
from scipy.spatial.distance import cdist

from seston.cluster.anew import (
    Settings,
    assign_to_all,
    draw_samples,
    fit_anew,
    match,
    samples_of,
)
from seston.cluster.points import Points
from seston.cluster.shards import EmbeddingShards
from seston.cluster.space import embeddings_alone
from shards_by_hand import blobs, three_shards, write_shard


def opened(folder, names, spherical=False):
    embeddings = EmbeddingShards(folder, names)
    return Points(embeddings, embeddings_alone(embeddings.dim, spherical))


def settings(k, **changes):
    usual = {"iterations": 20, "sample_per_centroid": 1000, "starts": 3, "refine": 0}
    return Settings(k=k, balance="none", seed=1, **(usual | changes))


def by_place(centroids):
    return centroids[np.lexsort(centroids.T)]


def test_samples_are_sorted_by_name_and_images_stay_as_filed(tmp_path):
    rows = np.ones((5, 3))
    write_shard(tmp_path, "x", ["bag/2", "bag/1", "bag-b/1"], rows[:3])  # "bag-b/" < "bag/"
    write_shard(tmp_path, "y", ["a/7/3", "bag/3"], rows[3:])
    names, sample = samples_of(opened(tmp_path, ["y", "x"]))
    assert names == ["a", "bag", "bag-b"]
    assert sample.tolist() == [1, 1, 2, 0, 1]


def test_whole_samples_are_drawn_with_return():
    sample = np.repeat(np.arange(8), [1, 5, 2, 9, 1, 1, 4, 3])
    totals = []
    for seed in range(200):
        often = draw_samples(sample, 8, np.random.default_rng(seed))
        of_each = [set(often[sample == one]) for one in range(8)]
        assert all(len(times) == 1 for times in of_each)  # all images of a sample, or none
        totals.append([min(times) for times in of_each])
    assert (np.sum(totals, axis=1) == 8).all()
    # 8 draws of 8: each sample comes once in the mean, and not at all in (7/8)^8 of the runs.
    assert np.mean(totals, axis=0) == pytest.approx(1, abs=0.3)
    assert np.mean(np.array(totals) == 0) == pytest.approx((7 / 8) ** 8, abs=0.05)


@pytest.mark.parametrize("refine", [0, 1])
@pytest.mark.parametrize("per_centroid", [0, 1000])
def test_centroids_are_means_of_the_images_as_often_as_they_were_drawn(
    tmp_path, refine, per_centroid
):
    rows, blob = blobs(600, 4, 8, seed=1)
    points = opened(tmp_path, three_shards(tmp_path, rows))
    often = np.random.default_rng(2).integers(0, 4, 600).astype(np.float32)
    asked = settings(4, refine=refine, sample_per_centroid=per_centroid)
    centroids, images = fit_anew(points, often, asked, np.random.default_rng(3))
    means = [np.average(rows[blob == b], axis=0, weights=often[blob == b]) for b in range(4)]
    assert images == (often > 0).sum()
    assert np.allclose(by_place(centroids), by_place(np.array(means)), atol=1e-3)


def test_what_was_not_drawn_makes_no_cluster(tmp_path):
    rows, blob = blobs(300, 3, 8, seed=4)
    points = opened(tmp_path, three_shards(tmp_path, rows))
    weights = (blob != 2).astype(np.float32)
    centroids, _ = fit_anew(points, weights, settings(2), np.random.default_rng(1))
    means = np.stack([rows[blob == b].mean(axis=0, dtype=float) for b in range(2)])
    assert np.allclose(by_place(centroids), by_place(means), atol=1e-3)


def test_a_sample_per_centroid_limits_what_is_learnt_from(tmp_path):
    rows, _ = blobs(500, 3, 8, seed=5)
    points = opened(tmp_path, three_shards(tmp_path, rows))
    asked = settings(3, sample_per_centroid=20)
    _, images = fit_anew(points, np.ones(500, np.float32), asked, np.random.default_rng(1))
    assert images == 60


def test_fewer_images_than_clusters_and_unit_length(tmp_path):
    rows, _ = blobs(40, 5, 8, seed=6)
    points = opened(tmp_path, three_shards(tmp_path, rows), spherical=True)
    weights = np.zeros(40, np.float32)
    weights[[3, 30]] = 3
    centroids, images = fit_anew(points, weights, settings(5), np.random.default_rng(1))
    assert images == 2
    assert centroids.shape == (2, 8)
    assert np.linalg.norm(centroids, axis=1) == pytest.approx(1, abs=1e-5)


def test_all_clusterings_are_searched_in_one_pass(tmp_path, monkeypatch):
    rows, _ = blobs(500, 6, 10, seed=7, spread=2.0)
    points = opened(tmp_path, three_shards(tmp_path, rows))
    random = np.random.default_rng(8)
    clusterings = [random.normal(size=(k, 10)).astype(np.float32) for k in (1, 5, 300)]
    passes = []
    blocks = Points.blocks
    monkeypatch.setattr(Points, "blocks", lambda self: (passes.append(1), blocks(self))[1])
    labels = assign_to_all(points, clusterings)
    assert len(passes) == 1
    for found, centroids in zip(labels, clusterings, strict=True):
        assert found.tolist() == cdist(rows.astype(float), centroids).argmin(axis=1).tolist()


def test_matching_by_hand():
    #                   images 0 1 2 3 4 5 6 7 8 9
    present = np.array([0, 0, 0, 0, 1, 1, 1, 2, 2, 2], np.uint8)
    anew = np.array([3, 3, 1, 1, 1, 1, 0, 0, 2, 2], np.uint8)
    # 0 holds one of 1 and one of 2: the lower; 1 holds two of 0 and two of 1: the lower;
    # 2 holds two of 2; 3 holds two of 0.
    found = match(present, anew, 4)
    assert found.labels.tolist() == [0, 0, 0, 0, 0, 0, 1, 1, 2, 2]
    assert found.same == 0.7
    assert found.found.tolist() == [0, 1, 2]


def test_matching_many_clusters_and_no_images():
    present = np.arange(300, dtype=np.uint16)
    found = match(present, present[::-1].copy(), 300)  # products beyond 16 bits
    assert found.labels.tolist() == present.tolist()
    assert found.same == 1
    nothing = match(present[:0], present[:0], 3)
    assert len(nothing.labels) == len(nothing.found) == 0
    assert np.isnan(nothing.same)
