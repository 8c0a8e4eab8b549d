import math
import os
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

from seston import finetune as stage
from seston.collection import Tiles, choose_images
from seston.errors import SestonError
from seston.finetune import finetune
from seston.models.model_file import read_model
from seston.models.weights import backbone
from seston.training import Settings, Trainer, cosine, schedule, spread
from synthetic_tiles import write_tiles

OPTIONS = {
    "epochs": 2,
    "max_images": 0,
    "batch_size": 8,
    "learning_rate": 1e-3,
    "weight_decay": 0.04,
    "local_crops": 2,
    "seed": 3,
    "prototypes": 64,
}
SHARDS = ["2018-05", "2018-06"]
SETTINGS = Settings(
    method="dino",
    epochs=1,
    max_images=0,
    batch_size=4,
    learning_rate=1e-3,
    weight_decay=0.04,
    local_crops=0,
    global_size=32,
    local_size=16,
    global_area=(0.4, 1.0),
    local_area=(0.1, 0.4),
    prototypes=64,
    momentum=0.99,
    warmup=0.1,
    frozen=0.1,
    clip=3.0,
    seed=0,
)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    write_tiles(tmp_path / "tiles" / "2018-05.arrow", {"a": 20, "b": 3}, seed=1)
    write_tiles(tmp_path / "tiles" / "2018-06.arrow", {"c": 9}, seed=2)
    start = tmp_path / "start.safetensors"
    backbone(name="vit_test_patch8", weights="random", size=32, seed=1, model=start)
    return tmp_path


def train(run: Path, name: str = "out", **more: object) -> Path:
    options = OPTIONS | {"method": "dino", "shards": SHARDS, "backbone": run / "start.safetensors"}
    finetune(
        tiles_dir=run / "tiles",
        model=run / f"{name}.safetensors",
        history=run / f"{name}.tsv",
        resume=run / f"{name}.resume",
        **(options | more),  # type: ignore[arg-type]
    )
    return run / f"{name}.safetensors"


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


def test_order_of_the_shards_does_not_matter(run: Path) -> None:
    first = train(run, "first", epochs=1)
    assert train(run, "second", epochs=1, shards=SHARDS[::-1]).read_bytes() == first.read_bytes()


class Killed(Exception):
    pass


def test_resume_after_a_kill_gives_the_same_bytes(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = train(run, "whole", epochs=3)
    advance = Trainer.advance

    def until_five(self: Trainer, positions: np.ndarray) -> None:
        if self.step == 5:
            raise Killed
        advance(self, positions)

    monkeypatch.setattr(Trainer, "advance", until_five)
    with pytest.raises(Killed):
        train(run, "cut", epochs=3, save_every=2)
    assert not (run / "cut.safetensors").exists()
    taken = []

    def counted(self: Trainer, positions: np.ndarray) -> None:
        taken.append(self.step)
        advance(self, positions)

    monkeypatch.setattr(Trainer, "advance", counted)
    assert train(run, "cut", epochs=3, save_every=2).read_bytes() == expected.read_bytes()
    assert taken[0] == 4  # the last save before the kill
    assert (run / "cut.tsv").read_bytes() == (run / "whole.tsv").read_bytes()


def test_other_settings_do_not_take_up_a_resume_file(
    run: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    expected = train(run, "plain", learning_rate=5e-4)
    advance = Trainer.advance

    def until_two(self: Trainer, positions: np.ndarray) -> None:
        if self.step == 2:
            raise Killed
        advance(self, positions)

    monkeypatch.setattr(Trainer, "advance", until_two)
    with pytest.raises(Killed):
        train(run, "out", save_every=1)
    monkeypatch.setattr(Trainer, "advance", advance)
    found = train(run, "out", learning_rate=5e-4)
    assert "of other settings or images" in caplog.text
    assert found.read_bytes() == expected.read_bytes()


def test_damaged_resume_file_is_told_and_ignored(
    run: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (run / "out.resume").write_bytes(b"half a file")
    train(run, epochs=1)
    assert "not readable" in caplog.text


def test_sigterm_saves_and_a_second_run_ends_it(run: Path, repository: Path) -> None:
    options = OPTIONS | {"epochs": 6, "method": "dino", "save_every": 10_000}
    command = [sys.executable, "-m", "seston", "finetune", "--shards", *SHARDS]
    paths = {
        "tiles-dir": run / "tiles",
        "backbone": run / "start.safetensors",
        "model": run / "out.safetensors",
        "history": run / "out.tsv",
        "resume": run / "out.resume",
    }
    for name, value in (options | paths).items():
        command += [f"--{name.replace('_', '-')}", str(value)]
    environment = os.environ | {"PYTHONPATH": str(repository / "workflow")}
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
    assert process.stderr is not None
    for line in process.stderr:
        if "steps" in line:
            break
    process.send_signal(signal.SIGTERM)
    rest = process.stderr.read()
    assert process.wait(30) == 143, rest
    assert "holds the training up to here" in rest
    assert (run / "out.resume").is_file() and not (run / "out.safetensors").exists()
    train(run, epochs=6, save_every=10_000)
    expected = train(run, "whole", epochs=6, save_every=10_000)
    assert (run / "out.safetensors").read_bytes() == expected.read_bytes()


def test_max_images_is_shared_evenly_by_the_samples() -> None:
    samples = np.array(["bloom"] * 1000 + ["b"] * 30 + ["c"] * 4)
    chosen = choose_images(samples, 60, np.random.default_rng(0))
    assert len(set(chosen.tolist())) == 60
    assert Counter(samples[chosen].tolist()) == {"bloom": 28, "b": 28, "c": 4}
    other = choose_images(samples, 60, np.random.default_rng(1))
    assert set(other.tolist()) != set(chosen.tolist())
    everything = choose_images(samples, 5000, np.random.default_rng(0))
    assert sorted(everything.tolist()) == list(range(1034))


def test_epochs_draw_anew(run: Path) -> None:
    start = read_model(run / "start.safetensors")[0]
    settings = replace(SETTINGS, method="simclr", epochs=2, max_images=12, batch_size=5)
    trainer = Trainer(start, settings, Tiles(run / "tiles", SHARDS), torch.device("cpu"))
    batches = list(trainer.batches())
    assert [len(batch) for batch in batches] == [4, 4, 4] * 2
    first, second = np.concatenate(batches[:3]), np.concatenate(batches[3:])
    assert len(set(first.tolist())) == 12 and set(first.tolist()) != set(second.tolist())


def test_prototypes_wait(run: Path) -> None:
    start = read_model(run / "start.safetensors")[0]
    settings = replace(SETTINGS, frozen=0.5)
    trainer = Trainer(start, settings, Tiles(run / "tiles", SHARDS), torch.device("cpu"))
    held = trainer.method.held()[0]
    before, steps = held.detach().clone(), trainer.batches()
    for _ in range(4):  # half of the 8 steps
        trainer.advance(next(steps))
    assert torch.equal(held, before)
    trainer.advance(next(steps))
    assert not torch.equal(held, before)


def test_schedule_at_its_ends() -> None:
    settings = replace(SETTINGS, learning_rate=2e-3, momentum=0.9, warmup=0.25)
    assert schedule(settings, 0.125)[0] == pytest.approx(1e-3)
    assert schedule(settings, 0.25)[0] == pytest.approx(2e-3)
    assert schedule(settings, 0.0)[1:] == pytest.approx((0.04, 0.9))
    assert schedule(settings, 1.0) == pytest.approx((2e-5, 0.4, 1.0))
    assert cosine(1.0, 0.0, 0.5) == pytest.approx(0.5)
    assert cosine(1.0, 0.0, 1 / 3) == pytest.approx(0.75)


def test_spread_of_collapsed_and_of_free_features() -> None:
    torch.manual_seed(0)
    assert spread(torch.ones(50, 8) + 1e-6 * torch.randn(50, 8)) < 1e-4
    assert spread(torch.randn(5000, 8)) == pytest.approx(1.0, abs=0.02)


def test_collapse_is_told(
    run: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(stage, "COLLAPSED", 2.0)
    train(run, epochs=1)
    assert "have collapsed" in caplog.text


def test_loss_that_is_not_finite_ends_the_training(run: Path) -> None:
    with pytest.raises(SestonError, match=r"lower finetune\.learning_rate"):
        train(run, epochs=20, learning_rate=1e30)


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
