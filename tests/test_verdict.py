"""The files that say which model is used."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from seston import store
from seston.errors import SestonError
from seston.evaluate.evidence import Row, write_counts, write_evidence
from seston.evaluate.tally import count
from seston.evaluate.verdict import choose


def write_model(folder, share: float, images: int = 600):
    folder.mkdir(parents=True)
    luck = np.random.default_rng(1).random(images)
    names = [f"d{i:02}" for i in range(20)]
    tally = count(luck < share, np.arange(images) % 20, np.zeros(images, int), names, ["a"])
    write_counts({("labels", "knn_5", "lake"): tally}, folder / "evidence_counts.tsv")
    rows = [Row("labels", "knn_5", "lake", share), Row("collapse", "effective_rank", value=9.0)]
    write_evidence(rows, folder / "evidence.tsv")
    tags = store.tags("model", f"print of {folder.name}", {})
    save_file({"w": torch.ones(1)}, folder / "model.safetensors", tags)


def run(tmp_path, models, asked="auto"):
    out = tmp_path / "chosen_model.txt", tmp_path / "verdict.json"
    choose(
        results_dir=tmp_path,
        models=models,
        asked=asked,
        criterion="auto",
        seed=1,
        chosen=out[0],
        verdict=out[1],
    )
    return out[0].read_text(), json.loads(out[1].read_text())


@pytest.mark.parametrize(
    ("after", "asked", "chosen", "worse", "by"),
    [
        (0.7, "auto", "finetuned", False, "evidence"),
        (0.5, "auto", "finetuned", False, "evidence"),
        (0.3, "auto", "pretrained", True, "evidence"),
        (0.3, "finetuned", "finetuned", True, "settings"),
        (0.7, "pretrained", "pretrained", False, "settings"),
    ],
)
def test_the_model_that_is_used(tmp_path, after, asked, chosen, worse, by):
    write_model(tmp_path / "pretrained", 0.5)
    write_model(tmp_path / "finetuned", after)
    text, verdict = run(tmp_path, ["pretrained", "finetuned"], asked)
    assert text == f"{chosen}\n" and verdict["chosen"] == chosen
    assert (verdict["worse"], verdict["decided_by"]) == (worse, by)
    assert verdict["criterion"] == "labels:knn_5:lake"
    assert verdict["fingerprints"] == {
        "pretrained": "print of pretrained",
        "finetuned": "print of finetuned",
    }
    asked_for = f"The settings ask for the {asked} model."
    assert (asked_for in verdict["reasons"]) == (by == "settings")
    assert all(reason.endswith(".") for reason in verdict["reasons"])


def test_one_model_only(tmp_path):
    write_model(tmp_path / "pretrained", 0.5)
    text, verdict = run(tmp_path, ["pretrained"])
    assert text == "pretrained\n"
    assert (verdict["decided_by"], verdict["worse"]) == ("only model", False)
    with pytest.raises(SestonError, match="'finetuned', but there is only pretrained"):
        run(tmp_path, ["pretrained"], "finetuned")


def test_evidence_of_other_organisms_or_none(tmp_path):
    write_model(tmp_path / "pretrained", 0.5)
    with pytest.raises(SestonError, match=r"finetuned.*not found"):
        run(tmp_path, ["pretrained", "finetuned"])
    write_model(tmp_path / "finetuned", 0.5, images=500)
    with pytest.raises(SestonError, match="not asked about the same organisms"):
        run(tmp_path, ["pretrained", "finetuned"])
