import argparse
import hashlib
import json
import os
import pickle
from pathlib import Path

import pytest
import timm
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from seston import store
from seston.errors import SestonError
from seston.models import weights
from seston.models.backbones import Backbone, spec_of
from seston.models.checkpoints import load_strictly, read_checkpoint
from seston.models.model_file import card_of, read_model, write_model
from seston.models.weights import backbone

NAME = "vit_test_patch8"
DINOV2 = Path("../shared/weights/vit_small_patch14_dinov2_fp16.safetensors")


@pytest.fixture
def state() -> dict[str, torch.Tensor]:
    torch.manual_seed(7)
    return Backbone(spec_of(NAME), 32).net.state_dict()


def make(tmp_path: Path, source: str | Path, *, name: str = NAME, size: int = 32) -> Path:
    model = tmp_path / "model.safetensors"
    backbone(name=name, weights=str(source), size=size, seed=0, model=model)
    return model


def holds(model: Path, state: dict[str, torch.Tensor]) -> None:
    found = load_file(model)
    assert found.keys() == state.keys()
    assert all(torch.equal(found[key], state[key]) for key in state)


def dino_checkpoint(state: dict[str, torch.Tensor], path: Path, part: str = "teacher") -> Path:
    """Write what DINO's main_dino.py saves: wrapped networks with heads, and its arguments."""
    other = "student" if part == "teacher" else "teacher"
    wrapped = {f"module.backbone.{key}": value for key, value in state.items()}
    wrapped["module.head.mlp.0.weight"] = torch.ones(4, 4)
    wrapped["module.head.last_layer.weight_g"] = torch.ones(4, 1)
    wrong = {key: torch.full_like(value, 9.0) for key, value in wrapped.items()}
    checkpoint = {
        part: wrapped,
        "epoch": 100,
        "args": argparse.Namespace(arch="vit_small", lr=0.0005, data_path="/data"),
        "dino_loss": {"center": torch.zeros(1, 4)},
        "optimizer": {"state": {}, "param_groups": [{"lr": 0.1}]},
        "fp16_scaler": None,
    }
    if part == "teacher":
        checkpoint[other] = wrong
    torch.save(checkpoint, path)
    return path


def test_random_weights_depend_on_the_seed_alone(tmp_path: Path) -> None:
    files = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        files.append(tmp_path / name)
        backbone(name=NAME, weights="random", size=32, seed=seed, model=files[-1])
    first, second, third = (file.read_bytes() for file in files)
    assert first == second != third


def test_file_says_what_it_is(tmp_path: Path) -> None:
    model = make(tmp_path, "random")
    with safe_open(model, framework="pt") as file:
        found = file.metadata()
    assert found["seston.kind"] == "model"
    card = json.loads(found["seston.backbone"])
    assert (card["name"], card["image_size"], card["patch"], card["dim"]) == (NAME, 32, 8, 32)
    assert (card["source"], card["sha256"], card["tiles"], card["channels"]) == (
        "random",
        None,
        None,
        3,
    )
    assert read_model(model)[2] == found["seston.fingerprint"]


def test_fingerprint_covers_weights_and_card(tmp_path: Path) -> None:
    built = Backbone(spec_of(NAME), 32)
    first = write_model(tmp_path / "a", built, card_of(built, "random", None))
    assert write_model(tmp_path / "b", built, card_of(built, "random", None)) == first
    assert write_model(tmp_path / "c", built, card_of(built, "random", None, "tiles")) != first
    with torch.no_grad():
        built.net.norm.bias[0] = 1.0
    assert write_model(tmp_path / "d", built, card_of(built, "random", None)) != first


def test_safetensors_file(tmp_path: Path, state: dict[str, torch.Tensor]) -> None:
    path = tmp_path / "own.safetensors"
    save_file(state, path)
    model = make(tmp_path, path)
    holds(model, state)
    card = read_model(model)[1]
    assert card.source == "own.safetensors"
    assert card.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_half_precision_becomes_single(tmp_path: Path, state: dict[str, torch.Tensor]) -> None:
    path = tmp_path / "half.safetensors"
    save_file({key: value.half() for key, value in state.items()}, path)
    holds(make(tmp_path, path), {key: value.half().float() for key, value in state.items()})


def test_plain_dino_backbone(tmp_path: Path, state: dict[str, torch.Tensor]) -> None:
    torch.save(state, tmp_path / "dino_deitsmall8_pretrain.pth")
    holds(make(tmp_path, tmp_path / "dino_deitsmall8_pretrain.pth"), state)


@pytest.mark.parametrize("part", ["teacher", "student"])
def test_full_dino_checkpoint(tmp_path: Path, state: dict[str, torch.Tensor], part: str) -> None:
    holds(make(tmp_path, dino_checkpoint(state, tmp_path / "checkpoint.pth", part)), state)


def test_dinov2_keeps_no_mask_token(tmp_path: Path, state: dict[str, torch.Tensor]) -> None:
    torch.save({**state, "mask_token": torch.zeros(1, 32)}, tmp_path / "v2.pth")
    holds(make(tmp_path, tmp_path / "v2.pth"), state)


def test_simclr_checkpoint_of_lightning(tmp_path: Path, state: dict[str, torch.Tensor]) -> None:
    wrapped = {f"backbone.{key}": value for key, value in state.items()}
    wrapped["projection_head.layers.0.weight"] = torch.ones(3, 3)
    torch.save({"state_dict": wrapped, "epoch": 3}, tmp_path / "simclr.ckpt")
    holds(make(tmp_path, tmp_path / "simclr.ckpt"), state)


def test_classifier_of_timm_is_left_out(tmp_path: Path) -> None:
    torch.manual_seed(0)
    theirs = timm.create_model("resnet18", pretrained=False, num_classes=5)
    torch.save(theirs.state_dict(), tmp_path / "resnet.pth")
    model = make(tmp_path, tmp_path / "resnet.pth", name="resnet18", size=64)
    theirs.reset_classifier(0)
    built, _, _ = read_model(model)
    images = torch.rand(2, 3, 64, 64)
    with torch.inference_mode():
        torch.testing.assert_close(built(images), theirs.eval()(built.normalise(images)))


def test_positions_are_resampled_to_the_tile(tmp_path: Path) -> None:
    from timm.layers import resample_abs_pos_embed

    torch.manual_seed(0)
    large = Backbone(spec_of(NAME), 64).net.state_dict()
    save_file(large, tmp_path / "large.safetensors")
    found = load_file(make(tmp_path, tmp_path / "large.safetensors"))["pos_embed"]
    expected = resample_abs_pos_embed(large["pos_embed"], [4, 4], num_prefix_tokens=1)
    torch.testing.assert_close(found, expected)


def test_weights_of_another_backbone_are_told_apart(
    tmp_path: Path, state: dict[str, torch.Tensor]
) -> None:
    del state["norm.bias"], state["blocks.1.mlp.fc1.bias"]
    state["patch_embed.proj.weight"] = torch.zeros(32, 3, 16, 16)
    state["rope.freqs"] = torch.zeros(4)
    save_file(state, tmp_path / "other.safetensors")
    with pytest.raises(SestonError) as caught:
        make(tmp_path, tmp_path / "other.safetensors")
    message = str(caught.value)
    assert "missing: blocks.1.mlp.fc1.bias, norm.bias" in message
    assert "unexpected: rope.freqs" in message
    assert "patch_embed.proj.weight (32, 3, 16, 16) for (32, 3, 8, 8)" in message
    assert not (tmp_path / "model.safetensors").exists()


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_values_that_are_not_finite(
    tmp_path: Path, state: dict[str, torch.Tensor], value: float
) -> None:
    state["blocks.0.attn.qkv.weight"][3, 3] = value
    torch.save(state, tmp_path / "nan.pth")
    with pytest.raises(SestonError, match=r"not finite in blocks\.0\.attn\.qkv\.weight"):
        make(tmp_path, tmp_path / "nan.pth")


class Malicious:
    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.mark}",)


@pytest.mark.parametrize("save", ["torch", "pickle"])
def test_code_in_a_file_is_not_run(tmp_path: Path, save: str) -> None:
    mark, path = tmp_path / "ran", tmp_path / "weights.pth"
    content = {"model": {"weight": torch.zeros(1)}, "extra": Malicious(mark)}
    if save == "torch":
        torch.save(content, path)
    else:
        path.write_bytes(pickle.dumps(content))
    with pytest.raises(SestonError, match="might run code"):
        make(tmp_path, path)
    assert not mark.exists()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.pth", b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "git lfs pull"),
        ("a.safetensors", b"\n<!DOCTYPE html><html>", "a web page"),
        ("a.pth", b"", "empty"),
        ("a.onnx", b"\x08\x01", r"ends in \.safetensors or \.pth"),
    ],
)
def test_files_that_are_no_weights(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SestonError, match=message):
        make(tmp_path, tmp_path / name)


@pytest.mark.parametrize("name", ["w.safetensors", "w.pth"])
@pytest.mark.parametrize("kept", [0.9, 0.02])
def test_truncated_file(
    tmp_path: Path, state: dict[str, torch.Tensor], name: str, kept: float
) -> None:
    path = tmp_path / name
    save_file(state, path) if path.suffix == ".safetensors" else torch.save(state, path)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept)])
    with pytest.raises(SestonError, match=name):
        make(tmp_path, path)


def test_checkpoint_without_tensors(tmp_path: Path) -> None:
    torch.save({"epoch": 3}, tmp_path / "empty.pth")
    with pytest.raises(SestonError, match="no tensors"):
        read_checkpoint(tmp_path / "empty.pth")


def test_missing_file_and_unknown_word(tmp_path: Path) -> None:
    with pytest.raises(SestonError, match="expected hub, bundled, random or the path"):
        make(tmp_path, "bundeld")


def test_bundled_weights_load_and_are_small(tmp_path: Path) -> None:
    model = make(tmp_path, "bundled", name="vit_tiny_patch8_64", size=64)
    _, card, _ = read_model(model)
    assert (card.source, card.tiles) == ("bundled", None)
    path = weights.BUNDLED / "vit_tiny_patch8_64.safetensors"
    assert card.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert path.stat().st_size <= 12e6
    assert (weights.BUNDLED / "README.md").is_file()


def test_no_bundled_weights_for_a_backbone(tmp_path: Path) -> None:
    with pytest.raises(SestonError, match="bundled are: vit_tiny_patch8_64"):
        make(tmp_path, "bundled", name="vit_small_patch16_224")


def test_hub_that_cannot_be_reached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise OSError("We couldn't connect to the hub")

    monkeypatch.setattr(timm, "create_model", unreachable)
    with pytest.raises(SestonError, match=r"vit_small_patch8_224\.dino .* give its path"):
        make(tmp_path, "hub", name="vit_small_patch8_224", size=64)


def test_hub_weights_go_through_the_strict_loader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(3)
    theirs = timm.create_model("vit_small_patch16_224.dino", pretrained=False, num_classes=0)
    asked = []

    def answer(name: str, **options: object) -> torch.nn.Module:
        asked.append((name, options))
        return theirs

    monkeypatch.setattr(timm, "create_model", answer)
    model = make(tmp_path, "hub", name="vit_small_patch16_224", size=64)
    assert asked == [("vit_small_patch16_224.dino", {"pretrained": True, "num_classes": 0})]
    found = load_file(model)
    assert torch.equal(
        found["blocks.11.mlp.fc2.weight"], theirs.state_dict()["blocks.11.mlp.fc2.weight"]
    )
    assert found["pos_embed"].shape == (1, 17, 384)


def test_own_backbone_is_not_on_the_hub(tmp_path: Path) -> None:
    with pytest.raises(SestonError, match="not on the hub"):
        make(tmp_path, "hub")


def test_damaged_model_file(tmp_path: Path) -> None:
    model = make(tmp_path, "random")
    data = bytearray(model.read_bytes())
    model.write_bytes(data[:-10])
    with pytest.raises(SestonError, match="not a whole safetensors file"):
        read_model(model)
    save_file({"a": torch.zeros(1)}, model)
    with pytest.raises(SestonError, match="without Seston metadata"):
        read_model(model)
    with pytest.raises(SestonError, match="not found"):
        read_model(tmp_path / "absent")


def test_load_strictly_keeps_the_backbone_when_it_fails(state: dict[str, torch.Tensor]) -> None:
    built = Backbone(spec_of(NAME), 32)
    before = store.fingerprint(*(v.numpy().tobytes() for v in built.net.state_dict().values()))
    with pytest.raises(SestonError):
        load_strictly(built, {k: v for k, v in state.items() if k != "cls_token"}, "test")
    after = store.fingerprint(*(v.numpy().tobytes() for v in built.net.state_dict().values()))
    assert before == after


@pytest.mark.skipif(not DINOV2.is_file(), reason="needs the DINOv2 file of the shared folder")
def test_dinov2_file(tmp_path: Path) -> None:
    model = make(tmp_path, DINOV2, name="vit_small_patch14_dinov2", size=70)
    built, card, _ = read_model(model)
    assert (card.name, card.patch, card.dim) == ("vit_small_patch14_dinov2.lvd142m", 14, 384)
    theirs = timm.create_model(
        "vit_small_patch14_dinov2.lvd142m", pretrained=False, img_size=518, dynamic_img_size=True
    )
    theirs.load_state_dict({key: value.float() for key, value in load_file(DINOV2).items()})
    images = torch.rand(1, 3, 70, 70, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        expected = theirs.eval().forward_features(built.normalise(images))[:, 0]
        torch.testing.assert_close(built(images), expected, atol=1e-4, rtol=1e-4)
