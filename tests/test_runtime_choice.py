"""Which way of computing is chosen: by rule on paper, then whole with the test network."""

import json
import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from seston.errors import SestonError
from seston.models.model_file import read_model
from seston.models.weights import backbone
from seston.runtime import choice, proof
from seston.runtime.choice import candidates, choose, pays_to_compile, runtime
from seston.runtime.openvino_engine import FILES
from seston.runtime.record import Method, Runtime, read_runtime
from seston.runtime.trial import Trial
from synthetic_tiles import write_tiles

CPU = torch.device("cpu")
PLAIN, OPEN = Method(), Method("openvino")
BF16, OPEN_BF16 = Method(precision="bf16"), Method("openvino", precision="bf16")


class Paper(Trial):
    """A trial whose outcome is given."""

    def __init__(self, rates: dict[Method, list[float]], labels: float = 1.0) -> None:
        super().__init__(None, Path(), 4, 1, 0)
        self._rates = {method: np.array(each) for method, each in rates.items()}
        self.agreement = {method: {"labels": labels} for method in rates}
        self.images = 512


@pytest.mark.parametrize(
    ("rates", "taken"),
    [
        ({PLAIN: 100, OPEN: 109}, PLAIN),
        ({PLAIN: 100, OPEN: 111}, OPEN),
        # each must beat what would be taken without it, not only the plain one
        ({PLAIN: 100, OPEN: 220, BF16: 230}, OPEN),
        ({PLAIN: 100, OPEN: 220, BF16: 290, OPEN_BF16: 400}, OPEN_BF16),
        ({PLAIN: 100, OPEN: 105, BF16: 30, OPEN_BF16: 3}, PLAIN),
        ({OPEN_BF16: 3}, OPEN_BF16),  # asked for by name: the plain one is no candidate
    ],
)
def test_faster_method_is_taken_by_a_margin(rates: dict[Method, float], taken: Method) -> None:
    trial = Paper({PLAIN: [100.0]} | {method: [float(rate)] for method, rate in rates.items()})
    found, why = choose(list(rates), PLAIN, trial)
    assert found == taken and why.startswith(str(taken))
    for method in rates.keys() - {taken}:
        assert (f"{method} is" in why) == (method in list(rates)[list(rates).index(taken) :])


def test_ratio_is_that_of_rounds_not_of_the_best() -> None:
    # a machine that was busy for a while: both slow in the same rounds; one lucky round
    trial = Paper({PLAIN: [100, 50, 60, 55, 200], OPEN: [108, 53, 65, 58, 400]})
    assert trial.gain(OPEN, PLAIN) == pytest.approx(1.08)
    assert choose([PLAIN, OPEN], PLAIN, trial)[0] == PLAIN


def test_method_that_disagrees_is_not_taken_however_fast() -> None:
    trial = Paper({PLAIN: [100.0], OPEN: [900.0]})
    trial.refused[OPEN] = "puts only 98.0 % of 512 images into the same cluster"
    taken, why = choose([PLAIN, OPEN], PLAIN, trial)
    assert taken == PLAIN and "openvino fp32 puts only 98.0 %" in why
    with pytest.raises(SestonError, match=r"asked for cannot be used: openvino fp32 puts only"):
        choose([OPEN], PLAIN, trial)


def test_candidates_on_a_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "has_bf16", lambda device: False)
    assert candidates(CPU, "auto", "auto", convolutional=False) == [PLAIN, OPEN]
    assert candidates(CPU, "torch", "auto", convolutional=False) == [PLAIN]
    assert candidates(CPU, "auto", "bf16", convolutional=False) == [BF16, OPEN_BF16]
    monkeypatch.setattr(choice, "has_bf16", lambda device: True)
    found = candidates(CPU, "auto", "auto", convolutional=False)
    assert found == [PLAIN, OPEN, BF16, OPEN_BF16]
    found = candidates(CPU, "torch", "auto", convolutional=True)
    assert found == [PLAIN, Method(channels_last=True), replace(BF16, channels_last=True)]
    for engine, precision, told in (("tvm", "auto", "tvm"), ("auto", "fp16", "fp16")):
        with pytest.raises(SestonError, match=f"found {told}, expected"):
            candidates(CPU, engine, precision, convolutional=False)


@pytest.mark.parametrize(("able", "low"), [(True, "bf16"), (False, "fp16")])
def test_candidates_on_a_gpu(able: bool, low: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "has_bf16", lambda device: able)
    monkeypatch.setattr(choice, "machine", lambda device: "GPU")
    gpu = torch.device("cuda")
    plain = Method(device="cuda")
    half = replace(plain, precision=low)
    assert candidates(gpu, "auto", "auto", convolutional=False) == [plain, half]
    with pytest.raises(SestonError, match=r"engine openvino .* cannot be had on this GPU"):
        candidates(gpu, "openvino", "auto", convolutional=False)
    if not able:
        with pytest.raises(SestonError, match="precision bf16 cannot be had"):
            candidates(gpu, "auto", "bf16", convolutional=False)


def test_compiling_pays_for_many_images_only() -> None:
    # 60 s of compiling against a quarter of the time of a shard: from 240 s on
    assert not pays_to_compile(rate=1000, images=239_000)
    assert pays_to_compile(rate=1000, images=241_000)


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(choice, "WORTH", 30)
    monkeypatch.setattr(proof, "SECONDS", 0.01)
    backbone(
        name="vit_test_patch8", weights="random", size=32, seed=1,
        model=tmp_path / "model.safetensors",
    )  # fmt: skip
    write_tiles(tmp_path / "tiles" / "a.arrow", {"a": 40})
    write_tiles(tmp_path / "tiles" / "b.arrow", {"b": 30}, seed=2)
    return tmp_path


def run(folder: Path, **options: str) -> Runtime:
    model, where = folder / "model.safetensors", folder / "runtime"
    runtime(
        model=model, tiles_dir=folder / "tiles", shards=["a", "b"], runtime=where, device="cpu",
        **options,
    )  # fmt: skip
    return read_runtime(where, model)


def test_faster_method_is_recorded_with_its_proof(
    made: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(choice, "FASTER", 0.0)
    with caplog.at_level(logging.INFO, "seston"):
        found = run(made, precision="fp32")
    assert found.method == OPEN and found.batch_size == 16
    assert found.model == read_model(made / "model.safetensors")[2]
    assert set(found.images_per_second) == {"torch fp32", "openvino fp32"}
    assert all(rate > 0 for rate in found.images_per_second.values())
    assert found.agreement["openvino fp32"]["labels"] >= 0.995
    assert found.agreement["openvino fp32"]["cosine_min"] > 0.99999
    assert "of 70 images get the same cluster" in found.why and found.why in caplog.text
    assert {path.name for path in (made / "runtime").iterdir()} == {"runtime.json", *FILES}
    assert set(found.sha256) == {"model", *FILES}


def test_plain_method_leaves_no_exported_network(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choice, "FASTER", 1e9)
    found = run(made, precision="fp32")
    assert found.method == PLAIN and "openvino fp32 is" in found.why
    assert [path.name for path in (made / "runtime").iterdir()] == ["runtime.json"]


def test_few_images_are_not_worth_a_proof(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "WORTH", 71)
    monkeypatch.setattr(Trial, "measure", lambda *given: pytest.fail("measured"))
    found = run(made)
    assert found.method == PLAIN and "70 images are computed sooner" in found.why
    assert json.loads((made / "runtime" / "runtime.json").read_text())["agreement"] == {}
    assert run(made, engine="torch", precision="fp32").why.startswith("torch fp32: asked for")


def test_network_that_disagrees_falls_back_and_says_so(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from seston.runtime import trial

    def other(backbone, *rest):  # exports another network: other weights
        with torch.no_grad():
            backbone.net.patch_embed.proj.weight.normal_(0, 3)
        real(backbone, *rest)

    real = trial.export
    monkeypatch.setattr(trial, "export", other)
    monkeypatch.setattr(choice, "FASTER", 0.0)
    # the torch engine is built first, on its own copy
    found = run(made, precision="fp32")
    assert found.method == PLAIN and found.agreement["openvino fp32"]["labels"] < 0.995
    assert "openvino fp32 puts only" in found.why


def test_model_that_gives_infinite_embeddings_is_refused(made: Path) -> None:
    from seston.models.model_file import card_of, write_model

    built = read_model(made / "model.safetensors")[0]
    with torch.no_grad():
        built.net.norm.weight.fill_(1e6)
    write_model(made / "model.safetensors", built, card_of(built, "random", None))
    with pytest.raises(SestonError, match="not finite in float16"):
        run(made, engine="openvino")
    assert not (made / "runtime").exists()


def test_tiles_that_do_not_fit_are_refused(made: Path) -> None:
    write_tiles(made / "tiles" / "a.arrow", {"a": 4}, size=64)
    write_tiles(made / "tiles" / "b.arrow", {"b": 4}, size=64)
    with pytest.raises(SestonError, match=r"tiles of 64 px, but .* takes 32 px"):
        run(made)
