"""The tables for people: everything joined, counts that agree, mixes refused."""

import csv

import numpy as np
import pyarrow as pa
import pytest

from seston import schemas, store
from seston.errors import SestonError
from seston.samples import cut_into_shards
from seston.segment import segment
from seston.sheet import read_sheet
from seston.tables import tables
from synthetic.flowcam import VOLUME_ML, write_run
from synthetic.images import damaged_png, picture, write_folder

KINDS = ("crops", "rejected", "recorded", "effort")
HEADER = "sample\tpath\tinstrument\tdatetime\tsite\tgroup\tlatitude\tbag\n"


class Results:
    """A run up to the clusters: sheet, shards by day, invented clusters and map."""

    def __init__(self, folder):
        self.folder = folder
        self.sheet = folder / "samples.tsv"
        write_run(folder / "run")
        # "b-1" sorts before "b/1" but "b" before "b-1": ids, not samples, give the order
        write_folder(folder / "b", 3)
        write_folder(folder / "b-1", 2)
        (folder / "b" / "bad.png").write_bytes(damaged_png(picture()))
        self.sheet.write_text(
            HEADER
            + "b\tb\timages\t2018-05-23\tlake\tnorth\t47.5\t7\n"
            + "run\trun\tflowcam\t2018-05-22T10:00\tculture\t\t\tthe third\n"
            + "b-1\tb-1\timages\t2018-05-22\tlake\tsouth\t47.5\t\n"
        )
        self.shards = cut_into_shards(read_sheet(self.sheet), "day")
        self.ids = []
        for shard, samples in self.shards.items():
            paths = {kind: self.file(kind, shard) for kind in KINDS}
            names = [sample.sample for sample in samples]
            segment(sheet=self.sheet, samples=names, max_rejected=1, **paths)
            ids = store.read_table(paths["crops"], "crops")["image_id"].to_pylist()
            self.write_clusters(shard, ids)
            self.ids += ids
        self.write_map(sorted(self.ids))
        self.write_names()

    def file(self, kind, shard):
        return self.folder / "segment" / shard / f"{kind}.parquet"

    def cluster_of(self, image_id):
        return sum(image_id.encode()) % 5

    def write_clusters(self, shard, ids, made_by="k-means"):
        values = {
            "image_id": ids,
            "cluster": [self.cluster_of(name) for name in ids],
            "distance": np.arange(len(ids), dtype=np.float32),
            "margin": np.ones(len(ids), np.float32),
        }
        path = self.folder / "clusters" / f"{shard}.parquet"
        table = pa.table(values)
        store.write_table(table, path, schemas.CLUSTERS, "clusters", made_by, embeddings="e")

    def write_names(self, clustering="k-means", name="NA", coarse=2):
        rows = ["clustering\tcluster\tcoarse\tname"]
        rows += [f"{clustering}\t{c}\t{c % coarse}\t{name if c == 1 else ''}" for c in range(5)]
        (self.folder / "cluster_names.tsv").write_text("\n".join(rows) + "\n")

    def write_map(self, ids, embeddings="e"):
        values = {
            "image_id": ids,
            "x": np.arange(len(ids), dtype=np.float32),
            "y": np.zeros(len(ids), np.float32),
            "density_cluster": [-self.cluster_of(name) for name in ids],
            "fitted": [True] * len(ids),
        }
        path = self.folder / "map.parquet"
        store.write_table(pa.table(values), path, schemas.MAP, "map", "umap", embeddings=embeddings)

    def run(self):
        images, samples = self.folder / "images.parquet", self.folder / "samples-out.tsv"
        tables(
            sheet=self.sheet, segment_dir=self.folder / "segment",
            clusters_dir=self.folder / "clusters", map=self.folder / "map.parquet",
            names=self.folder / "cluster_names.tsv", shards=list(self.shards),
            images=images, samples=samples, quality=self.folder / "quality.tsv",
        )  # fmt: skip
        with samples.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
        return store.read_table(images, "images"), rows


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    results = Results(tmp_path_factory.mktemp("results"))
    return results, *results.run()


@pytest.fixture
def results(tmp_path):
    return Results(tmp_path)


def test_each_organism_has_one_row_with_all_that_is_known(finished):
    results, images, _ = finished
    assert images.column_names == [*schemas.IMAGES.names, "bag"]
    rows = images.to_pylist()
    assert [row["image_id"] for row in rows] == sorted(results.ids)
    assert len(rows) == 3 + 2 + 6
    for place, row in enumerate(rows):
        assert row["cluster"] == results.cluster_of(row["image_id"])
        assert row["density_cluster"] == -row["cluster"]
        assert row["coarse"] == row["cluster"] % 2
        assert row["name"] == ("NA" if row["cluster"] == 1 else "")
        nearer = sum(
            other["cluster"] == row["cluster"] and other["distance"] < row["distance"]
            for other in rows
        )
        same = sum(
            other["cluster"] == row["cluster"] and other["distance"] == row["distance"]
            for other in rows
        )
        others = sum(other["cluster"] == row["cluster"] for other in rows) - 1
        rank = 100 * (nearer + (same - 1) / 2) / others if others else 50
        assert row["distance_percentile"] == pytest.approx(rank)
        assert row["map_x"] == place
        assert row["image_id"].startswith(row["sample"] + "/")
    of = {row["sample"]: row for row in rows}
    assert [of[name]["group"] for name in ("b", "b-1", "run")] == ["north", "south", ""]
    assert [of[name]["bag"] for name in ("b", "b-1", "run")] == ["7", "", "the third"]
    assert of["run"]["datetime"].isoformat() == "2018-05-22T10:00:00"
    assert of["run"]["latitude"] is None and of["b"]["latitude"] == 47.5
    assert of["run"]["esd_um"] > 0 and of["b"]["esd_um"] is None


def test_each_sample_has_one_line_with_its_counts_and_effort(finished):
    _, _, rows = finished
    assert list(rows[0]) == [
        "sample",
        "site",
        "group",
        "instrument",
        "datetime",
        "listed",
        "used",
        "rejected",
        "readable",
        "volume_ml",
        "volume_source",
        "dilution",
        "pixel_um",
        "run_mode",
        "magnification",
        "frames",
        "latitude",
        "longitude",
        "depth_m",
        "bag",
        "flags",
        "warnings",
    ]
    b, b_1, run = rows
    assert [b["sample"], b["listed"], b["used"], b["rejected"]] == ["b", "4", "3", "1"]
    assert [b_1["sample"], b_1["listed"], b_1["used"], b_1["rejected"]] == ["b-1", "2", "2", "0"]
    assert float(run["volume_ml"]) == pytest.approx(VOLUME_ML)
    assert (run["volume_source"], run["dilution"], run["pixel_um"]) == ("ctx", "4.0", "0.5")
    assert (b["volume_ml"], b["run_mode"], b["latitude"]) == ("", "", "47.5")
    assert (b["datetime"], run["datetime"]) == ("2018-05-23T00:00:00", "2018-05-22T10:00:00")


def test_what_is_odd_stands_in_one_table(finished):
    results, _, _ = finished
    with (results.folder / "quality.tsv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert rows and list(rows[0]) == ["sample", "about", "code", "count", "detail"]
    (refused,) = [row for row in rows if row["about"] == "rejected"]
    assert [refused[key] for key in ("sample", "code", "count")] == ["b", "corrupt", "1"]
    assert refused["detail"].startswith("bad.png: ")


def test_two_runs_give_the_same_bytes(results):
    names = ("images.parquet", "samples-out.tsv", "quality.tsv")
    results.run()
    first = [(results.folder / name).read_bytes() for name in names]
    results.run()
    again = [(results.folder / name).read_bytes() for name in names]
    assert first == again


def test_the_fingerprint_tells_names_and_coarse_groups_apart(results):
    path, found = results.folder / "images.parquet", []
    for names in ({}, {"name": "Ceratium"}, {"coarse": 3}, {}):
        results.write_names(**names)
        results.run()
        found.append(store.read_metadata(path)["fingerprint"])
    assert found[0] == found[3] and len(set(found)) == 3


def test_clusters_of_other_images_are_refused(results):
    shard = "2018-05-23"
    ids = store.read_table(results.file("crops", shard), "crops")["image_id"].to_pylist()
    results.write_clusters(shard, ids[:-1])
    with pytest.raises(SestonError, match=r"3 rows.*2 rows"):
        results.run()


def test_clusters_of_two_clusterings_are_refused(results):
    shard = "2018-05-23"
    ids = store.read_table(results.file("crops", shard), "crops")["image_id"].to_pylist()
    results.write_clusters(shard, ids, made_by="another")
    with pytest.raises(SestonError, match="different models or settings"):
        results.run()


def test_a_map_of_other_images_or_embeddings_is_refused(results):
    results.write_map(sorted(results.ids)[1:])
    with pytest.raises(SestonError, match="do not hold the same"):
        results.run()
    results.write_map(sorted(results.ids), embeddings="older")
    with pytest.raises(SestonError, match="different embeddings"):
        results.run()


def test_names_of_another_clustering_are_refused(results):
    results.write_names("older")
    with pytest.raises(SestonError, match=r"names clustering older, but .* is of k-means"):
        results.run()


@pytest.mark.parametrize(("kind", "column"), [("effort", "used"), ("effort", "listed")])
def test_counts_that_do_not_agree_are_told(results, kind, column):
    path = results.file(kind, "2018-05-23")
    table = store.read_table(path, kind)
    wrong = table.set_column(table.column_names.index(column), column, pa.array([99]))
    store.write_table(wrong, path, schemas.EFFORT, kind, "x")
    with pytest.raises(SestonError, match=r"sample b: .* 3 crops and 1 rejected"):
        results.run()


def test_a_sheet_with_another_sample_is_refused(results):
    write_folder(results.folder / "new", 1)
    with results.sheet.open("a") as file:
        file.write("new\tnew\timages\t2018-05-23\tlake\tnorth\t47.5\t7\n")
    with pytest.raises(SestonError, match="differ in samples: new"):
        results.run()
    assert not (results.folder / "images.parquet").exists()
