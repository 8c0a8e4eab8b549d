"""What the report reads of the branch with labels."""

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from seston.errors import SestonError
from seston.report.given.classifier import Classifier, read_classifier
from seston.report.given.classifier_files import NO_CLASSIFIER, ClassifierFiles
from seston.report.given.levels import read_level
from seston.report.given.names import Names
from synthetic_classifier import CLASSES, write_classifier
from synthetic_results import Site, write_results

SHORE = Site("shore", ("",), ("2020-01-06", "2020-01-13", "2020-02-10"), 30, 2.0, 0.5)
SETTINGS = {"calibration": "temperature", "prior": "em", "quantify": "em", "max_error": 0.02}


@pytest.fixture(scope="module")
def given(tmp_path_factory) -> dict:
    folder = tmp_path_factory.mktemp("given")
    given = write_results(folder, sites=(SHORE,), attention=None, classify=SETTINGS)
    return given | write_classifier(folder, given)


def read(given: dict, files: ClassifierFiles | None = None, **settings) -> Classifier | None:
    samples = pd.read_csv(given["samples"], sep="\t")
    return read_classifier(
        given["classifier"] if files is None else files, samples, {"classify": SETTINGS | settings}
    )


def changed(path: Path, folder: Path, old: str, new: str) -> Path:
    """Write a copy in which a text is replaced."""
    told = path.read_text()
    assert old in told
    copy = folder / path.name
    copy.write_text(told.replace(old, new))
    return copy


def test_nothing_given_is_no_classifier(given):
    assert read(given, NO_CLASSIFIER) is None


def test_class_names_and_numbers_survive(given):
    found = read(given)
    assert set(found.classes["class"]) == set(CLASSES)  # "NA" among them
    assert found.classes["labelled"].sum() == 1500
    assert (
        found.frequencies["share"].groupby(found.frequencies["sample"]).sum().round(3).eq(2).all()
    )
    assert found.unit == "day" and 0 < found.reject["threshold"] < 1


def test_drifted_samples_are_told_once_in_time(given):
    found = read(given)
    assert found.drifted["sample"].tolist() == ["shore-all-2020-01-13-0", "shore-all-2020-02-10-0"]


def test_the_score_is_that_of_what_is_predicted(given):
    found = read(given)
    assert found.score(found.correction)["correction"] == "em"
    assert read(given, prior="training").correction == "multiclass"
    assert read(given, prior="uniform").correction == "none"
    assert found.score("none", calibrated=False)["nll"] > found.score("none")["nll"]
    with pytest.raises(SestonError, match="no row of calibration 'temperature' and correction 'x'"):
        found.score("x")


@pytest.mark.parametrize("missing", ["classifier_risk", "abundance_class", "judge_json"])
def test_a_missing_table_is_told(given, missing):
    files = replace(given["classifier"], **{missing: None})
    with pytest.raises(SestonError, match=f"--{missing.replace('_', '-')} is missing"):
        read(given, files)


def test_without_labels_there_is_nothing_of_them(given):
    found = read(given, replace(given["classifier"], labels_json=None, left_out=None))
    assert found.labels == {} and found.left_out is None
    assert "left_out" not in found.tables()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [("shore-all-2020-02-10-0\t", "lost\t", "the sample 'lost', which this run does not have"),
     ("\tDaphnia\t", "\tUnknown\t", "the class 'Unknown', which .*_classes.tsv does not")],
)  # fmt: skip
def test_what_is_not_there_is_refused(given, tmp_path, old, new, told):
    path = changed(given["classifier"].class_frequencies, tmp_path, old, new)
    with pytest.raises(SestonError, match=told):
        read(given, replace(given["classifier"], class_frequencies=path))


def test_a_damaged_judgement_is_told(given, tmp_path):
    path = tmp_path / "judge.json"
    path.write_text(json.dumps({"unit": "day"}))
    with pytest.raises(SestonError, match="reject missing"):
        read(given, replace(given["classifier"], judge_json=path))


def test_expected_counts_may_be_rounded_but_not_wrong(given, tmp_path):
    fine = pd.read_csv(given["abundance"], sep="\t", keep_default_na=False)
    path = given["classifier"].abundance_class
    merged = read_level(path, "class", Names(), fine)
    assert set(merged.keys) == set(CLASSES)
    totals = merged.table.groupby("period")["count"].sum()
    rounded = fine.groupby("period")["count"].sum()
    assert (totals - rounded).abs().max() < 0.01 and (totals != rounded).any()
    table = pd.read_csv(path, sep="\t", keep_default_na=False)
    table.loc[0, "count"] = float(table.loc[0, "count"]) + 1
    table.to_csv(tmp_path / "abundance_class.tsv", sep="\t", index=False)
    with pytest.raises(SestonError, match="by clusters; delete both"):
        read_level(tmp_path / "abundance_class.tsv", "class", Names(), fine)


def test_a_class_keeps_its_colour(given):
    colours = read(given).colours
    assert colours["Asterionella"] == "#0072b2"  # the first by name
    assert len(set(colours.values())) == len(CLASSES)
