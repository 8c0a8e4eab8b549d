"""A tree that people sorted: names of clusters, labels of images, and what did not fit."""

import csv
import inspect
import io
import re
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from seston.cli import main
from seston.config import complete
from seston.errors import SestonError
from seston.export.morphocluster import tree_back
from seston.export.morphocluster.back import import_morphocluster
from seston.export.morphocluster.fitted import OUTSIDE, UNNAMED, apart, fit
from seston.export.morphocluster.stage import export_morphocluster
from seston.labels.table import read_label_rows
from seston.naming.names import read_names
from seston.naming.stage import name_clusters
from test_morphocluster_export import given, named, table
from whole_run import CHOSEN, SHARDS, copy, write_whole_run


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    return write_whole_run(tmp_path_factory.mktemp("whole"))


@pytest.fixture
def results(whole, tmp_path) -> Path:
    return copy(whole, tmp_path)


def clusters_of(results: Path) -> dict[str, int]:
    images = pq.read_table(results / "tables" / "images.parquet").to_pandas()
    return dict(zip(images["image_id"], images["cluster"], strict=True))


def write_zip(path: Path, nodes, objects, **more: object) -> Path:
    """Write a tree by hand, as data frames do: parents of 12.0 where one cell is empty."""
    tables = {
        "nodes.csv": [("node_id", "orig_id", "parent_id", "name", "approved"), *nodes],
        "objects.csv": [("node_id", "object_id"), *objects],
    } | more
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, rows in tables.items():
            text = io.StringIO()
            csv.writer(text).writerows(rows)
            archive.writestr(name, text.getvalue())
    return path


def exported(
    path: Path, results: Path, names: dict[int, str], moved=None, approved: object = False
) -> Path:
    """A tree of the run's clusters as nodes 100, 101, … below a root of 7, with images moved."""
    nodes = [(7, 9, "", "", False)]
    nodes += [(100 + k, k, "7.0", names.get(k, ""), k == 0 and approved) for k in range(3)]
    nodes += [(200, 50, "7.0", names.get(200, ""), False)]
    where = {image: 100 + k for image, k in clusters_of(results).items()} | (moved or {})
    return write_zip(path, nodes, [(node, image) for image, node in where.items()])


def run(tree: Path, results: Path, out: Path, **more: object) -> tuple[dict, dict, list[dict]]:
    """Import, and return names by cluster, labels by image and the list."""
    import_morphocluster(
        tree, results=results, names=out / "names.tsv", labels=out / "labels.tsv", **more
    )
    rows = {row.cluster: row.name for row in read_names(out / "names.tsv").rows}
    labels = {}
    if (out / "labels.tsv").exists():
        labels = {row.image_id: row.label for row in read_label_rows(out / "labels.tsv")}
    with (out / "names_import.tsv").open(newline="") as file:
        return rows, labels, list(csv.DictReader(file, delimiter="\t"))


def told(lines: list[dict], what: str) -> list[tuple[str, ...]]:
    return [
        tuple(line[name] for name in ("cluster", "node_id", "image_id", "images", "share", "name"))
        for line in lines
        if line["what"] == what
    ]


def test_an_exported_tree_with_names_comes_back_and_names_the_run(results, tmp_path):
    """Round trip: export, name nodes in the table, import, and run the stage `names` on it."""
    export_morphocluster(**given(results, tmp_path / "out"))
    source, target = tmp_path / "out" / "tree.zip", tmp_path / "named.zip"
    rows = table(source, "nodes.csv")
    for row in rows:
        row["name"] = {"0": "Daphnia", "2": "Copepoda é"}.get(row["node_id"], "")
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            text = io.StringIO()
            if name == "nodes.csv":
                writer = csv.DictWriter(text, list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)
            new.writestr(name, text.getvalue().encode() or old.read(name))
    names, labels, lines = run(target, results, tmp_path, annotator="Anna")
    assert names == {0: "Daphnia", 2: "Copepoda é"} and labels == {}
    sizes = np.bincount([*clusters_of(results).values()])
    assert told(lines, "cluster_named") == [
        ("0", "", "", str(sizes[0]), "1", "Daphnia"),
        ("2", "", "", str(sizes[2]), "1", "Copepoda é"),
    ]
    assert told(lines, "without_name") == [("1", "", "", str(sizes[1]), "1", "")]
    folder, out = results / CHOSEN, tmp_path / "cluster_names.tsv"
    name_clusters(
        kmeans=folder / "kmeans" / "kmeans.json", coarse=folder / "tree" / "coarse.tsv",
        clusters_dir=folder / "clusters", shards=SHARDS, clusterings=results / "clusterings",
        proposed=results / "proposed_names.tsv", named=out, names=tmp_path / "names.tsv",
    )  # fmt: skip
    called = pd.read_csv(out, sep="\t", keep_default_na=False)
    assert called["name"].tolist() == ["Daphnia", "", "Copepoda é"]
    assert called["annotator"].tolist() == ["Anna", "", "Anna"]
    assert called["status"].tolist() == ["validated", "", "validated"]


def test_images_that_were_moved_get_labels(results, tmp_path):
    of = clusters_of(results)
    first, second = [image for image, k in of.items() if k == 0][:2]
    odd = next(image for image, k in of.items() if k == 1)
    moved = {first: 200, second: 7, odd: 100}
    tree = exported(tmp_path / "t.zip", results, {0: "Daphnia", 1: "Bosmina", 200: "Eggs"}, moved)
    names, labels, lines = run(tree, results, tmp_path)
    assert names == {0: "Daphnia", 1: "Bosmina"}
    assert labels == {first: "Eggs", odd: "Daphnia"}
    size = sum(k == 0 for k in of.values())
    share = f"{1 / size:.6g}"
    assert told(lines, "images_labelled")[0] == ("0", "", "", "1", share, "Eggs")
    assert told(lines, "without_name")[0] == ("0", "", "", "1", share, "")  # hangs on the root
    every = tmp_path / "every"
    every.mkdir()
    _, labels, _ = run(tree, results, every, every=True)
    assert labels == {
        image: {0: "Daphnia", 1: "Bosmina"}[k]
        for image, k in of.items() if k < 2 and image not in moved
    } | {first: "Eggs", odd: "Daphnia"}  # fmt: skip


def test_names_that_a_run_had_already_are_nobodys_judgement_of_images(results, tmp_path):
    of, folder = clusters_of(results), results / CHOSEN
    (tmp_path / "first").mkdir()
    run(exported(tmp_path / "f.zip", results, {0: "Daphnia", 1: "Bosmina"}), results,
        tmp_path / "first")  # fmt: skip
    name_clusters(
        kmeans=folder / "kmeans" / "kmeans.json", coarse=folder / "tree" / "coarse.tsv",
        clusters_dir=folder / "clusters", shards=SHARDS, clusterings=results / "clusterings",
        proposed=results / "proposed_names.tsv", named=results / "tables" / "cluster_names.tsv",
        names=tmp_path / "first" / "names.tsv",
    )  # fmt: skip
    moved = {next(image for image, k in of.items() if k == 0): 101}
    tree = exported(tmp_path / "t.zip", results, {0: "Daphnia", 1: "Bosmina"}, moved)
    run(tree, results, tmp_path, every=True)
    table = pd.read_csv(tmp_path / "labels.tsv", sep="\t")
    validated = table.loc[table["status"] == "validated", "image_id"]
    assert set(validated) == set(moved) and len(table) > 2
    assert set(table["status"]) == {"validated", "predicted"}
    # Somebody approved of cluster 0, so what hangs there was looked at; not what went elsewhere.
    (tmp_path / "approved").mkdir()
    for number, word in enumerate((True, "t")):
        out = tmp_path / "approved" / str(number)
        out.mkdir()
        tree = exported(out / "a.zip", results, {0: "Daphnia", 1: "Bosmina"}, moved, word)
        run(tree, results, out, every=True)
        table = pd.read_csv(out / "labels.tsv", sep="\t").set_index("image_id")["status"]
        mine = {image for image, k in of.items() if k == 0}
        assert mine <= set(table[table == "validated"].index)
        assert set(table[table == "predicted"].index) == {i for i, k in of.items() if k == 1}


def test_a_cluster_of_which_no_name_holds_enough_has_labels_only(results, tmp_path):
    of = clusters_of(results)
    mine = [image for image, k in of.items() if k == 0]
    moved = dict.fromkeys(mine[: (len(mine) + 1) // 2], 200)
    tree = exported(tmp_path / "t.zip", results, {0: "Daphnia", 200: "Eggs"}, moved)
    names, labels, _ = run(tree, results, tmp_path, share=0.9)
    assert names == {} and {*labels} == {*mine}
    assert [labels[image] for image in moved] == ["Eggs"] * len(moved)
    assert {labels[image] for image in mine if image not in moved} == {"Daphnia"}


def test_a_name_holds_for_all_below_that_have_none(results, tmp_path):
    of = clusters_of(results)
    nodes = [
        (0, "", "", "My project", ""), (1, "", "0", "Crustacea", ""), (2, "", "1", "", ""),
        (3, "", "2", "Daphnia", ""), (4, "", "2.0", "", ""), (5, "", "0.0", "", ""),
    ]  # fmt: skip
    tree = write_zip(tmp_path / "t.zip", nodes, [(3 + k, image) for image, k in of.items()])
    names, labels, lines = run(tree, results, tmp_path)
    assert names == {0: "Daphnia", 1: "Crustacea"} and labels == {}
    assert told(lines, "name_of_root") == [("", "0", "", "", "", "My project")]


def test_what_does_not_fit_is_listed(results, tmp_path, caplog):
    named(results, c1="Bosmina", c2="Keratella")
    of = clusters_of(results)
    rows = [(100 + k, image) for image, k in of.items() if k < 2]
    rows = [*rows[1:], (101, "other-run/1"), (200, "b/ghost")]
    nodes = [(7, "", "", "", ""), (100, "", 7, "Daphnia", ""), (101, "", 7, "", ""),
             (200, "", 7, "Nobody", "")]  # fmt: skip
    more = {"rejected_objects.csv": [("node_id", "object_id"), (100, "b/1"), (100, "b/2")]}
    tree = write_zip(tmp_path / "t.zip", nodes, rows, **more)
    with caplog.at_level("INFO", "seston"):
        names, labels, lines = run(tree, results, tmp_path)
    # Of cluster 2 nothing is in the tree, so it keeps its name; that of cluster 1 is gone.
    assert names == {0: "Daphnia", 2: "Keratella"} and labels == {}
    sizes = np.bincount([*of.values()])
    assert told(lines, "name_taken_away") == [("1", "", "", "", "", "Bosmina")]
    assert told(lines, "cluster_not_in_tree") == [("2", "", "", str(sizes[2]), "", "Keratella")]
    missing = next(iter(image for image, k in of.items() if k < 2))
    assert told(lines, "not_in_tree") == [(str(of[missing]), "", "", "1", "", "")]
    assert told(lines, "name_of_no_image") == [("", "200", "", "", "", "Nobody")]
    assert told(lines, "image_not_of_run") == [
        ("", "101", "other-run/1", "", "", ""), ("", "200", "b/ghost", "", "", "Nobody")
    ]  # fmt: skip
    assert told(lines, "rejected_objects") == [("", "", "", "2", "", "")]
    assert "not taken: 2 objects that are not of this run" in caplog.text


def test_what_people_knew_of_a_name_stays_with_it(results, tmp_path):
    path = results / "tables" / "cluster_names.tsv"
    rows = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
    rows["name"], rows["aphia_id"] = ["Daphnia", "Bosmina", ""], ["148372", "106265", ""]
    rows["status"], rows["remark"] = ["dubious", "validated", ""], ["two eyes?", "", ""]
    rows.to_csv(path, sep="\t", index=False)
    tree = exported(tmp_path / "t.zip", results, {0: "Daphnia", 1: "Eubosmina", 2: "Daphnia"})
    run(tree, results, tmp_path)
    found = {row.cluster: row for row in read_names(tmp_path / "names.tsv").rows}
    assert (found[0].status, found[0].more["remark"]) == ("dubious", "two eyes?")
    assert (found[1].name, found[1].aphia_id, found[1].status) == ("Eubosmina", None, "validated")
    assert found[2].aphia_id == 148372 and found[2].more["remark"] == ""


def test_shares_are_counted_among_the_images_in_the_tree():
    clusters = np.array([0, 0, 0, 0, 1, 1, 2, 3])
    names = np.array([1, 1, OUTSIDE, 0, 0, UNNAMED, OUTSIDE, UNNAMED])
    found = fit(clusters, names, 5, 2, 0.5)
    assert found.counts.tolist() == [[1, 2], [1, 0], [0, 0], [0, 0], [0, 0]]
    assert found.given.tolist() == [1, UNNAMED, OUTSIDE, UNNAMED, OUTSIDE]
    assert found.inside.tolist() == [3, 2, 0, 1, 0] and found.outside.tolist() == [1, 0, 1, 0, 0]
    assert apart(clusters, names, found).tolist() == [False] * 3 + [True, True] + [False] * 3
    assert fit(clusters, names, 5, 2, 0.67).given[0] == UNNAMED
    assert fit(clusters, np.full(8, UNNAMED), 5, 0, 0.5).given.tolist() == [UNNAMED] * 4 + [OUTSIDE]


BAD = {
    "twice": ([(7, "", "", "", ""), (7, "", 7, "", "")], "line 3: node_id 7 stands in a line"),
    "text": ([(7, "", "", "", ""), ("x", "", 7, "", "")], r"line 3: node_id 'x': expected a whole"),
    "no root": ([(7, "", 8, "", ""), (8, "", 7, "", "")], "0 nodes without a parent_id"),
    "two roots": ([(7, "", "", "", ""), (8, "", "", "", "")], "2 nodes without a parent_id"),
    "orphan": ([(7, "", "", "", ""), (8, "", 9, "", "")], "node 8: there is no parent 9"),
    "circle": ([(7, "", "", "", ""), (8, "", 9, "", ""), (9, "", 8, "", "")], "below itself"),
    "itself": ([(7, "", "", "", ""), (8, "", 8, "", "")], "node 8 is below itself"),
    "cells": ([(7, "", "", "", ""), (8, 7)], "line 3: found 2 cells, expected 5"),
    "huge": ([(7, "", "", "", ""), ("9" * 30, "", 7, "", "")], "expected a whole number"),
    "long": ([(7, "", "", "", ""), (8, "", 7, "x" * 70_000, "")], "longer than 65536 bytes"),
}


@pytest.mark.parametrize("case", BAD)
def test_nodes_that_make_no_tree_are_refused(results, tmp_path, case):
    nodes, what = BAD[case]
    tree = write_zip(tmp_path / "t.zip", nodes, [(7, next(iter(clusters_of(results))))])
    with pytest.raises(SestonError, match=what):
        run(tree, results, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["results", "t.zip"]


def test_objects_that_hang_nowhere_or_twice_are_refused(results, tmp_path):
    nodes = [(7, "", "", "", "")]
    image = next(iter(clusters_of(results)))
    tree = write_zip(tmp_path / "a.zip", nodes, [(7, image), (8, "b/2"), ("", "b/3"), (7, "")])
    with pytest.raises(SestonError, match=r"3 faulty lines\n  line 3: node_id '8'.*\n  line 4"):
        run(tree, results, tmp_path)
    tree = write_zip(tmp_path / "b.zip", nodes, [(7, image), (7, "b/2"), (7, image)])
    with pytest.raises(SestonError, match=f"several lines: {image}; expected each in one node"):
        run(tree, results, tmp_path)
    tree = write_zip(tmp_path / "c.zip", nodes, [(7, "elsewhere/1")])
    with pytest.raises(SestonError, match=r"none of its 1 objects .* found 'elsewhere/1'"):
        run(tree, results, tmp_path)


def test_archives_of_other_kinds_are_told(results, tmp_path):
    export_morphocluster(**given(results, tmp_path / "out"))
    with pytest.raises(SestonError, match=r"no files nodes.csv; found .*expected the archive of a"):
        run(tmp_path / "out" / "objects.zip", results, tmp_path)
    with pytest.raises(SestonError, match="not a readable zip file"):
        run(tmp_path / "out" / "features.h5", results, tmp_path)
    with pytest.raises(SestonError, match=r"none.zip: file not found"):
        run(tmp_path / "none.zip", results, tmp_path)
    whole = (tmp_path / "out" / "tree.zip").read_bytes()
    for place in range(0, len(whole), 7):  # a byte that was damaged on its way, anywhere
        damaged = bytearray(whole)
        damaged[place] ^= 0x55
        (tmp_path / "damaged.zip").write_bytes(damaged)
        try:
            tree_back.read_tree(tmp_path / "damaged.zip")
        except SestonError as error:
            assert "damaged.zip" in str(error)


def test_a_hostile_archive_is_refused_before_it_fills_the_memory(results, tmp_path, monkeypatch):
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("nodes.csv", b"node_id,parent_id\n" + bytes(200_000_000))
        archive.writestr("objects.csv", b"object_id,node_id\n")
        archive.writestr("../../escaped.csv", b"x")
    assert bomb.stat().st_size < 1_000_000
    with pytest.raises(SestonError, match="line 2: longer than 65536 bytes"):
        run(bomb, results, tmp_path)
    assert not (tmp_path.parent / "escaped.csv").exists()
    monkeypatch.setattr(tree_back, "MOST_NODES", 5)
    many = [(number, "", "" if number == 0 else 0, "", "") for number in range(7)]
    with pytest.raises(SestonError, match="more than 5 lines"):
        run(write_zip(tmp_path / "many.zip", many, [(0, "b/1")]), results, tmp_path)
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive, pytest.warns(UserWarning):
        for name in ("nodes.csv", "objects.csv", "nodes.csv"):
            archive.writestr(name, "node_id,parent_id\n")
    with pytest.raises(SestonError, match=r"2 files nodes.csv"):
        run(tmp_path / "two.zip", results, tmp_path)
    with zipfile.ZipFile(tmp_path / "latin.zip", "w") as archive:
        archive.writestr("nodes.csv", "node_id,parent_id,name\n7,,Größe\n".encode("latin-1"))
        archive.writestr("objects.csv", "object_id,node_id\n")
    with pytest.raises(SestonError, match=r"nodes.csv, line 2: not UTF-8"):
        run(tmp_path / "latin.zip", results, tmp_path)


@pytest.mark.parametrize(
    ("names", "what"),
    [
        ({0: "Daphnia", 1: "daphnia"}, "node 101 is 'daphnia', and node 100 'Daphnia'"),
        ({0: "Cluster 2"}, "node 100 is 'Cluster 2': clusters without a name are called so"),
    ],
)
def test_names_that_a_table_of_names_would_not_take_are_refused(results, tmp_path, names, what):
    tree = exported(tmp_path / "t.zip", results, names)
    with pytest.raises(SestonError, match=what):
        run(tree, results, tmp_path)


def test_nothing_is_written_over(results, tmp_path, capsys):
    tree = exported(tmp_path / "t.zip", results, {0: "Daphnia"})
    (tmp_path / "labels.tsv").write_text("mine")
    out = ["--names", str(tmp_path / "n.tsv"), "--labels", str(tmp_path / "labels.tsv")]
    command = ["import-morphocluster", str(tree), "--results", str(results), *out]
    assert main(command) == 2
    assert "labels.tsv is there already" in capsys.readouterr().err
    (tmp_path / "labels.tsv").unlink()
    assert main(command) == 0
    assert read_names(tmp_path / "n.tsv").rows[0].name == "Daphnia"
    with pytest.raises(SystemExit):
        main([*command, "--share", "0.4"])


def test_the_document_tells_all_settings_options_and_lines(repository):
    text = (repository / "docs" / "exports-morphocluster.md").read_text(encoding="utf-8")
    for name, value in complete({"samples": "s.tsv"})["export"]["morphocluster"].items():
        assert f"| `{name}` | `{value}` |" in text or f"| `{name}` | {value} |" in text
    sources = (repository / "workflow/seston/export/morphocluster").glob("*.py")
    yielded = re.findall(r'yield "(\w+)"', "".join(path.read_text() for path in sources))
    assert len(yielded) > 8
    assert [what for what in yielded if f"`{what}`" not in text] == []
    for option in inspect.signature(import_morphocluster).parameters:
        assert option == "tree" or f"--{option}" in text
