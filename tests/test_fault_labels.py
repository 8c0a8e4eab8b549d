"""Few labels (fault 60): what is learned of hardly anything says how little it knows."""

import csv
import json
import math

import numpy as np
import pytest

from seston.classify.judge import judge
from seston.classify.learn import classifier
from seston.errors import SestonError
from shards_by_hand import write_shard
from test_labels_stage import SHARDS, images, made, run, write

__all__ = ["run"]  # the fixture


def learned(run, rows):
    """Learn from these labels, and judge; return scores, scores of classes, and the report."""
    rng = np.random.default_rng(0)
    (run / "embeddings").mkdir()
    for shard, samples in SHARDS.items():
        ids = [name for sample in samples for name in sorted(images(sample))]
        # Noise: nothing of it tells a class.
        write_shard(run / "embeddings", shard, ids, rng.normal(size=(len(ids), 6)))
    found, *_ = made(run, labels=(write(run, rows),))
    paths = {name: run / name for name in ("scores", "classes", "confusion", "reliability", "risk")}
    classifier(
        labelled=run / "labelled.parquet", embeddings_dir=run / "embeddings", shards=list(SHARDS),
        head="linear", sampling="balanced", calibration="temperature", seed=1,
        saved=run / "c.safetensors", held_out=run / "held_out.parquet", search=run / "search.tsv",
    )  # fmt: skip
    judge(
        classifier=run / "c.safetensors", prior="labels", max_error=0.05, confidence=0.95, seed=1,
        report=run / "judged.json", **paths,
    )  # fmt: skip
    tables = []
    for name in ("scores", "classes"):
        with paths[name].open(newline="") as file:
            tables.append(list(csv.DictReader(file, delimiter="\t")))
    return found, *tables, json.loads((run / "judged.json").read_text())


def test_two_images_a_class_of_noise_leave_everything_open_and_nothing_told(run):
    rows = [(images(sample)[0], kind, "", "") for sample, kind in zip("acde", "xyxy", strict=True)]
    found, scores, classes, report = learned(run, rows)
    assert len(found) == 4 and found.classes == ("x", "y")
    assert {(row["images"], row["units"]) for row in scores} == {("4", "4")}
    # Of four days no interval can be told, and none is: never one of zero width.
    for row in scores:
        assert row["micro"] and not any(
            row[f"{measure}_{end}"] for measure in ("micro", "macro") for end in ("low", "high")
        )
        assert math.isfinite(float(row["nll"])) and math.isfinite(float(row["classwise_ece"]))
    assert [(row["class"], row["labelled"], row["recall_low"]) for row in classes] == [
        ("x", "2", ""), ("y", "2", ""),
    ]  # fmt: skip
    assert report["reject"] == {
        "threshold": None, "coverage": 0.0, "error": None, "error_high": None,
    }  # fmt: skip
    assert (report["units"], report["folds"]) == (4, 4)


def test_one_class_or_one_image_a_class_is_nothing_to_learn_from(run):
    for kinds in ("xxxx", "xyzw"):
        labels = [
            (images(sample)[0], kind, "", "") for sample, kind in zip("acde", kinds, strict=True)
        ]
        with pytest.raises(SestonError, match=r"labels\.few \(2\)"):
            made(run, labels=(write(run, labels),))
        assert not (run / "labelled.parquet").exists()
