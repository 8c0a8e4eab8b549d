"""What is said of classes from labels: grades, answers, warnings, methods, works to cite."""

import numpy as np
import pandas as pd
import pytest
import yaml

from conftest import REPOSITORY
from seston.report.given.classifier import Classifier
from seston.report.given.findings import Findings
from seston.report.words import classifier_methods, classifier_warnings, classifier_words
from seston.report.words.references import ALWAYS, CLASSES, references

GOOD = {
    "class": "Dinobryon", "labelled": 200, "units": 9, "recall": 0.9, "recall_low": 0.85,
    "recall_high": 0.95, "precision": 0.9, "recall_corrected": 0.88, "precision_corrected": 0.93,
    "true_count": 200, "counted": 190, "expected_raw": 240.0, "expected_corrected": 204.0,
    "classwise_ece": 0.004,
}  # fmt: skip
SETTINGS = {"prior": "em", "quantify": "em", "bootstraps": 200}


def of(**changes) -> dict:
    return GOOD | changes


def classifier(rows: list[dict], drifted: int = 0, **more) -> Classifier:
    """Return a classifier of these classes, with ten samples."""
    score = {
        "images": 600, "units": 9, "micro": 0.91, "micro_low": 0.88, "micro_high": 0.93,
        "macro": 0.78, "macro_low": 0.7, "macro_high": 0.84, "nll": 0.3, "ece": 0.012,
        "log_count_error": 0.0953, "note": "",
    }  # fmt: skip
    raw = score | {"calibration": "none", "correction": "none", "ece": 0.064,
                   "log_count_error": np.log(2)}  # fmt: skip
    scores = [raw, score | {"calibration": "temperature", "correction": "em"}]
    samples = [
        {"sample": f"s{i}", "site": "", "group": "", "datetime": f"2020-01-{i + 1:02d}",
         "class": row["class"], "method": "em", "images": 50, "share": 0.1, "low": 0.0,
         "high": 0.2, "drift": i >= 10 - drifted, "note": ""}
        for i in range(10) for row in rows
    ]  # fmt: skip
    none = pd.DataFrame()
    confusion = more.pop("confusion", [])
    pairs = pd.DataFrame(confusion, columns=["correction", "true", "predicted", "count"])
    told = {
        "unit": "day", "head": "linear", "sampling": "balanced", "calibration": "temperature",
        "max_error": 0.1,
        "reject": {"threshold": 0.62, "coverage": 0.86, "error": 0.081, "error_high": 0.099},
    }  # fmt: skip
    settings = SETTINGS | more.pop("settings", {})
    return Classifier(
        pd.DataFrame(scores), pd.DataFrame(rows), pairs, none, none, pd.DataFrame(samples),
        told | more.pop("told", {}), settings=settings, **more,
    )  # fmt: skip


def answers(known: Classifier) -> dict[str, str]:
    return {one.head: "; ".join(one.told) for one in classifier_words.answers(known)}


@pytest.mark.parametrize(
    ("row", "grade"),
    [
        (of(), "well"),
        (of(recall_low=0.7, recall_corrected=0.7, precision_corrected=0.7), "well"),
        (of(recall_low=0.69), "between"),
        (of(recall_corrected=0.69), "between"),
        (of(precision_corrected=0.69), "between"),
        (of(recall_low=0.2, recall_high=0.49), "badly"),
        (of(recall_low=0.2, recall_high=0.5), "between"),
        (of(recall_corrected=0.49), "badly"),
        (of(precision_corrected=0.49), "badly"),
        (of(precision_corrected=np.nan), "badly"),  # nothing is called so
        (of(units=1), "untested"),
    ],
)
def test_a_class_has_one_grade(row, grade):
    assert classifier_words.grade(row) == grade


def test_answers_come_with_their_figures():
    known = classifier(
        [of(), of(**{"class": "NA", "labelled": 12}, recall_corrected=0.3),
         of(**{"class": "Daphnia"}, units=1), of(**{"class": "Bosmina"}, recall_low=0.6)]
    )  # fmt: skip
    told = answers(known)
    assert list(told) == ["Judged", "Found well", "In between", "Not to be trusted",
                          "Cannot be judged", "Counts", "Confidence", "Unclassified"]  # fmt: skip
    assert "600 labelled images of 9 days" in told["Judged"]
    assert "91.0\u202f% (88.0\u202f% to 93.0\u202f%) are named rightly" in told["Judged"]
    assert told["Found well"] == "Dinobryon (88.0\u202f% found, 93.0\u202f% right)"
    assert told["Not to be trusted"] == "NA (30.0\u202f% found, 93.0\u202f% right, 12 labels)"
    assert "by a factor of 1.1 in the average class; by 2 as they were learned" in told["Counts"]
    assert "off by 1.2 percentage points" in told["Confidence"]
    assert "at least 0.62: of the labelled ones 14.0\u202f%" in told["Unclassified"]
    assert "8.1\u202f% are expected to be wrong (at most 9.9\u202f%)" in told["Unclassified"]


def test_the_pairs_that_most_images_are_mistaken_in_come_first():
    pairs = [
        ("em", "a", "a", 90), ("em", "a", "b", 3), ("em", "b", "a", 7), ("em", "b", "c", 1),
        ("none", "c", "a", 50),
    ]  # fmt: skip
    told = answers(classifier([of()], confusion=pairs))
    assert told["Most often mistaken"] == "b for a (7 images); a for b (3 images)"
    assert "Most often mistaken" not in answers(classifier([of()], confusion=pairs[:1]))


@pytest.mark.parametrize(
    ("annotators", "said"),
    [({"": 600}, ""), ({"Anna": 400, "": 1}, ", by Anna (400 labels) and not told (1 label)")],
)
def test_whose_labels_they_are_is_told_where_it_is_known(annotators, said):
    labels = {"source": "file", "organisms": 600, "annotators": annotators, "disagree": 0}
    told = answers(classifier([of()], labels=labels))["Labels"]
    assert told == f"of 600 images, from tables of labels{said}"


@pytest.mark.parametrize(
    ("reject", "said"),
    [
        ((0.0, 1.0, 0.02, 0.03), "no image: of all of them 2.0\u202f% are expected to be wrong"),
        ((None, 0.0, None, None), "all images: none can be named so surely that at most 10.0"),
    ],
)
def test_nothing_or_all_may_be_left_out(reject, said):
    told = dict(zip(("threshold", "coverage", "error", "error_high"), reject, strict=True))
    assert answers(classifier([of()], told={"reject": told}))["Unclassified"].startswith(said)


def test_the_headline_counts_classes_and_samples():
    known = classifier([of(), of(units=1), of(recall_corrected=0.1)], drifted=2)
    told = classifier_words.headline(known)
    assert told == (
        "600 labelled images taught a classifier 3 classes: on days that it had not seen, it names"
        " 91.0\u202f% of the images rightly and finds 78.0\u202f% of the average class. 1 class is"
        " found well, 2 are not to be trusted. In 2 of 10 samples the images are unlike the"
        " labelled ones."
    )
    assert classifier_words.headline(classifier([of()])).endswith("1 class is found well.")


def heads(known: Classifier) -> dict[str, str]:
    return {one.head: one.classes for one in classifier_warnings.warnings(known)}


def test_a_sound_classifier_has_no_warning():
    assert heads(classifier([of()])) == {}


def test_everything_odd_is_warned_of_drift_first():
    left = pd.DataFrame({"image_id": list("abc"), "label": "x", "why": ["lost", "few", "lost"]})
    labels = {"several": 80, "disagree": 12, "alpha": 0.7149}
    known = classifier(
        [of(), of(**{"class": "NA"}, units=1), of(**{"class": "Daphnia"}, labelled=19)],
        drifted=3, left_out=left, labels=labels,
    )  # fmt: skip
    assert heads(known) == {
        "3 of 10 samples unlike the labelled images": "s7, s8 and s9",
        "Labels of one day only": "NA",
        "Fewer than 20 labels": "Daphnia",
        "People disagree": "",
        "3 labels not used": "",
    }
    told = {one.head: one.means for one in classifier_warnings.warnings(known)}
    assert (
        "12 of 80 images with several labels; Krippendorff's alpha is 0.71."
        in told["People disagree"]
    )
    assert told["3 labels not used"].startswith("Lost (2) and few (1).")


def test_the_paragraph_follows_the_settings():
    [told] = classifier_methods.paragraphs(classifier([of()]), {})
    for one in (
        "A multinomial logistic regression learned 1 class from 600 labelled images of 9 days",
        "all classes weighing the same", "temperature scaling (Guo et al. 2017) through the",
        "class frequencies of each sample", "at most 10.0\u202f% wrong",
        "200 draws of images and of labelled days",
    ):  # fmt: skip
        assert one in told
    assert "on the embeddings, all classes" in told
    measured = {"columns": ["log_esd_um", "mean_grey"]}
    [told] = classifier_methods.paragraphs(classifier([of()], told=measured), {})
    assert "on the embeddings and 2 measurements (log_esd_um, mean_grey; together" in told
    other = {"head": "mlp", "calibration": "none"}
    known = classifier([of()], settings={"prior": "uniform", "quantify": "pacc"}, told=other)
    known.scores["correction"] = "none"
    [told] = classifier_methods.paragraphs(known, {"labels": {"annotators": "dawid_skene"}})
    assert told.startswith("A network with one hidden layer")
    assert "calibrated" not in told and "Probabilities were" not in told
    assert "Dawid and Skene (1979)" in told and "Bella et al. 2010" in told
    assert classifier_methods.paragraphs(None, {}) == []


@pytest.mark.parametrize("key", ["head", "sampling", "calibration", "prior", "quantify"])
def test_every_choice_of_the_schema_has_its_words(key):
    schema = yaml.safe_load((REPOSITORY / "workflow/schemas/config.schema.yaml").read_text())
    words = {
        "head": classifier_methods.HEADS, "sampling": classifier_methods.SAMPLING,
        "calibration": classifier_methods.CALIBRATION, "prior": classifier_methods.PRIOR,
        "quantify": classifier_methods.METHODS,
    }[key]  # fmt: skip
    choices = set(schema["properties"]["classify"]["properties"][key]["enum"])
    assert choices - {"none", "uniform"} == set(words)


def test_works_are_cited_where_they_were_used():
    plain = Findings(classifier=classifier([of()]))
    assert set(references(plain)) - set(ALWAYS) == set(CLASSES[""])
    all_of_them = classifier(
        [of()], settings={"quantify": "pacc"}, labels={"way": "dawid_skene"},
        told={"calibration": "bcts", "sampling": "logit_adjusted"},
    )  # fmt: skip
    told = references(Findings(classifier=all_of_them))
    assert set(told) - set(ALWAYS) == {one for works in CLASSES.values() for one in works}
    assert told == sorted(told)
