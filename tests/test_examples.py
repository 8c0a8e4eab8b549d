import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from seston import store
from seston.cluster.examples import choose, examples
from seston.errors import SestonError
from seston.schemas import CLUSTERS, CROPS


def write(folder, shard, ids, cluster, distance, made_by="k"):
    n = len(ids)
    table = pa.table(
        {
            "image_id": pa.array(ids, pa.string()),
            "cluster": pa.array(cluster, pa.int32()),
            "distance": pa.array(distance, pa.float32()),
            "margin": pa.array(np.ones(n), pa.float32()),
        }
    )
    store.write_table(table, folder / "c" / f"{shard}.parquet", CLUSTERS, "clusters", made_by)
    crops = {field.name: pa.nulls(n, field.type) for field in CROPS}
    crops["image_id"] = pa.array(ids, pa.string())
    crops["pixel_um"] = pa.array([0.5 if i % 2 else None for i in range(n)], pa.float64())
    crops["crop"] = pa.array([f"png of {name}".encode() for name in ids], pa.binary())
    path = folder / "s" / shard / "crops.parquet"
    store.write_table(pa.table(crops), path, CROPS, "crops", "settings")


def run(folder, shards, **changes):
    settings = {"per_cluster": 2, "seed": 1} | changes
    out = folder / "examples.parquet"
    examples(
        segment_dir=folder / "s", clusters_dir=folder / "c", shards=shards, examples=out, **settings
    )
    return pq.read_table(out).to_pandas()


def test_the_nearest_are_typical_with_their_own_crops(tmp_path):
    write(tmp_path, "a", ["p/1", "p/2", "p/3"], [0, 0, 1], [0.5, 0.1, 0.2])
    write(tmp_path, "b", ["o/1", "o/2", "q/9"], [1, 0, 0], [0.2, 0.3, 0.1])
    write(tmp_path, "empty", [], [], [])
    table = run(tmp_path, ["a", "b", "empty"])
    typical = table[table["kind"] == "typical"]
    # By distance, then id: p/2 and q/9 are both at 0.1, o/1 and p/3 both at 0.2.
    assert typical[["cluster", "rank", "image_id"]].to_numpy().tolist() == [
        [0, 0, "p/2"], [0, 1, "q/9"], [1, 0, "o/1"], [1, 1, "p/3"],
    ]  # fmt: skip
    assert table["crop"].tolist() == [f"png of {name}".encode() for name in table["image_id"]]
    assert dict(zip(table["image_id"], table["pixel_um"], strict=True))["p/2"] == 0.5
    assert table[["cluster", "kind"]].drop_duplicates().to_numpy().tolist() == [
        [0, "typical"], [0, "random"], [0, "edge"], [1, "typical"], [1, "random"], [1, "edge"],
    ]  # fmt: skip


def test_random_examples_are_drawn_evenly_from_the_whole_cluster():
    cluster, distance = np.zeros(20, int), np.arange(20.0)
    drawn = np.zeros(20)
    for seed in range(2000):
        rows = [
            row
            for _, kind, _, row in choose(cluster, distance, distance, 5, seed)
            if kind == "random"
        ]
        assert len(set(rows)) == 5
        drawn[rows] += 1
    # 500 expected each; the standard deviation is sqrt(2000 x .25 x .75) = 19.
    assert np.all(np.abs(drawn - 500) < 5 * 19)


def test_small_clusters_show_all_they_have():
    chosen = choose(np.array([3, 3, 7]), np.array([2.0, 1.0, 5.0]), np.array([1, 9, 1]), 16, seed=1)
    assert sorted(row for c, kind, _, row in chosen if kind == "random") == [0, 1, 2]
    assert [row for c, kind, _, row in chosen if kind == "typical"] == [1, 0, 2]
    assert [row for c, kind, _, row in chosen if kind == "edge"] == [0, 1, 2]
    assert choose(np.empty(0, int), np.empty(0), np.empty(0), 16, seed=1) == []


def test_a_rerun_gives_the_same_bytes_in_any_order_of_shards(tmp_path):
    for name in "ab":
        ids = [f"{name}/{i:03d}" for i in range(100)]
        write(tmp_path, name, ids, np.arange(100) % 3, np.arange(100) % 7)
    run(tmp_path, ["a", "b"])
    first = (tmp_path / "examples.parquet").read_bytes()
    run(tmp_path, ["b", "a"])
    assert (tmp_path / "examples.parquet").read_bytes() == first
    run(tmp_path, ["b", "a"], seed=2)
    assert (tmp_path / "examples.parquet").read_bytes() != first


def test_crops_out_of_date_are_refused(tmp_path):
    write(tmp_path, "a", ["p/1", "p/2"], [0, 0], [0.5, 0.1])
    path = tmp_path / "s" / "a" / "crops.parquet"
    store.write_table(store.read_table(path, "crops").slice(0, 1), path, CROPS, "crops", "x")
    with pytest.raises(SestonError, match=r"lacks 1 images.*p/2"):
        run(tmp_path, ["a"])
    path.unlink()
    with pytest.raises(SestonError, match=r"crops\.parquet: file not found"):
        run(tmp_path, ["a"])


def test_clusters_of_two_clusterings_are_refused(tmp_path):
    write(tmp_path, "a", ["p/1"], [0], [0.5])
    write(tmp_path, "b", ["p/2"], [0], [0.5], made_by="other")
    with pytest.raises(SestonError, match="different models or settings"):
        run(tmp_path, ["a", "b"])


def test_the_edge_is_where_the_next_cluster_is_nearly_as_near():
    margin = np.array([5.0, 0.1, 0.3, np.nan, 0.2])
    chosen = choose(np.zeros(5, int), np.arange(5.0), margin, 3, seed=1)
    assert [row for _, kind, _, row in chosen if kind == "edge"] == [1, 4, 2]
