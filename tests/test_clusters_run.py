"""Whole runs of what is done with clusters: how many, names, frozen, search."""

import json
import shutil
import subprocess
import sys

import pandas as pd
import pytest

from conftest import REPOSITORY, Project


def images(project: Project) -> pd.DataFrame:
    return pd.read_parquet(project.folder / "results/tables/images.parquet")


def counts(project: Project, level: str) -> pd.Series:
    path = project.folder / f"results/tables/abundance{level and '_' + level}.tsv"
    table = pd.read_csv(path, sep="\t", keep_default_na=False)
    return table.groupby(level or "cluster")["count"].sum()


def test_the_sweep_finds_the_number_of_clusters(project):
    project.set("cluster", k="auto", sweep={"k": [2, 3, 6]})
    project.run("results/tables/clusters.tsv")
    model = (project.folder / "results/chosen_model.txt").read_text().strip()
    folder = project.folder / "results" / model
    found = json.loads((folder / "sweep/sweep.json").read_text())["k"]
    assert found in (2, 3, 6)
    told = json.loads((folder / "kmeans/kmeans.json").read_text())
    assert told["k"] == found and told["k_chosen_by"] == "sweep"
    assert list(pd.read_csv(folder / "sweep/sweep.tsv", sep="\t")["k"]) == [2, 3, 6]
    clusters = pd.read_csv(project.folder / "results/tables/clusters.tsv", sep="\t")
    assert list(clusters["cluster"]) == list(range(found))
    assert clusters["images"].sum() == 60


def test_names_join_clusters_and_are_carried_over_only_by_hand(project):
    table = pd.read_csv(
        project.folder / "results/tables/cluster_names.tsv",
        sep="\t",
        keep_default_na=False,
        dtype=str,
    )
    table.loc[table["cluster"].isin(["0", "1"]), "name"] = "Dinobryon <b>"
    table.to_csv(project.folder / "names.tsv", sep="\t", index=False)
    project.set("cluster", names="names.tsv")
    before = counts(project, "")
    project.run()
    assert counts(project, "")[0] == before[0]
    assert counts(project, "name")["Dinobryon <b>"] == before[0] + before[1]
    assert counts(project, "name")["cluster 2"] == before[2]
    named = images(project)
    assert set(named.loc[named["cluster"].isin([0, 1]), "name"]) == {"Dinobryon <b>"}
    assert set(named.loc[named["cluster"] > 1, "name"]) == {""}
    page = (project.folder / "results/report/index.html").read_text()
    assert "Dinobryon &lt;b&gt;" in page and "Dinobryon <b>" not in page

    project.set("cluster", k=5)
    result = project.snakemake("--cores", "2")
    assert result.returncode != 0
    told = (project.folder / "results/logs/names.log").read_text()
    assert "proposed_names.tsv" in told and "names.tsv" in told
    proposed = project.folder / "results/proposed_names.tsv"
    assert "Dinobryon <b>" in proposed.read_text()
    shutil.copy(proposed, project.folder / "names.tsv")
    project.run("results/tables/abundance_name.tsv")
    assert "Dinobryon <b>" in counts(project, "name").index


@pytest.fixture
def next_year(project, tmp_path) -> Project:
    """The same images and a sample more, in the clusters of the finished run."""
    later = Project(tmp_path / "later")
    shutil.copytree(project.folder / "raw", later.folder / "raw")
    for name in ("samples.tsv", "labels.tsv", "config.yaml"):
        shutil.copy(project.folder / name, later.folder / name)
    shutil.copytree(later.folder / "raw/2018-06-02", later.folder / "raw/new")
    with (later.folder / "samples.tsv").open("a") as sheet:
        sheet.write("new\traw/new\timages\t2019-06-02T12:00\tlake\t\n")
    later.set("cluster", frozen=str(project.folder / "results"))
    return later


def test_frozen_clusters_keep_their_numbers_and_names(project, next_year):
    names = project.folder / "results/tables/cluster_names.tsv"
    table = pd.read_csv(names, sep="\t", keep_default_na=False, dtype=str)
    table.loc[0, "name"] = "Dinobryon"
    table.to_csv(names, sep="\t", index=False)
    plan = next_year.planned()
    assert plan["adopt"] == plan["drift"] == 1
    assert not {"backbone", "finetune", "kmeans", "tree", "sweep"} & set(plan)
    next_year.run()
    earlier, later = (images(run).set_index("image_id") for run in (project, next_year))
    columns = ["cluster", "coarse", "distance"]
    same = later.loc[earlier.index, columns]
    assert (same["cluster"] == earlier["cluster"]).all()
    assert (same["coarse"] == earlier["coarse"]).all()
    assert same["distance"].to_numpy() == pytest.approx(earlier["distance"].to_numpy(), abs=1e-3)
    assert set(later.loc[later["cluster"] == 0, "name"]) == {"Dinobryon"}
    copied = later.loc[later["sample"] == "new", "cluster"].to_numpy()
    assert list(copied) == list(earlier.loc[earlier["sample"] == "2018-06-02", "cluster"])
    drift = pd.read_csv(next_year.folder / "results/tables/drift.tsv", sep="\t")
    assert (
        len(drift)
        and "not renumbered" in (next_year.folder / "results/report/index.html").read_text()
    )
    assert next_year.planned() == {}


def test_an_unfinished_run_cannot_be_frozen_and_says_what_is_missing(project, next_year):
    model = (project.folder / "results/chosen_model.txt").read_text().strip()
    for name in ("kmeans/space.npz", "tree/coarse.tsv"):
        (project.folder / "results" / model / name).unlink()
    result = next_year.snakemake("--cores", "2", "results/pretrained/model.safetensors")
    assert result.returncode != 0
    told = (next_year.folder / "results/logs/adopt.log").read_text()
    assert "space.npz" in told and "coarse.tsv" in told
    assert not (next_year.folder / "results/pretrained/model.safetensors").exists()


def similar(project: Project, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "seston", "similar", *arguments],
        cwd=project.folder,
        env={"PYTHONPATH": str(REPOSITORY / "workflow"), "PATH": "/usr/bin:/bin", "HOME": "/tmp"},
        capture_output=True,
        text=True,
    )


def test_a_picture_of_the_run_finds_itself(project):
    picture = sorted((project.folder / "raw/2018-06-02").glob("*.jpeg"))[3]
    result = similar(project, str(picture), "--n", "5")
    assert result.returncode == 0, result.stderr
    found = pd.read_csv(project.folder / "similar.tsv", sep="\t")
    assert found.loc[0, "image_id"] == f"2018-06-02/{picture.name}"
    assert found.loc[0, "cosine"] > 0.999
    assert len(found) == 5 and found["distance"].is_monotonic_increasing
    assert (project.folder / "similar.png").read_bytes().startswith(b"\x89PNG")


def test_an_organism_that_is_not_there_is_told_with_its_like(project):
    name = images(project)["image_id"][0]
    result = similar(project, name.replace("2018-05-24", "2018-05-25"))
    assert result.returncode == 2
    assert "2018-05-24" in result.stderr
    assert not (project.folder / "similar.tsv").exists()


def test_settings_of_clusters_reach_k_means(project):
    settings = {
        "pca": 8, "whiten": True, "columns": {"log_esd_px": 0.5}, "balance": "sample",
        "starts": 2, "refine": 1, "spherical": True, "coarse": 2,
    }  # fmt: skip
    project.set("cluster", **settings)
    project.run("results/tables/clusters.tsv")
    model = (project.folder / "results/chosen_model.txt").read_text().strip()
    told = json.loads((project.folder / f"results/{model}/kmeans/kmeans.json").read_text())
    assert (told["balance"], told["starts"], told["refine"], told["spherical"]) == (
        "sample", 2, 1, True,
    )  # fmt: skip
    assert told["space"]["pca"] == 8 and told["space"]["whiten"] is True
    assert told["space"]["columns"] == {"log_esd_px": 0.5} and told["dim"] == 9
    assert images(project)["coarse"].nunique() == 2
