"""Whole runs with classes from labels: what is written, what runs again, classifiers of others."""

import json
import shutil

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from conftest import Project
from seston.classify.saved import read_classifier
from seston.classify.suggest import suggest
from seston.errors import SestonError
from seston.labels.table import read_label_rows

TABLES = ["results/tables/classifier_scores.tsv", "results/tables/predictions.parquet"]
RULES = ("labelled", "classifier", "judge", "predict", "quantify")


@pytest.fixture(scope="module")
def classified(finished, tmp_path_factory) -> Project:
    """The small project, with classes. Copy it before changing anything."""
    folder = tmp_path_factory.mktemp("classified") / "project"
    shutil.copytree(finished.folder, folder, symlinks=True)
    project = Project(folder)
    project.set("labels", few=2)
    project.set("classify", head="linear", bootstraps=20, folds=3)
    project.run(*TABLES)
    return project


@pytest.fixture
def copied(classified, tmp_path) -> Project:
    folder = tmp_path / "project"
    shutil.copytree(classified.folder, folder, symlinks=True)
    return Project(folder)


def read(project: Project, name: str) -> pd.DataFrame:
    path = project.folder / "results/tables" / name
    return pd.read_csv(path, sep="\t", keep_default_na=False, na_values=[""])


def planned(project: Project) -> dict[str, int]:
    jobs = project.planned("--", *TABLES)
    return {rule: count for rule, count in jobs.items() if rule in RULES}


def test_all_images_are_told_with_probabilities_that_are_some(classified):
    learned = read_classifier(classified.folder / "results/classify/classifier.safetensors")
    said = pq.read_table(classified.folder / "results/tables/predictions.parquet").to_pandas()
    images = pq.read_table(
        classified.folder / "results/tables/images.parquet", columns=["image_id"]
    )
    assert said["image_id"].tolist() == images["image_id"].to_pylist()
    chance = said[[f"p_{name}" for name in learned.card.classes]].to_numpy(float)
    np.testing.assert_allclose(chance.sum(axis=1), 1, atol=1e-5)
    names = np.array(learned.card.classes)
    assert (said["prediction"] == names[chance.argmax(axis=1)]).all()
    np.testing.assert_allclose(said["corrected"], chance.max(axis=1))
    entropy = -(chance * np.log(np.maximum(chance, 1e-30))).sum(axis=1)
    np.testing.assert_allclose(said["entropy"], entropy, atol=1e-4)
    # Corrected by the frequencies of their own sample.
    assert (said["prior"] == said["image_id"].str.partition("/")[0]).all()
    told = json.loads((classified.folder / "results/classify/judge.json").read_text())["reject"]
    threshold = np.inf if told["threshold"] is None else told["threshold"]
    assert (said["rejected"] == (said["corrected"] < np.float32(threshold))).all()


def test_frequencies_and_abundances_are_of_all_images(classified):
    shares = read(classified, "class_frequencies.tsv")
    totals = shares.groupby(["sample", "method"])["share"].sum()
    assert len(totals) == 5 * 4
    np.testing.assert_allclose(totals, 1, atol=1e-4)
    assert (shares["low"] <= shares["share"]).all() and (shares["share"] <= shares["high"]).all()
    assert (shares["low"] < shares["high"]).any()
    abundance = read(classified, "abundance_class.tsv")
    counts = abundance.groupby("period")["count"].sum()
    np.testing.assert_allclose(counts, [12] * 5, atol=0.05)
    em = shares[shares["method"] == "em"].set_index(["sample", "class"])["share"]
    by_day = abundance.set_index(["period", "class"])["share"]
    np.testing.assert_allclose(by_day, em.reindex(by_day.index), atol=1e-4)


def test_every_label_is_judged_once(classified):
    labelled = pq.read_table(classified.folder / "results/classify/labelled.parquet")
    scores = read(classified, "classifier_scores.tsv")
    assert (scores["images"] == len(labelled)).all()
    assert len(scores) == 4 * 4 and not scores.duplicated(["calibration", "correction"]).any()
    confusion = read(classified, "classifier_confusion.tsv")
    each = confusion.groupby("correction")["count"].sum()
    assert set(each.index) == {"none", "multiclass", "em"} and (each == len(labelled)).all()
    raw = confusion[confusion["correction"] == "none"]
    right = raw.loc[raw["true"] == raw["predicted"], "count"].sum() / len(labelled)
    plain = scores[(scores["calibration"] == "temperature") & (scores["correction"] == "none")]
    assert plain["micro"].item() == pytest.approx(right, abs=1e-5)
    held = pq.read_table(classified.folder / "results/classify/held_out.parquet")
    assert held["image_id"].equals(labelled["image_id"])


def test_only_what_a_setting_touches_runs_again(copied):
    assert planned(copied) == {}
    copied.set("classify", max_error=0.3)
    assert planned(copied) == {"judge": 1, "quantify": 1}
    copied.set("classify", max_error=0.1, sampling="sqrt")
    assert planned(copied).keys() == {"classifier", "judge", "predict", "quantify"}
    copied.set("classify", sampling="balanced", columns=[])
    assert planned(copied).keys() == {"classifier", "judge", "predict", "quantify"}
    copied.set("classify", columns=["auto"])
    labels = copied.folder / "labels.tsv"
    labels.touch()
    assert planned(copied) == {}
    lines = labels.read_text().splitlines()
    labels.write_text("\n".join(lines[:-1]) + "\n")
    assert planned(copied).keys() == set(RULES)


def test_a_classifier_of_another_run_needs_no_labels(classified, copied):
    saved = copied.folder / "earlier.safetensors"
    shutil.copy(classified.folder / "results/classify/classifier.safetensors", saved)
    shutil.rmtree(copied.folder / "results/classify")
    copied.set("labels", file="")
    copied.set("classify", model="earlier.safetensors")
    assert planned(copied).keys() == {"judge", "predict", "quantify"}
    # The evidence has no labels now, and would choose anew: what is asked about is the classes.
    copied.set("cluster", model=(copied.folder / "results/chosen_model.txt").read_text().strip())
    copied.run("results/tables/predictions.parquet")
    before, after = (
        pq.read_table(one.folder / "results/tables/predictions.parquet")
        for one in (classified, copied)
    )
    assert after.equals(before)


def test_embeddings_of_another_model_are_refused(copied):
    chosen = (copied.folder / "results/chosen_model.txt").read_text().strip()
    other = {"finetuned": "pretrained", "pretrained": "finetuned"}[chosen]
    saved = copied.folder / "earlier.safetensors"
    shutil.move(copied.folder / "results/classify/classifier.safetensors", saved)
    copied.set("classify", model="earlier.safetensors")
    copied.set("cluster", model=other)
    result = copied.snakemake("--cores", "2", "--", "results/classify/predictions/2018-05.parquet")
    assert result.returncode != 0
    told = (copied.folder / "results/logs/predict/2018-05.log").read_text()
    assert "embeddings of another model" in told and "Traceback" not in told


def test_images_to_label_next_are_proposed(classified, tmp_path):
    out = tmp_path / "next.tsv"
    suggest(classified.folder / "results", n=1000, out=out)
    rows = read_label_rows(out)
    labelled = pq.read_table(classified.folder / "results/classify/labelled.parquet")
    ids = {row.image_id for row in rows}
    assert not ids & set(labelled["image_id"].to_pylist())
    assert len(ids) == len(rows) == 60 - len(labelled) > 0
    assert {row.status for row in rows} == {"predicted"}
    with pytest.raises(SestonError, match="there already"):
        suggest(classified.folder / "results", out=out)
    with pytest.raises(SestonError, match="in the results"):
        suggest(classified.folder / "results", out=classified.folder / "results/next.tsv")
