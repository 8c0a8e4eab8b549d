import json

import numpy as np
import pyarrow.parquet as pq
import pytest
from scipy.spatial.distance import cdist

from seston import store
from seston.cluster.assign import assign
from seston.cluster.kmeans import kmeans
from seston.errors import SestonError
from seston.schemas import CLUSTERS
from shards_by_hand import blobs, three_shards, write_shard


@pytest.fixture
def clustered(tmp_path):
    """Three shards of 500 embeddings in 6 overlapping blobs, clustered."""
    rows, _ = blobs(500, 6, 10, seed=1, spread=2.0)
    names = three_shards(tmp_path, rows)
    cluster(tmp_path, names)
    return tmp_path, rows


def cluster(folder, names, k=6, spherical=False, **more):
    kmeans(
        embeddings_dir=folder, shards=names, k=k, iterations=10, sample_per_centroid=100, refine=1,
        spherical=spherical, seed=1, centroids=folder / "centroids.npy",
        report=folder / "kmeans.json", space_file=folder / "space.npz", **more,
    )  # fmt: skip


def run(folder, shard, segment_dir=None):
    path = folder / "clusters" / f"{shard}.parquet"
    assign(
        embeddings=folder / f"{shard}.arrow", kmeans=folder, clusters=path, segment_dir=segment_dir
    )
    return path


def test_clusters_distances_and_margins_are_those_of_brute_force(clustered):
    folder, rows = clustered
    distances = cdist(rows.astype(np.float64), np.load(folder / "centroids.npy"))
    nearest = np.sort(distances, axis=1)
    for shard, part in (("a", slice(0, 200)), ("c", slice(200, 500))):
        table = pq.read_table(run(folder, shard)).to_pandas()
        assert table["image_id"].tolist() == [f"s/{i:06d}" for i in range(500)][part]
        assert table["cluster"].tolist() == distances[part].argmin(axis=1).tolist()
        assert np.allclose(table["distance"], nearest[part, 0], rtol=1e-5)
        assert np.allclose(table["margin"], nearest[part, 1] - nearest[part, 0], atol=1e-4)


def test_sizes_in_the_report_are_those_of_the_assignment(clustered):
    folder, _ = clustered
    tables = [pq.read_table(run(folder, shard)) for shard in "abc"]
    counts = np.bincount(np.concatenate([table["cluster"].to_numpy() for table in tables]))
    assert counts.tolist() == json.loads((folder / "kmeans.json").read_text())["sizes"]


def test_an_image_on_its_centroid_has_no_distance(tmp_path):
    # Far from the origin |x|² - 2xc + |c|² in float32 would leave 0.1 or more.
    rows = np.full((4, 30), 500.0)
    rows[2:, 0] = 501
    names = three_shards(tmp_path, rows)
    cluster(tmp_path, names, k=2)
    table = pq.read_table(run(tmp_path, "c")).to_pandas()
    assert table["distance"].tolist() == [0, 0, 0]
    assert table["margin"].tolist() == [1, 1, 1]


def test_spherical_distances_are_between_directions(tmp_path):
    rows, _ = blobs(300, 4, 6, seed=2)
    cluster(tmp_path, three_shards(tmp_path, rows), k=4, spherical=True)
    table = pq.read_table(run(tmp_path, "a")).to_pandas()
    unit = rows[:120].astype(np.float64)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    distances = cdist(unit, np.load(tmp_path / "centroids.npy"))
    assert np.allclose(table["distance"], distances.min(axis=1), atol=1e-5)


def test_ids_come_out_in_order(tmp_path):
    rows, _ = blobs(50, 2, 4, seed=3)
    order = np.random.default_rng(1).permutation(50)
    write_shard(tmp_path, "x", [f"s/{i:02d}" for i in order], rows[order])
    cluster(tmp_path, ["x"], k=3)
    table = pq.read_table(run(tmp_path, "x")).to_pandas()
    expected = cdist(rows.astype(np.float64), np.load(tmp_path / "centroids.npy")).argmin(axis=1)
    assert table["image_id"].tolist() == [f"s/{i:02d}" for i in range(50)]
    assert table["cluster"].tolist() == expected.tolist()


def test_an_empty_shard_gives_an_empty_table_with_its_origin(clustered):
    folder, _ = clustered
    path = run(folder, "b")
    table = store.read_table(path, "clusters")
    assert len(table) == 0
    assert table.schema.names == CLUSTERS.names
    made = json.loads((folder / "kmeans.json").read_text())["fingerprint"]
    assert store.read_metadata(path)["fingerprint"] == made


def test_one_cluster_has_no_margin(tmp_path):
    rows, _ = blobs(50, 2, 4, seed=3)
    cluster(tmp_path, three_shards(tmp_path, rows), k=1)
    table = pq.read_table(run(tmp_path, "a"))
    assert table["margin"].null_count == 20
    assert set(table["cluster"].to_pylist()) == {0}


def test_embeddings_of_another_model_are_refused(clustered):
    folder, rows = clustered
    write_shard(folder, "new", ["s/x"], rows[:1], made_by="model-b")
    with pytest.raises(SestonError, match=r"new\.arrow.*model-b.*model-a"):
        run(folder, "new")


def test_centroids_of_another_clustering_are_refused(clustered):
    folder, _ = clustered
    np.save(folder / "centroids.npy", np.load(folder / "centroids.npy") + 1)
    with pytest.raises(SestonError, match="does not hold the centroids"):
        run(folder, "a")


@pytest.mark.parametrize("name", ["centroids.npy", "kmeans.json", "space.npz"])
def test_a_missing_or_torn_file_is_named(clustered, name):
    folder, _ = clustered
    (folder / name).write_bytes((folder / name).read_bytes()[:50])
    with pytest.raises(SestonError, match=name):
        run(folder, "a")
    (folder / name).unlink()
    with pytest.raises(SestonError, match=f"{name}: file not found"):
        run(folder, "a")
