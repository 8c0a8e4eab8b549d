"""A tree as users get it: `snakemake morphocluster`, names by hand, and the run again with them."""

import csv
import io
import zipfile

import h5py
import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from conftest import Project
from seston.cli import main


def test_a_tree_leaves_a_run_and_its_names_come_back(project: Project):
    assert project.planned() == {}  # no part of a plain run
    project.run("morphocluster")
    results = project.folder / "results"
    out = results / "export" / "morphocluster"
    images = pq.read_table(results / "tables" / "images.parquet").to_pandas()
    assert len(images) > 50
    with zipfile.ZipFile(out / "objects.zip") as file:
        index = pd.read_csv(file.open("index.csv"))
        assert {*index["path"]} | {"index.csv"} == {*file.namelist()}
    assert index["object_id"].tolist() == images["image_id"].tolist()
    with h5py.File(out / "features.h5") as file:
        assert file["object_id"].asstr()[:].tolist() == images["image_id"].tolist()
        assert np.allclose(np.linalg.norm(file["features"][:], axis=1), 1, atol=1e-5)
    with zipfile.ZipFile(out / "tree.zip") as file:
        nodes = pd.read_csv(file.open("nodes.csv"), dtype=str)
        objects = pd.read_csv(file.open("objects.csv"))
    assert objects["node_id"].tolist() == images["cluster"].tolist()
    # Sorted: cluster 0 has a name, and one image of it belongs to the cluster 1, which has another.
    nodes["name"] = nodes["node_id"].map({"0": "Daphnia", "1": "Bosmina"})
    odd = objects.index[objects["node_id"] == 0][0]
    objects.loc[odd, "node_id"] = 1
    tree = project.folder / "sorted.zip"
    with zipfile.ZipFile(tree, "w") as file:
        for name, rows in {"nodes.csv": nodes, "objects.csv": objects}.items():
            text = io.StringIO()
            rows.to_csv(text, index=False)
            file.writestr(name, text.getvalue())
    given = {
        "results": results, "names": project.folder / "names.tsv",
        "labels": project.folder / "moved.tsv",
    }  # fmt: skip
    options = [text for name, path in given.items() for text in (f"--{name}", str(path))]
    assert main(["import-morphocluster", str(tree), *options]) == 0
    with given["labels"].open(newline="") as file:
        [label] = csv.DictReader(file, delimiter="\t")
    assert (label["image_id"], label["label"]) == (objects["object_id"][odd], "Bosmina")
    project.set("cluster", names="names.tsv")
    assert project.planned("morphocluster").keys() == {"names", "tables", "morphocluster"}
    project.run("morphocluster")
    named = pq.read_table(results / "tables" / "images.parquet").to_pandas()
    assert named.groupby("cluster")["name"].unique().map(list).head(3).tolist() == [
        ["Daphnia"], ["Bosmina"], [""],
    ]  # fmt: skip
    with zipfile.ZipFile(out / "tree.zip") as file:
        again = pd.read_csv(file.open("nodes.csv"), dtype=str).set_index("node_id")["name"]
    assert (again["0"], again["1"]) == ("Daphnia", "Bosmina")
    project.set("export", morphocluster={"images": 10, "hierarchy": "flat"})
    assert project.planned("morphocluster") == {"morphocluster": 1}
