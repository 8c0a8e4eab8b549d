"""The stages `names` and `rename`: what a run calls its clusters, and what becomes of names."""

import csv
import json

import numpy as np
import pyarrow as pa
import pytest

from seston import store
from seston.errors import SestonError
from seston.naming.names import read_names
from seston.naming.rename import rename
from seston.naming.stage import name_clusters
from seston.naming.table import read_called
from seston.schemas import CLUSTERS

OLD, NEW = "0123abcd" * 8, "fedc9876" * 8
OLD_CLUSTERS = np.repeat([0, 1, 2], [20, 10, 6])
#: Old 0 became 2 and 1 (split), old 1 became 0, old 2 is mixed with as many of old 1.
NEW_CLUSTERS = np.r_[np.repeat([2, 1], 10), np.repeat([0, 3], [4, 6]), np.repeat(3, 6)]


class Run:
    """A results folder up to the names."""

    def __init__(self, results, fingerprint, cluster):
        self.results = results
        self.k = int(max(cluster)) + 1
        model = results / "finetuned"
        self.kmeans, self.clusters = model / "kmeans" / "kmeans.json", model / "clusters"
        self.coarse = model / "tree" / "coarse.tsv"
        self.named = results / "tables" / "cluster_names.tsv"
        self.proposed = results / "proposed_names.tsv"
        for folder in (self.kmeans.parent, self.coarse.parent):
            folder.mkdir(parents=True, exist_ok=True)
        (results / "chosen_model.txt").write_text("finetuned\n")
        facts = {"fingerprint": fingerprint, "k": self.k, "shards": {"x": 16, "y": 20}}
        self.kmeans.write_text(json.dumps(facts))
        rows = [f"{number}\t{number % 2}" for number in range(self.k)]
        self.coarse.write_text("\n".join(["cluster\tcoarse", *rows]) + "\n")
        ids = np.array([f"s/{i:03d}" for i in range(36)])
        for shard, part in (("x", slice(20, 36)), ("y", slice(0, 20))):
            table = pa.table(
                {
                    "image_id": ids[part],
                    "cluster": cluster[part],
                    "distance": np.ones(len(ids[part])),
                    "margin": np.ones(len(ids[part])),
                }
            )
            path = self.clusters / f"{shard}.parquet"
            store.write_table(table, path, CLUSTERS, "clusters", fingerprint)

    def run(self, names=None):
        name_clusters(
            kmeans=self.kmeans, coarse=self.coarse, clusters_dir=self.clusters, shards=["x", "y"],
            clusterings=self.results / "clusterings", proposed=self.proposed, named=self.named,
            names=names,
        )  # fmt: skip
        return rows_of(self.named)


def rows_of(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


@pytest.fixture
def named(tmp_path):
    """Names of the old clustering; cluster 2 has none."""
    path = tmp_path / "mine.tsv"
    path.write_text(
        "clustering\tcluster\tname\taphia_id\tcolour\n"
        f"{OLD[:8]}\t0\tCyclotella\t148905\tgreen\n{OLD[:8]}\t1\tNA\t\t\n"
    )
    return path


def test_every_cluster_has_a_row_and_the_table_can_be_given_back(tmp_path, named):
    run = Run(tmp_path / "results", OLD, OLD_CLUSTERS)
    rows = run.run(named)
    assert list(rows[0]) == [
        "clustering", "cluster", "coarse", "name", "aphia_id", "status", "annotator", "time",
        "colour",
    ]  # fmt: skip
    assert [row["name"] for row in rows] == ["Cyclotella", "NA", ""]
    assert [row["coarse"] for row in rows] == ["0", "1", "0"]
    assert [row["status"] for row in rows] == ["validated", "validated", ""]
    assert {row["clustering"] for row in rows} == {OLD}
    assert (rows[0]["aphia_id"], rows[0]["colour"]) == ("148905", "green")
    copy = tmp_path / "copy.tsv"
    copy.write_bytes(run.named.read_bytes())
    assert run.run(copy) == rows
    called = read_called(run.named)
    assert called.names.to_pylist() == ["Cyclotella", "NA", ""]
    assert called.coarse.to_pylist() == [0, 1, 0]
    assert called.clustering == OLD


def test_without_names_all_clusters_are_unnamed(tmp_path):
    rows = Run(tmp_path / "results", OLD, OLD_CLUSTERS).run()
    assert [row["name"] for row in rows] == ["", "", ""]


def test_names_of_an_earlier_clustering_are_refused_and_offered_anew(tmp_path, named):
    Run(tmp_path / "results", OLD, OLD_CLUSTERS).run(named)
    run = Run(tmp_path / "results", NEW, NEW_CLUSTERS)
    with pytest.raises(SestonError) as error:
        run.run(named)
    told = str(error.value)
    assert "found names of clustering 0123abcd" in told and "has clustering fedc9876fedc" in told
    assert f"{run.proposed} proposes names for 3 of 4 clusters, by 36 images in common" in told
    assert "set cluster.names to it, or set cluster.frozen" in told
    assert f"tables and report in {run.results} are still those of the earlier" in told
    rows = rows_of(run.proposed)
    assert [row["name"] for row in rows] == ["NA", "Cyclotella", "Cyclotella", ""]
    assert rows[3]["reason"] == "mixed: 50% from old cluster 1 (NA), not above the half needed"
    by = {int(row["cluster"]): row for row in rows}
    assert (by[1]["name"], by[2]["name"]) == ("Cyclotella", "Cyclotella")
    assert by[2]["status"] == "predicted" and by[2]["aphia_id"] == "148905"
    assert by[2]["colour"] == "green" and float(by[2]["jaccard"]) == 0.5
    assert {by[1]["reason"], by[2]["reason"]} == {"", "a part of old cluster 0"}
    assert (by[0]["name"], by[0]["old_cluster"], by[0]["images_common"]) == ("NA", "1", "4")
    assert (by[0]["jaccard"], by[0]["share_new"], by[3]["share_new"]) == ("0.4", "1", "0.5")
    # The proposal is a table of names for the new clustering.
    assert [row["name"] for row in run.run(run.proposed)] == [row["name"] for row in rows]
    mapping = rows_of(run.results / "proposed_names_mapping.tsv")
    assert sum(int(row["common"]) for row in mapping) == 36


def test_a_proposal_is_never_overwritten(tmp_path, named):
    Run(tmp_path / "results", OLD, OLD_CLUSTERS).run()
    run = Run(tmp_path / "results", NEW, NEW_CLUSTERS)
    with pytest.raises(SestonError, match="proposes names"):
        run.run(named)
    worked_on = run.proposed.read_text().replace("predicted", "validated")
    run.proposed.write_text(worked_on)
    with pytest.raises(SestonError, match="from an earlier start"):
        run.run(named)
    third = Run(tmp_path / "results", "77" * 32, OLD_CLUSTERS)
    with pytest.raises(SestonError, match="is there already; move it away"):
        third.run(named)
    assert run.proposed.read_text() == worked_on


def test_without_a_record_the_command_is_told(tmp_path, named):
    run = Run(tmp_path / "results", NEW, NEW_CLUSTERS)
    with pytest.raises(SestonError, match=r"python -m seston rename .*mine.tsv --old") as error:
        run.run(named)
    assert not run.proposed.exists()
    assert not run.named.exists()
    form = run.results / "cluster_names_form.tsv"
    assert f"or fill in {form}, copy it" in str(error.value)
    assert [(row["clustering"], row["name"]) for row in rows_of(form)] == [(NEW, "")] * 4
    assert [row["coarse"] for row in rows_of(form)] == ["0", "1", "0", "1"]


def test_a_form_that_somebody_filled_in_is_never_overwritten(tmp_path, named):
    run = Run(tmp_path / "results", NEW, NEW_CLUSTERS)
    form = run.results / "cluster_names_form.tsv"
    with pytest.raises(SestonError):
        run.run(named)
    lines = form.read_text().splitlines(keepends=True)
    lines[2] = f"{NEW}\t1\t1\tVolvox\t\t\t\t\n"
    form.write_text("".join(lines))
    with pytest.raises(SestonError, match="or fill in"):
        run.run(named)
    assert form.read_text() == "".join(lines)
    assert [row["name"] for row in run.run(form)] == ["", "Volvox", "", ""]
    other = Run(tmp_path / "results", "77" * 32, OLD_CLUSTERS)
    with pytest.raises(SestonError, match=r"form.tsv has names of clustering fedc9876fedc.*move"):
        other.run(named)
    assert form.read_text() == "".join(lines)


def test_a_table_without_names_passes_whatever_clustering_it_is_of(tmp_path):
    Run(tmp_path / "old", OLD, OLD_CLUSTERS).run()
    run = Run(tmp_path / "results", NEW, NEW_CLUSTERS)
    rows = run.run(tmp_path / "old" / "tables" / "cluster_names.tsv")
    assert [(row["clustering"], row["name"]) for row in rows] == [(NEW, "")] * 4
    assert not run.proposed.exists()


def test_old_clusters_of_one_name_are_counted_together(tmp_path):
    """New 0: 4 of old 0, 4 of old 1 and 6 of old 2; new 1: the rest of old 0 (16) and 1 (6)."""
    path = tmp_path / "mine.tsv"
    rows = "".join(f"{OLD}\t{one}\t{name}\n" for one, name in enumerate(["A", "A", "B"]))
    path.write_text("clustering\tcluster\tname\n" + rows)
    Run(tmp_path / "results", OLD, OLD_CLUSTERS).run()
    cluster = np.r_[np.repeat(0, 4), np.repeat(1, 16), np.repeat(0, 4), np.repeat([1, 0], 6)]
    run = Run(tmp_path / "results", NEW, cluster)
    with pytest.raises(SestonError) as error:
        run.run(path)
    assert "not carried over: B (100% of it is now in cluster 0)" in str(error.value)
    first, second = rows_of(run.proposed)
    assert (first["name"], first["old_cluster"], first["images_common"]) == ("A", "0;1", "8")
    assert float(first["share_new"]) == pytest.approx(8 / 14, abs=1e-6)  # neither 4 nor 6 of 14
    assert float(first["jaccard"]) == pytest.approx(8 / (30 + 14 - 8), abs=1e-6)
    assert (second["name"], second["share_new"]) == ("A", "1")
    mapping = rows_of(run.results / "proposed_names_mapping.tsv")
    assert [(row["new"], row["old"], row["kept"]) for row in mapping] == [
        ("0", "2", "0"), ("0", "0", "1"), ("0", "1", "1"), ("1", "0", "1"), ("1", "1", "1"),
    ]  # fmt: skip


def test_what_is_below_the_half_and_names_without_images_are_told(tmp_path):
    path = tmp_path / "mine.tsv"
    path.write_text(f"clustering\tcluster\tname\n{OLD}\t0\tA\n{OLD}\t3\tC\n")
    Run(tmp_path / "results", OLD, [*(i % 3 for i in range(35)), 4]).run()
    run = Run(tmp_path / "results", NEW, np.zeros(36, int))
    with pytest.raises(SestonError) as error:
        run.run(path)
    assert "A (100% of it is now in cluster 0), C (none of its images is in" in str(error.value)
    (row,) = rows_of(run.proposed)
    assert row["reason"] == "mixed: 33% from old cluster 0 (A), below the half needed"


def test_names_are_carried_over_from_another_folder(tmp_path, named):
    Run(tmp_path / "old", OLD, OLD_CLUSTERS)
    Run(tmp_path / "new", NEW, NEW_CLUSTERS)
    out = tmp_path / "carried.tsv"
    rename(named, old=tmp_path / "old", results=tmp_path / "new", out=out)
    found = {row.cluster: (row.name, row.status) for row in read_names(out).rows}
    assert found[2] == ("Cyclotella", "predicted") and found[0] == ("NA", "predicted")
    with pytest.raises(SestonError, match=r"are of the clustering of .*old already"):
        rename(named, old=tmp_path / "old", results=tmp_path / "old", out=out)
    with pytest.raises(SestonError, match="no record of 0123abcd"):
        rename(named, old=tmp_path / "new", results=tmp_path / "new", out=tmp_path / "x.tsv")


def test_reasons_for_no_name_are_told(tmp_path, named):
    mixed = np.r_[np.repeat([0, 1], 10), np.repeat([2, 3], 5), np.repeat([2, 4], [5, 1])]
    Run(tmp_path / "old", OLD, OLD_CLUSTERS)
    Run(tmp_path / "new", NEW, np.where(mixed == 3, 5, mixed))
    out = tmp_path / "carried.tsv"
    rename(named, old=tmp_path / "old", results=tmp_path / "new", out=out)
    assert [row["reason"] for row in rows_of(out)[2:5]] == [
        "mixed: 50% from old cluster 1 (NA), not above the half needed",
        "no image of it was in the old clustering",
        "old cluster 2 has no name",
    ]


def test_clusterings_without_a_common_image_are_told(tmp_path, named):
    run = Run(tmp_path / "new", NEW, NEW_CLUSTERS)
    Run(tmp_path / "old", OLD, OLD_CLUSTERS).run()
    record = tmp_path / "old" / "clusterings" / f"{OLD[:12]}.parquet"
    table = store.read_table(record, "clustering").to_pandas()
    table["image_id"] = "other-" + table["image_id"]
    metadata = store.read_metadata(record)
    store.write_table(
        pa.table(dict(table)), record, pa.schema([CLUSTERS.field(0), CLUSTERS.field(1)]),
        "clustering", metadata["fingerprint"], k=metadata["k"],
    )  # fmt: skip
    copied = run.results / "clusterings" / record.name
    copied.parent.mkdir()
    copied.write_bytes(record.read_bytes())
    with pytest.raises(SestonError, match=r"no image in common.*or fill in .*_form\.tsv, copy it"):
        run.run(named)
    assert not run.proposed.exists()
    with pytest.raises(SestonError, match="no image in common"):
        rename(named, old=tmp_path / "old", results=run.results, out=tmp_path / "x.tsv")


def test_clusters_of_another_clustering_are_refused(tmp_path):
    run = Run(tmp_path / "results", OLD, OLD_CLUSTERS)
    run.kmeans.write_text(run.kmeans.read_text().replace(OLD, NEW))
    with pytest.raises(SestonError, match=r"is of clustering 0123abcd0123, but .*fedc9876fedc"):
        run.run()


def test_a_coarse_table_of_other_clusters_is_refused(tmp_path):
    run = Run(tmp_path / "results", OLD, OLD_CLUSTERS)
    run.coarse.write_text("cluster\tcoarse\n0\t0\n1\t0\n")
    with pytest.raises(SestonError, match="coarse group"):
        run.run()


@pytest.fixture
def frozen(tmp_path):
    """A run whose clusters were made from the images of other shards, before its names."""
    run = Run(tmp_path / "new", NEW, NEW_CLUSTERS)
    for old, new in (("x", "2025-05"), ("y", "2025-06")):
        (run.clusters / f"{old}.parquet").rename(run.clusters / f"{new}.parquet")
    return run


def test_names_are_carried_over_to_frozen_clusters_on_other_shards(tmp_path, named, frozen):
    Run(tmp_path / "old", OLD, OLD_CLUSTERS)
    left_over = Run(tmp_path / "other", OLD, OLD_CLUSTERS).clusters / "x.parquet"
    left_over.rename(frozen.clusters / "earlier.parquet")  # of another clustering
    out = tmp_path / "carried.tsv"
    rename(named, old=tmp_path / "old", results=frozen.results, out=out)
    assert [row["name"] for row in rows_of(out)] == ["NA", "Cyclotella", "Cyclotella", ""]
    assert [row["images_common"] for row in rows_of(out)] == ["4", "10", "10", "6"]


def test_the_record_of_a_run_is_taken_before_its_shards(tmp_path, named, frozen):
    Run(tmp_path / "old", OLD, OLD_CLUSTERS)
    kept = Run(tmp_path / "kept", NEW, NEW_CLUSTERS)
    kept.run()
    (kept.results / "clusterings").rename(frozen.results / "clusterings")
    for path in frozen.clusters.iterdir():
        path.unlink()
    rename(named, old=tmp_path / "old", results=frozen.results, out=tmp_path / "carried.tsv")
    mapping = rows_of(tmp_path / "carried_mapping.tsv")
    assert sum(int(row["common"]) for row in mapping) == 36


def test_a_run_without_its_shards_or_with_one_twice_is_told(tmp_path, named, frozen):
    Run(tmp_path / "old", OLD, OLD_CLUSTERS)
    again = frozen.clusters / "again.parquet"
    again.write_bytes((frozen.clusters / "2025-05.parquet").read_bytes())
    with pytest.raises(SestonError, match="an image is in two shards"):
        rename(named, old=tmp_path / "old", results=frozen.results, out=tmp_path / "x.tsv")
    for path in frozen.clusters.iterdir():
        path.unlink()
    with pytest.raises(SestonError, match="no table of clusters of clustering fedc9876fedc"):
        rename(named, old=tmp_path / "old", results=frozen.results, out=tmp_path / "x.tsv")
