import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

from seston import finetune as stage
from seston.errors import SestonError
from seston.models.model_file import read_model
from small_training import SHARDS, make_run, train
from synthetic_tiles import write_tiles


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return make_run(tmp_path)


@pytest.mark.parametrize("method", ["dino", "simclr"])
def test_training_writes_a_model_and_its_curve(run: Path, method: str) -> None:
    model = train(run, method=method)
    trained, card, _ = read_model(model)
    assert card.source == f"{method} from random"
    assert card.tiles == "tiles-1"
    assert trained(torch.rand(1, 3, 32, 32)).isfinite().all()
    curve = pd.read_csv(run / "out.tsv", sep="\t")
    # 32 images in 4 steps of 8, twice
    assert curve["step"].tolist() == list(range(1, 9))
    assert curve["epoch"].tolist() == [1] * 4 + [2] * 4
    assert curve["images"].tolist() == [8] * 8
    assert np.isfinite(curve["loss"]).all() and (curve["feature_std"] > 0).all()
    # half a cosine from 0.9, which fits 8 steps, to 1
    assert curve["momentum"][3] == pytest.approx(0.95) and curve["momentum"][7] == 1.0
    assert not (run / "out.resume").exists()
    before, after = load_file(run / "start.safetensors"), load_file(model)
    assert not torch.equal(before["blocks.0.attn.qkv.weight"], after["blocks.0.attn.qkv.weight"])


@pytest.mark.parametrize("method", ["dino", "simclr"])
def test_same_seed_same_bytes(run: Path, method: str) -> None:
    first, second = train(run, "first", method=method), train(run, "second", method=method)
    assert first.read_bytes() == second.read_bytes()
    assert (run / "first.tsv").read_bytes() == (run / "second.tsv").read_bytes()
    assert train(run, "third", method=method, seed=4).read_bytes() != first.read_bytes()


def test_simclr_learns_the_discs(run: Path) -> None:
    train(run, method="simclr", epochs=25, learning_rate=3e-3, batch_size=16)
    curve = pd.read_csv(run / "out.tsv", sep="\t")["loss"]
    # 31 others to choose from by chance; half of them once the two radii are told apart
    assert curve.tail(10).mean() < (math.log(31) + math.log(15)) / 2


@pytest.mark.parametrize("method", ["dino", "simclr"])
def test_convolutional_network_learns_with_its_batch_norms(tmp_path: Path, method: str) -> None:
    run = make_run(tmp_path, "resnet18")
    model = train(run, method=method, epochs=1, batch_size=16, accumulate=2)
    before, after = load_file(run / "start.safetensors"), load_file(model)
    # The norms of what is kept (DINO's teacher) have seen this data, so they were training.
    for key in ("bn1.running_mean", "layer4.1.bn2.running_var"):
        assert not torch.equal(before[key], after[key])
    assert read_model(model)[0](torch.rand(2, 3, 32, 32)).isfinite().all()


def test_order_of_the_shards_does_not_matter(run: Path) -> None:
    first = train(run, "first", epochs=1)
    assert train(run, "second", epochs=1, shards=SHARDS[::-1]).read_bytes() == first.read_bytes()


def test_collapse_is_told(
    run: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(stage, "COLLAPSED", 2.0)
    train(run, epochs=1)
    assert "have collapsed" in caplog.text


def test_speed_and_waiting_are_told(run: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "seston")
    train(run, epochs=1)
    assert "32 images in" in caplog.text and "/s)" in caplog.text
    assert "% of the time waiting for tiles" in caplog.text


def test_loss_that_is_not_finite_ends_the_training(run: Path) -> None:
    with pytest.raises(SestonError, match=r"lower finetune\.learning_rate"):
        train(run, epochs=20, learning_rate=1e30)
    assert not (run / "out.safetensors").exists()


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("accumulate", 9, "from 1 to batch_size"),
        ("layer_decay", 0.0, "above 0, at most 1"),
        ("layer_decay", 1.5, "above 0, at most 1"),
        ("warmup", 1.0, "from 0 to below 1"),
        ("epochs", 0, "at least 1"),
        ("clip", 0.0, "above 0"),
        ("prototypes", 1, "at least 2"),
        ("momentum", 1.0, "from 0 to below 1"),
        ("momentum", -0.1, "from 0 to below 1"),
        ("frozen", -1.0, "at least 0"),
        ("head", "Anchored", "anchored or random"),
    ],
)
def test_settings_out_of_range_are_refused(
    run: Path, name: str, value: float | str, expected: str
) -> None:
    with pytest.raises(SestonError, match=rf"finetune\.{name}: found {value}, expected {expected}"):
        train(run, **{name: value})


def test_tiles_of_another_size_or_making_are_refused(run: Path) -> None:
    trained = train(run, epochs=1)
    write_tiles(run / "tiles" / "2018-07.arrow", {"d": 4}, made_by="tiles-2")
    with pytest.raises(SestonError, match="different models or settings"):
        train(run, "next", shards=[*SHARDS, "2018-07"])
    with pytest.raises(SestonError, match="not made like the tiles"):
        train(run, "next", shards=["2018-07"], backbone=trained)
    write_tiles(run / "tiles" / "2018-08.arrow", {"d": 4}, size=64)
    with pytest.raises(SestonError, match=r"tiles of 64 px, but .* takes 32 px"):
        train(run, "next", shards=["2018-08"])


def test_nothing_to_learn_from(run: Path) -> None:
    write_tiles(run / "tiles" / "empty.arrow", {})
    with pytest.raises(SestonError, match="no tiles to learn from"):
        train(run, shards=["empty"])


def test_empty_shard_among_others_and_fewer_images_than_a_batch(run: Path) -> None:
    write_tiles(run / "tiles" / "empty.arrow", {})
    write_tiles(run / "tiles" / "few.arrow", {"e": 3})
    train(run, shards=["empty", "few"], epochs=1)
    assert pd.read_csv(run / "out.tsv", sep="\t")["images"].tolist() == [3]
