"""What MorphoCluster loads: pictures, features and tree of a run, read with zipfile and h5py."""

import csv
import io
import json
import zipfile
from collections import Counter
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from seston.errors import SestonError
from seston.export.morphocluster.nodes import NONE, nodes_with, parents
from seston.export.morphocluster.stage import drawn, export_morphocluster
from whole_run import CHOSEN, SHARDS, copy, write_whole_run


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> Path:
    return write_whole_run(tmp_path_factory.mktemp("whole"))


def given(results: Path, out: Path) -> dict[str, object]:
    return {
        "images": results / "tables" / "images.parquet",
        "names": results / "tables" / "cluster_names.tsv",
        "joins": results / CHOSEN / "tree" / "tree.tsv",
        "tree": results / CHOSEN / "tree" / "tree.json",
        "embeddings_dir": results / CHOSEN / "embeddings",
        "segment_dir": results / "segment",
        "shards": SHARDS,
        "seed": 1,
        "folder": out,
    }


def table(archive: Path, name: str) -> list[dict[str, str]]:
    with zipfile.ZipFile(archive) as file:
        assert file.testzip() is None
        return list(csv.DictReader(io.StringIO(file.read(name).decode(), newline="")))


def named(results: Path, **names: str) -> None:
    """Give clusters names by hand."""
    path = results / "tables" / "cluster_names.tsv"
    rows = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
    for cluster, name in names.items():
        rows.loc[rows["cluster"] == cluster.removeprefix("c"), "name"] = name
    rows.to_csv(path, sep="\t", index=False)


def test_all_organisms_are_there_with_pictures_features_and_clusters(results, tmp_path):
    results = copy(results, tmp_path)
    named(results, c1='"Daphnia", the flea')
    export_morphocluster(**given(results, tmp_path / "out"))
    images = pq.read_table(results / "tables" / "images.parquet").to_pandas()
    assert len(images) == 15
    index = table(tmp_path / "out" / "objects.zip", "index.csv")
    assert [row["object_id"] for row in index] == images["image_id"].tolist()
    crops = pd.concat(
        pq.read_table(results / "segment" / shard / "crops.parquet").to_pandas() for shard in SHARDS
    ).set_index("image_id")["crop"]
    with zipfile.ZipFile(tmp_path / "out" / "objects.zip") as file:
        assert sorted(file.namelist()) == sorted([*(row["path"] for row in index), "index.csv"])
        for row in index:
            shown = np.asarray(Image.open(io.BytesIO(file.read(row["path"]))))
            cut = np.asarray(Image.open(io.BytesIO(crops[row["object_id"]])))
            assert np.array_equal(shown, cut)
    with h5py.File(tmp_path / "out" / "features.h5", libver="latest") as file:
        assert sorted(file) == ["features", "object_id", "targets"]
        assert file["object_id"].asstr()[:].tolist() == images["image_id"].tolist()
        features, targets = file["features"][:], file["targets"][:]
    assert features.dtype == np.float32 and targets.dtype == np.int8
    assert (targets == -1).all() and len(targets) == 15
    rows = {}
    for shard in SHARDS:
        with pa.ipc.open_file(results / CHOSEN / "embeddings" / f"{shard}.arrow") as file:
            rows |= {one["image_id"]: one["embedding"] for one in file.read_all().to_pylist()}
    own = np.array([rows[image] for image in images["image_id"]], np.float64)
    assert np.allclose(features, own / np.sqrt((own**2).sum(1))[:, None], atol=1e-6)
    tree = tmp_path / "out" / "tree.zip"
    objects = table(tree, "objects.csv")
    assert [row["object_id"] for row in objects] == images["image_id"].tolist()
    assert [int(row["node_id"]) for row in objects] == images["cluster"].tolist()
    nodes = {int(row["node_id"]): row for row in table(tree, "nodes.csv")}
    assert {"node_id", "parent_id", "name", "approved", "filled"} == {*nodes[0]}
    assert nodes[1]["name"] == '"Daphnia", the flea' and nodes[0]["name"] == ""
    assert {row["approved"] for row in nodes.values()} == {"False"}
    coarse = pd.read_csv(results / CHOSEN / "tree" / "coarse.tsv", sep="\t")["coarse"]
    roots = [node for node, row in nodes.items() if row["parent_id"] == ""]
    assert roots == [5] and {*nodes} == set(range(6))  # 3 clusters, 2 groups, a root
    for cluster, group in enumerate(coarse):
        assert int(nodes[cluster]["parent_id"]) == 3 + group
        assert int(nodes[3 + group]["parent_id"]) == 5
    with zipfile.ZipFile(tree) as file:
        told = json.loads(file.read("meta.json"))
        assert sorted(file.namelist()) == ["meta.json", "nodes.csv", "objects.csv"]
    facts = json.loads((results / CHOSEN / "kmeans" / "kmeans.json").read_text())
    assert told["clustering"] == facts["fingerprint"] and told["images"] == 15


def test_pandas_reads_the_tree_as_morphocluster_does(results, tmp_path):
    """Its root has no parent, and every node is reached from there."""
    for hierarchy in ("groups", "joins", "flat"):
        export_morphocluster(**given(results, tmp_path / hierarchy), hierarchy=hierarchy)
        with zipfile.ZipFile(tmp_path / hierarchy / "tree.zip") as file:
            nodes = pd.read_csv(file.open("nodes.csv"), dtype={"name": str})
            objects = pd.read_csv(file.open("objects.csv"), dtype={"object_id": str})
        [root] = nodes.loc[nodes["parent_id"].isna(), "node_id"]
        reached, queue = set(), [root]
        while queue:
            node = queue.pop()
            reached.add(node)
            queue += nodes.loc[nodes["parent_id"] == node, "node_id"].tolist()
        assert reached == {*nodes["node_id"]} and {*objects["node_id"]} <= reached
        assert nodes["node_id"].is_unique and nodes["node_id"].iloc[0] == root


def test_joins_are_those_of_the_tree(results, tmp_path):
    export_morphocluster(**given(results, tmp_path / "out"), hierarchy="joins")
    nodes = table(tmp_path / "out" / "tree.zip", "nodes.csv")
    below = {}
    for row in nodes:
        below.setdefault(row["parent_id"], set()).add(int(row["node_id"]))
    steps = pd.read_csv(results / CHOSEN / "tree" / "tree.tsv", sep="\t")
    for step, left, right in zip(steps["step"], steps["left"], steps["right"], strict=True):
        assert below[str(3 + step)] == {left, right}


def test_parents_by_hand():
    joins = np.array([[2, 3], [0, 4], [1, 5]])
    coarse = np.array([0, 1, 0, 0])
    assert parents("joins", joins, coarse).tolist() == [5, 6, 4, 4, 5, 6, NONE]
    assert parents("groups", joins, coarse).tolist() == [4, 5, 4, 4, 6, 6, NONE]
    assert parents("flat", joins, coarse).tolist() == [4, 4, 4, 4, NONE]
    one = np.empty((0, 2), np.int64), np.array([0])
    assert parents("joins", *one).tolist() == parents("flat", *one).tolist() == [1, NONE]
    assert parents("groups", *one).tolist() == [1, 2, NONE]


def test_nodes_without_images_are_left_out():
    parent = np.array([4, 5, 4, 4, 6, 6, NONE])
    nodes = nodes_with(parent, ["a", "b", "", "d"], np.array([0, 3, 1, 0]))
    assert [(node.number, node.parent, node.name) for node in nodes] == [
        (6, NONE, ""), (1, 5, "b"), (2, 4, ""), (4, 6, ""), (5, 6, ""),
    ]  # fmt: skip


def test_a_draw_is_the_same_organisms_everywhere(results, tmp_path):
    export_morphocluster(**given(results, tmp_path / "out"), most=6)
    index = [row["object_id"] for row in table(tmp_path / "out" / "objects.zip", "index.csv")]
    tree = [row["object_id"] for row in table(tmp_path / "out" / "tree.zip", "objects.csv")]
    with h5py.File(tmp_path / "out" / "features.h5") as file:
        features = file["object_id"].asstr()[:].tolist()
    assert index == tree == features == sorted(index) and len({*index}) == 6
    held = Counter(row["node_id"] for row in table(tmp_path / "out" / "tree.zip", "objects.csv"))
    leaves = {row["node_id"] for row in table(tmp_path / "out" / "tree.zip", "nodes.csv")}
    assert {*held} <= leaves


def test_a_draw_takes_all_alike():
    counts = sum(np.bincount(drawn(20, 5, seed), minlength=20) for seed in range(2000))
    assert counts.sum() == 10_000 and counts.min() > 400 and counts.max() < 600
    assert drawn(7, 0, 1).tolist() == drawn(7, 7, 1).tolist() == list(range(7))


def test_two_exports_are_the_same_bytes(results, tmp_path):
    for name in ("one", "two"):
        export_morphocluster(**given(results, tmp_path / name), most=9)
    one, two = (
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}
        for name in ("one", "two")
    )
    assert one == two and sorted(one) == ["features.h5", "objects.zip", "tree.zip"]


def test_files_of_another_clustering_are_refused_and_nothing_is_left(results, tmp_path):
    other = copy(results, tmp_path)
    path = other / "tables" / "cluster_names.tsv"
    rows = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
    rows["clustering"] = "0" * 64
    rows.to_csv(path, sep="\t", index=False)
    with pytest.raises(SestonError, match=r"cluster_names.tsv is of 000000000000, but .*images"):
        export_morphocluster(**given(other, tmp_path / "out"))
    # The other model's embeddings have the same ids.
    wrong = given(results, tmp_path / "out") | {
        "embeddings_dir": results / "pretrained" / "embeddings"
    }
    with pytest.raises(SestonError, match=r"embeddings is of .* one of them is out of date"):
        export_morphocluster(**wrong)
    with pytest.raises(SestonError, match=r"none.parquet: file not found"):
        export_morphocluster(
            **given(results, tmp_path / "out") | {"images": tmp_path / "none.parquet"}
        )
    assert sorted(found.name for found in tmp_path.iterdir()) == ["results"]


def test_a_damaged_tree_is_told(results, tmp_path):
    bad = tmp_path / "tree.tsv"
    bad.write_text("step\tleft\tright\n0\t0\t1\n1\t3\t3\n")
    with pytest.raises(SestonError, match="not readable as the tree of 3 clusters"):
        export_morphocluster(**given(results, tmp_path / "out") | {"joins": bad})
    bad.write_text("{")
    with pytest.raises(SestonError, match="not readable as the report of the tree"):
        export_morphocluster(**given(results, tmp_path / "out") | {"tree": bad})
