import json
import tracemalloc

import numpy as np
import pytest
from sklearn.cluster import KMeans

from seston.cluster.kmeans import kmeans
from seston.cluster.lloyd import move, sweep
from seston.cluster.shards import EmbeddingShards
from seston.errors import SestonError
from seston.progress import Progress
from shards_by_hand import blobs, three_shards, write_shard


def run(folder, shards, out="kmeans", **changes):
    settings = {
        "k": 8, "iterations": 20, "sample_per_centroid": 1024, "refine": 3,
        "spherical": False, "seed": 4,
    }  # fmt: skip
    paths = {"centroids": folder / out / "centroids.npy", "report": folder / out / "kmeans.json"}
    kmeans(embeddings_dir=folder, shards=shards, **paths, **(settings | changes))
    return np.load(paths["centroids"]), json.loads(paths["report"].read_text())


def squared(rows, centroids):
    return ((rows[:, None].astype(np.float64) - centroids) ** 2).sum(axis=2)


def test_the_blobs_are_found_and_numbered_by_size(tmp_path):
    rows, blob = blobs(2000, 5, 16, seed=1)
    centroids, report = run(tmp_path, three_shards(tmp_path, rows), k=5)
    cluster = squared(rows, centroids).argmin(axis=1)
    assert len(set(zip(cluster, blob, strict=True))) == 5  # one to one
    assert report["sizes"] == sorted(np.bincount(blob).tolist(), reverse=True)
    for number in range(5):
        mean = rows[cluster == number].astype(np.float64).mean(axis=0)
        assert np.allclose(centroids[number], mean, atol=1e-5)


def test_the_objective_is_that_of_all_images_and_as_low_as_scikit_learns(tmp_path):
    rows, _ = blobs(4000, 30, 12, seed=2, spread=1.5)  # overlapping: no trivial optimum
    names = three_shards(tmp_path, rows)
    found = []
    for seed in range(3):
        centroids, report = run(tmp_path, names, k=20, sample_per_centroid=60, seed=seed, refine=10)
        assert report["trained_on"] == 1200
        assert report["n"] == 4000
        assert report["objective"] == pytest.approx(
            squared(rows, centroids).min(axis=1).mean(), rel=1e-4
        )
        assert all(np.diff(report["curve"]) < 1e-6)  # a Lloyd pass never makes it worse
        found.append(report["objective"])
    peer = KMeans(20, n_init=1, max_iter=30, random_state=0).fit(rows.astype(np.float64))
    assert np.mean(found) < 1.02 * peer.inertia_ / 4000


def test_all_images_train_where_there_are_fewer_than_asked_for(tmp_path):
    # 6,000 images for 2 clusters: faiss by itself would take 512 without a word.
    rows, _ = blobs(6000, 4, 6, seed=2, spread=2.0)
    centroids, report = run(
        tmp_path, three_shards(tmp_path, rows), k=2, sample_per_centroid=10_000, refine=0
    )
    assert report["trained_on"] == 6000
    assert report["sample_curve"][-1] == pytest.approx(report["objective"], rel=1e-4)
    cluster = squared(rows, centroids).argmin(axis=1)
    mean = np.stack([rows[cluster == c].astype(np.float64).mean(axis=0) for c in range(2)])
    assert np.allclose(centroids, mean, atol=0.02)


def test_spherical_clusters_do_not_know_lengths(tmp_path):
    rows, blob = blobs(600, 4, 8, seed=5, spread=0.1)
    stretched = rows * np.random.default_rng(1).uniform(0.2, 5, (600, 1))
    centroids, report = run(tmp_path, three_shards(tmp_path, stretched), k=4, spherical=True)
    assert np.allclose(np.linalg.norm(centroids, axis=1), 1, atol=1e-6)
    assert sorted(report["sizes"]) == sorted(np.bincount(blob).tolist())
    assert report["objective"] < 0.02  # of unit vectors


def test_a_rerun_gives_the_same_bytes_and_another_seed_does_not(tmp_path):
    rows, _ = blobs(3000, 12, 8, seed=6, spread=2.0)
    names = three_shards(tmp_path, rows)
    run(tmp_path, names, "one")
    run(tmp_path, names[::-1], "two")
    run(tmp_path, names, "other", seed=5)
    for name in ("centroids.npy", "kmeans.json"):
        one, two, other = ((tmp_path / x / name).read_bytes() for x in ("one", "two", "other"))
        assert one == two != other


def test_more_clusters_than_images_is_an_error_that_says_what_to_set(tmp_path):
    rows, _ = blobs(10, 2, 4, seed=1)
    names = three_shards(tmp_path, rows)
    with pytest.raises(SestonError, match=r"cluster\.k is 11, but there are 10 images.*1 to 10"):
        run(tmp_path, names, k=11)
    assert run(tmp_path, names, k=10)[1]["sizes"] == [1] * 10
    write_shard(tmp_path, "none", [], rows[:0])
    with pytest.raises(SestonError, match="there are 0 images in 1 shard: too few images to clust"):
        run(tmp_path, ["none"], k=1)
    write_shard(tmp_path, "one", ["one/1"], rows[:1])
    with pytest.raises(SestonError, match="there is 1 image in 1 shard: too few images to cluster"):
        run(tmp_path, ["one"], k=2)
    assert run(tmp_path, ["one"], k=1)[1]["sizes"] == [1]


def test_fewer_distinct_embeddings_than_clusters_leave_clusters_empty(tmp_path):
    rows = np.repeat(np.array([[1, 0], [0, 1], [5, 5]], np.float16), 20, axis=0)
    _, report = run(tmp_path, three_shards(tmp_path, rows), k=4)
    assert report["sizes"] == [20, 20, 20, 0]
    assert report["empty"] == 1
    assert report["objective"] == 0


def test_an_empty_cluster_takes_the_farthest_image_from_its_old_cluster(tmp_path):
    rows = np.array([[1, 0], [1, 0.5], [1, 1], [9, 1]], np.float16)
    embeddings = EmbeddingShards(tmp_path, three_shards(tmp_path, rows))
    centroids = np.array([[1, 0.5], [-50, -50]], np.float32)
    with Progress(4, "rows") as progress:
        found = sweep(embeddings, centroids, False, progress)
    assert found.sizes.tolist() == [4, 0]
    assert found.squares == pytest.approx(0.25 + 0 + 0.25 + 64.25)
    moved, filled = move(found, centroids, embeddings, False)
    assert filled == 1
    assert np.allclose(moved, [[1, 0.5], [9, 1]])  # (1,0), (1,.5), (1,1) stay behind


def test_an_image_on_its_centroid_never_leaves_it_for_an_empty_cluster(tmp_path):
    rows = np.array([[1, 0], [1, 0], [3, 4]], np.float16)
    embeddings = EmbeddingShards(tmp_path, three_shards(tmp_path, rows))
    centroids = np.array([[1, 0], [3, 4], [7, 7]], np.float32)
    with Progress(3, "rows") as progress:
        found = sweep(embeddings, centroids, False, progress)
    moved, filled = move(found, centroids, embeddings, False)
    assert filled == 0
    assert np.array_equal(moved, centroids)


def test_the_matrix_is_never_whole_in_memory(tmp_path):
    # 400,000 x 64 are 102 MB in float32, 51 MB in float16; numpy tells tracemalloc what it takes.
    rows, _ = blobs(20_000, 5, 64, seed=1)
    shards = [f"{shard:02d}" for shard in range(20)]
    for shard in shards:
        write_shard(tmp_path, shard, [f"{shard}/{i:05d}" for i in range(20_000)], rows)
    tracemalloc.start()
    _, report = run(tmp_path, shards, k=5, sample_per_centroid=1000, refine=1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert report["n"] == 400_000
    assert peak < 30e6
