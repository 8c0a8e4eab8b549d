import json
import tracemalloc

import faiss
import numpy as np
import pytest
from sklearn.cluster import KMeans

from seston.cluster.kmeans import kmeans, usual_starts
from seston.cluster.lloyd import InMemory, move, refine, sweep
from seston.cluster.points import Points
from seston.cluster.shards import EmbeddingShards
from seston.cluster.space import embeddings_alone
from seston.cluster.torch_engine import on_torch
from seston.cluster.train import competing, faiss_steps
from seston.errors import SestonError
from seston.progress import Progress
from shards_by_hand import blobs, three_shards, write_shard


def run(folder, shards, out="kmeans", **changes):
    settings = {
        "k": 8, "iterations": 20, "sample_per_centroid": 1024, "refine": 3,
        "spherical": False, "seed": 4,
    }  # fmt: skip
    paths = {"centroids": folder / out / "centroids.npy", "report": folder / out / "kmeans.json"}
    paths["space_file"] = folder / out / "space.npz"
    kmeans(embeddings_dir=folder, shards=shards, **paths, **(settings | changes))
    return np.load(paths["centroids"]), json.loads(paths["report"].read_text())


def as_they_are(folder, rows):
    embeddings = EmbeddingShards(folder, three_shards(folder, rows))
    return Points(embeddings, embeddings_alone(embeddings.dim))


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
    for name in ("centroids.npy", "space.npz", "kmeans.json"):
        one, two, other = ((tmp_path / x / name).read_bytes() for x in ("one", "two", "other"))
        assert one == two
        assert (two != other) == (name != "space.npz")


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
    points = as_they_are(tmp_path, rows)
    centroids = np.array([[1, 0.5], [-50, -50]], np.float32)
    with Progress(4, "rows") as progress:
        found = sweep(points, centroids, progress)
    assert found.sizes.tolist() == [4, 0]
    assert found.objective == pytest.approx((0.25 + 0 + 0.25 + 64.25) / 4)
    moved, filled = move(found, centroids, points)
    assert filled == 1
    assert np.allclose(moved, [[1, 0.5], [9, 1]])  # (1,0), (1,.5), (1,1) stay behind


def test_an_image_on_its_centroid_never_leaves_it_for_an_empty_cluster(tmp_path):
    rows = np.array([[1, 0], [1, 0], [3, 4]], np.float16)
    points = as_they_are(tmp_path, rows)
    centroids = np.array([[1, 0], [3, 4], [7, 7]], np.float32)
    with Progress(3, "rows") as progress:
        found = sweep(points, centroids, progress)
    moved, filled = move(found, centroids, points)
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


def test_the_report_says_that_nothing_was_left_out_unseen(tmp_path):
    rows, _ = blobs(3000, 6, 8, seed=6, spread=2.0)
    names = three_shards(tmp_path, rows)
    _, report = run(tmp_path, names, k=4, sample_per_centroid=500, starts=3)
    assert report["trained_on"] == 2000
    assert "2000 of 3000 images: not on 256 images per cluster" in report["training"]
    assert len(report["start_objectives"]) == 3
    assert report["k_chosen_by"] == "settings"
    assert report["device"] == {"asked": "cpu", "runs": "cpu", "why": "as set"}


def test_training_on_all_images_as_a_stream_settles_where_all_of_them_have_it(tmp_path):
    rows, _ = blobs(4000, 12, 8, seed=7, spread=2.0)
    centroids, report = run(
        tmp_path, three_shards(tmp_path, rows), sample_per_centroid=0, iterations=60
    )
    assert report["trained_on"] == 4000
    assert report["sample_curve"] == []
    cluster = squared(rows, centroids).argmin(axis=1)
    means = np.stack([rows[cluster == c].astype(np.float64).mean(axis=0) for c in range(8)])
    assert np.allclose(centroids, means, atol=0.1)
    assert report["curve"][-2] - report["curve"][-1] < 2e-4 * report["curve"][-2]


def test_the_sweep_says_how_many_clusters(tmp_path):
    rows, _ = blobs(300, 3, 4, seed=1)
    names = three_shards(tmp_path, rows)
    found = tmp_path / "sweep.json"
    found.write_text('{"k": 3}')
    _, report = run(tmp_path, names, k=0, sweep=found)
    assert (report["k"], report["k_chosen_by"]) == (3, "sweep")
    found.write_text('{"k": "thr')
    with pytest.raises(SestonError, match=r"sweep\.json: not readable as the report of a sweep"):
        run(tmp_path, names, k=0, sweep=found)
    with pytest.raises(SestonError, match="give --k"):
        run(tmp_path, names, k=0)


@pytest.mark.parametrize("spherical", [False, True])
def test_the_objective_is_that_of_faiss_on_the_whole_matrix(spherical):
    rows, _ = blobs(5000, 30, 16, seed=3, spread=2.0)
    rows = rows.astype(np.float32)
    if spherical:
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    first = rows[::250].copy()
    peer = faiss.Kmeans(
        16, 20, niter=12, max_points_per_centroid=5000, min_points_per_centroid=1,
        spherical=spherical,
    )  # fmt: skip
    peer.train(rows, init_centroids=first)
    expected = squared(rows, peer.centroids).min(axis=1).mean()
    ours, curve = faiss_steps(rows, first, 12, spherical, settled=0)
    assert squared(rows, ours).min(axis=1).mean() == pytest.approx(expected, rel=1e-3)
    assert len(curve) == 12
    # Our own passes, which stream, end there as well.
    with Progress(5000, "rows") as progress:
        streamed, found, _, _ = refine(InMemory(rows, spherical), first, 12, progress)
    assert found.objective == pytest.approx(expected, rel=1e-3)
    assert squared(rows, streamed).min(axis=1).mean() == pytest.approx(expected, rel=1e-3)


def test_a_gpu_that_is_not_there_is_recorded_and_the_result_is_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(faiss, "get_num_gpus", lambda: 0, raising=False)
    monkeypatch.setattr("seston.cluster.torch_engine.cuda_is_there", lambda: False)
    rows, _ = blobs(500, 4, 6, seed=3)
    names = three_shards(tmp_path, rows)
    plain, _ = run(tmp_path, names, "plain")
    asked, report = run(tmp_path, names, "asked", device="gpu")
    assert np.array_equal(plain, asked)
    assert report["device"]["runs"] == "cpu"
    assert "neither" in report["device"]["why"]


def test_torch_finds_the_clusters_that_the_cpu_finds(tmp_path, monkeypatch):
    # Torch's own CPU stands for a GPU: the same code but for the name of the device.
    monkeypatch.setattr(
        "seston.cluster.kmeans.choose_engine", lambda asked: (on_torch("cpu"), {"runs": "torch"})
    )
    rows, _ = blobs(2000, 5, 16, seed=1)
    names = three_shards(tmp_path, rows)
    _, report = run(tmp_path, names, "torch", k=5)
    monkeypatch.undo()
    _, plain = run(tmp_path, names, "plain", k=5)
    assert report["objective"] == pytest.approx(plain["objective"], rel=1e-5)
    assert report["sizes"] == plain["sizes"]


@pytest.mark.parametrize(
    ("k", "started", "seeded"),
    # 128 and 64 rows per centroid; of very many centroids, a quarter of that.
    [(10, 1280, 640), (256, 32768, 16384), (512, 32768, 16384), (2000, 64000, 32000)],
)
def test_starts_of_many_centroids_see_fewer_rows_of_each(k, started, seeded):
    few, apart = competing(np.zeros((256_000, 1), np.float32), k)
    # Every so-manieth row: up to twice as many as asked for, never fewer.
    assert started <= len(few) < 2 * started and seeded <= len(apart) < 2 * seeded


@pytest.mark.parametrize(
    ("k", "starts"), [(2, 5), (100, 5), (125, 4), (250, 2), (500, 1), (10**5, 1)]
)
def test_many_clusters_are_started_fewer_times(k, starts):
    assert usual_starts(k) == starts


def test_the_starts_of_the_settings_hold(tmp_path):
    names = three_shards(tmp_path, blobs(300, 4, 8, seed=5)[0])
    assert len(run(tmp_path, names, k=4)[1]["start_objectives"]) == 5
    assert len(run(tmp_path, names, k=4, starts=2)[1]["start_objectives"]) == 2
