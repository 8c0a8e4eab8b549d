"""The stages of label efficiency: a variant on a fraction, and the table of all of them."""

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import softmax

from labelled_discs import DAYS, SIZE, make_labelled, write_discs, write_embeddings
from seston import store
from seston.classify.efficiency import efficiency
from seston.classify.efficiency_scores import (
    CORRECTIONS,
    by_unit,
    figures,
    majority,
    posteriors,
    recalls_of_draws,
)
from seston.classify.efficiency_table import efficiency_table
from seston.classify.embedded import positions_of
from seston.classify.headed import fit_again, fit_head
from seston.classify.linear import fit_linear
from seston.classify.sampling import reweighted
from seston.classify.task import task_of
from seston.classify.trial import Trial, read_trial, write_trial
from seston.classify.variants import PENALTIES, VARIANTS
from seston.cluster.shards import EmbeddingShards
from seston.errors import SestonError
from seston.labels.manifest import read_labelled, write_labelled
from seston.models.weights import backbone as write_backbone

SHARDS = ["one", "two"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, labelled = tmp_path_factory.mktemp("run"), make_labelled()
    write_labelled(labelled, folder / "labelled.parquet")
    write_discs(folder / "tiles", labelled)
    write_embeddings(folder / "embeddings", labelled)
    write_backbone(
        name="vit_test_patch8", weights="random", size=SIZE, seed=1,
        model=folder / "model.safetensors",
    )  # fmt: skip
    return folder


def learn(run: Path, variant: str, fraction: str, seed: int, **more: object) -> Path:
    """Run the stage; return the file of the answers."""
    logits = run / "efficiency" / variant / fraction / f"{seed}.parquet"
    given: dict = {
        "labelled": run / "labelled.parquet",
        "tiles_dir": run / "tiles",
        "embeddings_dir": run / "embeddings",
        "shards": SHARDS,
        "model": run / "model.safetensors",
        "variant": variant,
        "fraction": float(fraction),
        "seed": seed,
        "most_steps": 20,
        "logits": logits,
        "record": logits.with_suffix(".json"),
    }
    efficiency(**given | more)
    return logits


def compare(run: Path, variants: list[str], fractions: list[str], seeds: int) -> None:
    efficiency_table(
        labelled=run / "labelled.parquet",
        efficiency_dir=run / "efficiency",
        variants=variants,
        fractions=fractions,
        seeds=seeds,
        seed=1,
        table=run / "table.tsv",
        ratio=run / "ratio.tsv",
    )


def test_a_linear_head_on_embeddings_never_starts_torch(run: Path) -> None:
    import subprocess
    import sys

    code = (
        "import sys; from seston.cli import main; status = main(sys.argv[1:]);"
        "assert 'torch' not in sys.modules; raise SystemExit(status)"
    )
    words = [
        "efficiency", "--labelled", run / "labelled.parquet", "--tiles-dir", run / "tiles",
        "--embeddings-dir", run / "embeddings", "--shards", *SHARDS,
        "--model", run / "model.safetensors", "--variant", "linear", "--fraction", "1",
        "--seed", "0", "--most-steps", "20", "--logits", run / "l.parquet",
        "--record", run / "l.json",
    ]  # fmt: skip
    ended = subprocess.run([sys.executable, "-c", code, *map(str, words)], capture_output=True)
    assert ended.returncode == 0, ended.stderr.decode()
    record = json.loads((run / "l.json").read_text())
    assert (record["labels"], record["validation"], record["test"]) == (120, 60, 60)
    assert [one["setting"] for one in record["tried"]] == ["penalty 300", "penalty 30", "penalty 3"]
    assert sum(one["taken"] for one in record["tried"]) == 1
    assert record["prior"] == pytest.approx([1 / 3] * 3) and record["counts"] == [72, 36, 12]


def test_same_answers_again(run: Path) -> None:
    first = learn(run, "linear", "0.5", 0).read_bytes()
    assert learn(run, "linear", "0.5", 0).read_bytes() == first


def test_a_refitted_head_is_that_of_all_labels(run: Path) -> None:
    labels = read_labelled(run / "labelled.parquet")
    embeddings = EmbeddingShards(run / "embeddings", SHARDS)
    x = embeddings.take(positions_of(labels.ids, embeddings, run / "labelled.parquet"))
    way = VARIANTS["linear_refitted"]
    task = task_of(labels, way, 0.3, 0)
    head, tried = fit_head(x, task, way, "balanced", 0)
    last = fit_again(x, task, way, "balanced", 0, tried)
    rows = np.concatenate([task.validation, task.training])
    penalty = PENALTIES[[one.taken for one in tried].index(True)]
    expected = fit_linear(x[rows], *reweighted(labels.votes[rows], "balanced"), penalty)
    np.testing.assert_allclose(
        softmax(last(x[task.test]), axis=1), softmax(expected(x[task.test]), axis=1), atol=2e-3
    )
    assert not np.allclose(last(x[task.test]), head(x[task.test]), atol=0.01)


def test_training_from_scratch_writes_what_it_tried(run: Path) -> None:
    path = learn(run, "supervised_same", "0.3", 1)
    record = json.loads(path.with_suffix(".json").read_text())
    assert record["from_scratch"] and record["labels"] == 22 + 11 + 4
    assert all(0 <= one["steps"] <= 20 and math.isfinite(one["nll"]) for one in record["tried"])
    table = store.read_table(path, "efficiency")
    assert sorted(set(table["part"].to_pylist())) == ["test", "validation"]
    assert len(table) == 60 + 11 + 6 + 2  # validation: 30 % of 36, 18 and 6, rounded up


def test_answers_come_back_in_the_order_of_the_task(tmp_path: Path) -> None:
    labelled = make_labelled()
    task = task_of(labelled, VARIANTS["linear"], 1.0, 1)
    rng = np.random.default_rng(0)
    trial = Trial(rng.normal(0, 1, (60, 3)), rng.normal(0, 1, (60, 3)), np.full(3, 1 / 3), ())
    write_trial(trial, labelled.ids, task, "x", tmp_path / "a.parquet")
    back = read_trial(tmp_path / "a.parquet", labelled.ids, task, trial.prior)
    np.testing.assert_allclose(back.validation, trial.validation, atol=1e-6)
    np.testing.assert_allclose(back.test, trial.test, atol=1e-6)
    other = task_of(labelled, VARIANTS["linear"], 0.5, 1)
    with pytest.raises(SestonError, match="not about the 90 organisms"):
        read_trial(tmp_path / "a.parquet", labelled.ids, other, trial.prior)


def test_corrections_bring_a_balanced_head_back_to_the_frequencies() -> None:
    # One number is seen of each organism; the answers are exact, but three times as sure.
    rng = np.random.default_rng(1)
    labelled = make_labelled()
    task = task_of(labelled, VARIANTS["linear"], 1.0, 0)

    def answers(rows: np.ndarray) -> np.ndarray:
        seen = 1.2 * labelled.codes[rows] + rng.normal(0, 1, len(rows))
        return 3 * -0.5 * (seen[:, None] - 1.2 * np.arange(3)) ** 2

    votes = task.truth[task.test]
    bias = dict.fromkeys(CORRECTIONS, np.zeros(3))
    for _ in range(20):
        trial = Trial(answers(task.validation), answers(task.test), np.full(3, 1 / 3), ())
        found = posteriors(trial, task)
        bias = {name: bias[name] + found[name].mean(axis=0) / 20 for name in CORRECTIONS}
        assert figures(found["multiclass"], votes).nll < figures(found["none"], votes).nll
    error = {name: np.abs(bias[name] - votes.mean(axis=0)).max() for name in CORRECTIONS}
    assert error["none"] > 0.08
    assert error["multiclass"] < 0.03 and error["em"] < 0.05  # 60 images tell EM little
    for name in ("none", "multiclass", "em"):
        np.testing.assert_allclose(found[name].sum(axis=1), 1)
    assert np.abs(found["one_versus_rest"].sum(axis=1) - 1).max() > 0.01


def test_those_without_a_majority_are_asked_nothing() -> None:
    votes = np.array([[1, 0, 0], [0.5, 0.5, 0], [0.2, 0.4, 0.4], [1 / 3, 2 / 3, 0]])
    assert majority(votes).tolist() == [0, -1, -1, 1]
    posterior = np.eye(3)[[0, 0, 2, 0]]
    found = by_unit(posterior, votes, np.array([0, 1, 1, 1]), 2)
    assert found.asked.tolist() == [[1, 0, 0], [0, 1, 0]]
    assert found.right.tolist() == [[1, 0, 0], [0, 0, 0]]
    micro, macro = recalls_of_draws(found, np.array([[1.0, 1.0], [2.0, 0.0], [0.0, 0.0]]))
    np.testing.assert_allclose(micro, [0.5, 1.0, np.nan])
    np.testing.assert_allclose(macro, [0.5, 1.0, np.nan])


def test_table_holds_every_run_and_the_ratio_is_read_from_it(run: Path) -> None:
    variants, fractions = ["linear", "supervised_same"], ["1", "0.3"]
    for variant in variants:
        for fraction in fractions:
            for seed in (0, 1):
                learn(run, variant, fraction, seed)
    compare(run, variants, fractions, 2)
    table = pd.read_csv(run / "table.tsv", sep="\t")
    assert len(table) == 2 * 2 * 2 * len(CORRECTIONS)
    assert table["fraction"].unique().tolist() == [0.3, 1.0]
    assert table.loc[table["fraction"] == 0.3, "labels"].unique().tolist() == [37]
    linear = table[(table["variant"] == "linear") & (table["fraction"] == 1)]
    # The embeddings lie 3 apart, at deviation 1: sklearn's nearest mean finds nine in ten.
    assert (linear["macro"] > 0.85).all() and (linear["steps"] == 0).all()
    ratio = pd.read_csv(run / "ratio.tsv", sep="\t")
    assert set(ratio["against"]) == {"supervised_same"} and set(ratio["variant"]) == {"linear"}
    assert len(ratio) == 4 * 2
    # Twenty steps from random weights never find what the embeddings know.
    first = ratio[(ratio["measure"] == "macro") & (ratio["fraction"] == 0.3)].iloc[0]
    kept = int(table.loc[table["fraction"] == 0.3, "validation"].iloc[0])
    assert first["note"].startswith("at least") and 12 <= kept <= 24
    assert first["ratio"] == pytest.approx((120 + 60) / (37 + kept), rel=1e-5)
    before = (run / "table.tsv").read_bytes(), (run / "ratio.tsv").read_bytes()
    compare(run, variants, fractions[::-1], 2)
    assert ((run / "table.tsv").read_bytes(), (run / "ratio.tsv").read_bytes()) == before


def test_answers_about_other_labels_are_refused(run: Path) -> None:
    path = learn(run, "linear", "0.25", 0)
    target = run / "efficiency" / "linear" / "0.75"
    target.mkdir(parents=True)
    for suffix in (".parquet", ".json"):
        (target / f"0{suffix}").write_bytes(path.with_suffix(suffix).read_bytes())
    with pytest.raises(SestonError, match="not about the"):
        compare(run, ["linear"], ["0.75"], 1)


def test_embeddings_of_other_organisms_are_refused(run: Path, tmp_path: Path) -> None:
    other = make_labelled()
    (tmp_path / "embeddings").mkdir()
    write_embeddings(tmp_path / "embeddings", other)
    with pytest.raises(SestonError, match="140 of 240 labelled organisms have no embedding"):
        learn(
            run, "linear", "1", 0, embeddings_dir=tmp_path / "embeddings", shards=["one"],
            logits=tmp_path / "a.parquet", record=tmp_path / "a.json",
        )  # fmt: skip


def test_days_of_a_draw_are_shared_by_all_variants() -> None:
    from seston.classify.efficiency_table import DRAWS, _draws

    days, splits = _draws(DAYS, 3, 1)
    assert days.shape == (DRAWS + 1, DAYS) and splits.shape == (DRAWS + 1, 3)
    assert (days[0] == 1).all() and (days.sum(axis=1) == DAYS).all()
    np.testing.assert_allclose(splits[0], 1 / 3)
    np.testing.assert_allclose(splits.sum(axis=1), 1)
