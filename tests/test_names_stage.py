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
    rows = rows_of(run.proposed)
    assert [row["name"] for row in rows] == ["NA", "Cyclotella", "Cyclotella", ""]
    assert rows[3]["reason"] == "mixed: only 50% of its images come from one old cluster"
    by = {int(row["cluster"]): row for row in rows}
    assert (by[1]["name"], by[2]["name"]) == ("Cyclotella", "Cyclotella")
    assert by[2]["status"] == "predicted" and by[2]["aphia_id"] == "148905"
    assert by[2]["colour"] == "green" and float(by[2]["overlap"]) == 0.5
    assert {by[1]["reason"], by[2]["reason"]} == {"", "a part of old cluster 0"}
    assert (by[0]["name"], by[0]["old_cluster"], by[0]["images_common"]) == ("NA", "1", "4")
    assert float(by[0]["overlap"]) == 0.4
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
    with pytest.raises(SestonError, match=r"python -m seston rename .*mine.tsv --old"):
        run.run(named)
    assert not run.proposed.exists()
    assert not run.named.exists()


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
        "mixed: only 50% of its images come from one old cluster",
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
