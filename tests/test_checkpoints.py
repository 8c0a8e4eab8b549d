"""Checkpoints as others publish them, brought into a backbone."""

import argparse
import re
from dataclasses import replace
from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save_file

from seston import store
from seston.errors import SestonError
from seston.models.backbones import Backbone, spec_of
from seston.models.checkpoints import load_strictly, read_checkpoint

NAME = "vit_test_patch8"
State = dict[str, torch.Tensor]


@pytest.fixture
def state() -> State:
    torch.manual_seed(7)
    return Backbone(spec_of(NAME), 32).net.state_dict()


def load(path: Path, name: str = NAME, size: int = 32) -> State:
    built = Backbone(spec_of(name), size)
    load_strictly(built, read_checkpoint(path), str(path))
    return built.net.state_dict()


def same(found: State, state: State, more: frozenset[str] = frozenset()) -> None:
    assert found.keys() - more == state.keys()
    assert all(torch.equal(found[key], state[key]) for key in state)


def dino_checkpoint(state: State, path: Path, part: str = "teacher") -> Path:
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


def test_half_precision_becomes_single(tmp_path: Path, state: State) -> None:
    path = tmp_path / "half.safetensors"
    save_file({key: value.half() for key, value in state.items()}, path)
    same(load(path), {key: value.half().float() for key, value in state.items()})


def test_plain_dino_backbone(tmp_path: Path, state: State) -> None:
    torch.save(state, tmp_path / "dino_deitsmall8_pretrain.pth")
    same(load(tmp_path / "dino_deitsmall8_pretrain.pth"), state)


@pytest.mark.parametrize("part", ["teacher", "student"])
def test_full_dino_checkpoint(tmp_path: Path, state: State, part: str) -> None:
    same(load(dino_checkpoint(state, tmp_path / "checkpoint.pth", part)), state)


def test_dinov2_keeps_no_mask_token(tmp_path: Path, state: State) -> None:
    torch.save({**state, "mask_token": torch.zeros(1, 32)}, tmp_path / "v2.pth")
    same(load(tmp_path / "v2.pth"), state)


def test_simclr_checkpoint_of_lightning(tmp_path: Path, state: State) -> None:
    wrapped = {f"backbone.{key}": value for key, value in state.items()}
    wrapped["projection_head.layers.0.weight"] = torch.ones(3, 3)
    torch.save({"state_dict": wrapped, "epoch": 3}, tmp_path / "simclr.ckpt")
    same(load(tmp_path / "simclr.ckpt"), state)


def test_positions_are_resampled_to_the_tile(tmp_path: Path) -> None:
    from timm.layers import resample_abs_pos_embed

    torch.manual_seed(0)
    large = Backbone(spec_of(NAME), 64).net.state_dict()
    save_file(large, tmp_path / "large.safetensors")
    found = load(tmp_path / "large.safetensors")["pos_embed"]
    expected = resample_abs_pos_embed(large["pos_embed"], [4, 4], num_prefix_tokens=1)
    torch.testing.assert_close(found, expected)


def test_weights_of_another_backbone_are_told_apart(tmp_path: Path, state: State) -> None:
    del state["norm.bias"], state["blocks.1.mlp.fc1.bias"]
    state["patch_embed.proj.weight"] = torch.zeros(32, 3, 16, 16)
    state["rope.freqs"] = torch.zeros(4)
    save_file(state, tmp_path / "other.safetensors")
    with pytest.raises(SestonError) as caught:
        load(tmp_path / "other.safetensors")
    message = str(caught.value)
    assert "missing: blocks.1.mlp.fc1.bias, norm.bias" in message
    assert "unexpected: rope.freqs" in message
    assert "patch_embed.proj.weight (32, 3, 16, 16) for (32, 3, 8, 8)" in message


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_values_that_are_not_finite(tmp_path: Path, state: State, value: float) -> None:
    state["blocks.0.attn.qkv.weight"][3, 3] = value
    torch.save(state, tmp_path / "nan.pth")
    with pytest.raises(SestonError, match=r"not finite in blocks\.0\.attn\.qkv\.weight"):
        load(tmp_path / "nan.pth")


def test_checkpoint_without_tensors(tmp_path: Path) -> None:
    torch.save({"epoch": 3}, tmp_path / "empty.pth")
    with pytest.raises(SestonError, match="no tensors"):
        read_checkpoint(tmp_path / "empty.pth")


def test_load_strictly_keeps_the_backbone_when_it_fails(state: State) -> None:
    built = Backbone(spec_of(NAME), 32)
    before = store.fingerprint(*(v.numpy().tobytes() for v in built.net.state_dict().values()))
    with pytest.raises(SestonError):
        load_strictly(built, {k: v for k, v in state.items() if k != "cls_token"}, "test")
    after = store.fingerprint(*(v.numpy().tobytes() for v in built.net.state_dict().values()))
    assert before == after


def test_positions_of_timm_networks_are_resampled_too() -> None:
    from timm.layers import resample_abs_pos_embed

    torch.manual_seed(0)
    published = timm.create_model("test_vit", pretrained=False, num_classes=0)  # 160 px
    built = Backbone(spec_of("test_vit"), 64)
    load_strictly(built, published.state_dict(), "test")
    expected = resample_abs_pos_embed(published.pos_embed, [4, 4], num_prefix_tokens=1)
    torch.testing.assert_close(built.net.pos_embed, expected)


def facebook_dinov2(state: State, registers: int, grid: int) -> State:
    """Return tensors as Meta's DINOv2 files have them: CLS has a position, registers a name."""
    dim = state["cls_token"].shape[-1]
    theirs = {k: v for k, v in state.items() if k not in ("reg_token", "pos_embed")}
    theirs["pos_embed"] = torch.rand(1, 1 + grid**2, dim)
    theirs["mask_token"] = torch.zeros(1, dim)
    if registers:
        theirs["register_tokens"] = torch.rand(1, registers, dim)
    return theirs


def test_dinov2_with_registers_as_timm_converts_it(tmp_path: Path) -> None:
    from timm.models.vision_transformer import checkpoint_filter_fn

    torch.manual_seed(0)
    name = "vit_small_patch14_reg4_dinov2"
    spec = replace(spec_of(name), depth=2)
    built = Backbone(spec, 70)
    theirs = facebook_dinov2(built.net.state_dict(), 4, 5)
    torch.save(theirs, tmp_path / "dinov2_vits14_reg4_pretrain.pth")
    net = timm.create_model(name, pretrained=False, num_classes=0, img_size=70, depth=2)
    net.load_state_dict(checkpoint_filter_fn(dict(theirs), net), strict=True)
    load_strictly(built, read_checkpoint(tmp_path / "dinov2_vits14_reg4_pretrain.pth"), "test")
    same(built.net.state_dict(), net.state_dict())


def test_dinov2_training_checkpoint_with_chunks_of_blocks(tmp_path: Path, state: State) -> None:
    chunked = {re.sub(r"^blocks\.(\d)", r"blocks.0.\1", k): v for k, v in state.items()}
    assert "blocks.0.1.norm1.weight" in chunked
    teacher = {f"backbone.{key}": value for key, value in chunked.items()}
    teacher["dino_head.mlp.0.weight"] = teacher["ibot_head.last_layer.weight"] = torch.ones(2)
    torch.save({"teacher": teacher}, tmp_path / "teacher_checkpoint.pth")
    same(load(tmp_path / "teacher_checkpoint.pth"), state)


def facebook_dinov3(state: State) -> State:
    """Return tensors as Meta's DINOv3 files have them."""
    names = {k: re.sub(r"gamma_([12])$", r"ls\1.gamma", k) for k in state}
    theirs = {new.replace("reg_token", "storage_tokens"): state[k] for k, new in names.items()}
    for block in range(12):
        bias = torch.zeros(3, 384)
        bias[1] = torch.rand(384)  # on the keys: masked there, and without effect anyway
        theirs[f"blocks.{block}.attn.qkv.bias"] = bias.flatten()
        theirs[f"blocks.{block}.attn.qkv.bias_mask"] = torch.full((3 * 384,), torch.nan)
    theirs["mask_token"] = torch.zeros(1, 384)
    theirs["rope_embed.periods"] = torch.ones(16)
    return theirs


def test_dinov3_as_published(tmp_path: Path) -> None:
    torch.manual_seed(0)
    state = Backbone(spec_of("vit_small_patch16_dinov3"), 64).net.state_dict()
    theirs = facebook_dinov3(state)
    assert "blocks.0.ls1.gamma" in theirs and "reg_token" not in theirs
    torch.save(theirs, tmp_path / "dinov3_vits16_pretrain.pth")
    same(load(tmp_path / "dinov3_vits16_pretrain.pth", "vit_small_patch16_dinov3", 64), state)
    theirs["blocks.3.attn.qkv.bias"][7] = 0.1  # then the network without it is another one
    torch.save(theirs, tmp_path / "biased.pth")
    with pytest.raises(SestonError, match=r"unexpected: blocks\.3\.attn\.qkv\.bias\."):
        load(tmp_path / "biased.pth", "vit_small_patch16_dinov3", 64)


@pytest.fixture(scope="module")
def resnet() -> State:
    torch.manual_seed(0)
    return timm.create_model("resnet18", pretrained=False, num_classes=0).state_dict()


@pytest.mark.parametrize(
    ("prefix", "head"),
    [
        ("", "fc.weight"),  # torchvision
        ("backbone.", "backbone.fc.0.weight"),
        ("encoder.", "projector.0.weight"),
        ("convnet.", "projection.0.weight"),
        ("module.encoder.", "module.projector.0.weight"),
    ],
)
def test_simclr_resnets(tmp_path: Path, resnet: State, prefix: str, head: str) -> None:
    wrapped = {f"{prefix}{key}": value for key, value in resnet.items()}
    torch.save({"state_dict": {**wrapped, head: torch.ones(2)}}, tmp_path / "simclr.pth")
    same(read_checkpoint(tmp_path / "simclr.pth"), resnet, frozenset({"fc.weight", "fc.0.weight"}))


def test_resnet_as_numbered_children(tmp_path: Path, resnet: State) -> None:
    # lightly's examples: backbone = nn.Sequential(*list(resnet.children())[:-1])
    theirs = timm.create_model("resnet18", pretrained=False, num_classes=0)
    theirs.load_state_dict(resnet)
    children = [theirs.conv1, theirs.bn1, theirs.act1, theirs.maxpool]
    layers = [theirs.layer1, theirs.layer2, theirs.layer3, theirs.layer4]
    sequence = torch.nn.Sequential(*children, *layers)
    wrapped = {f"backbone.{key}": value for key, value in sequence.state_dict().items()}
    wrapped["projection_head.layers.0.weight"] = torch.ones(2)
    torch.save({"state_dict": wrapped}, tmp_path / "lightly.ckpt")
    same(load(tmp_path / "lightly.ckpt", "resnet18", 64), resnet)


def test_old_resnets_lack_a_counter(tmp_path: Path, resnet: State) -> None:
    old = {k: v for k, v in resnet.items() if not k.endswith("num_batches_tracked")}
    torch.save(old, tmp_path / "resnet18-5c106cde.pth")
    same(load(tmp_path / "resnet18-5c106cde.pth", "resnet18", 64), resnet)
    del old["bn1.running_mean"]
    torch.save(old, tmp_path / "broken.pth")
    with pytest.raises(SestonError, match=r"missing: bn1\.num_batches_tracked, bn1\.running_mean"):
        load(tmp_path / "broken.pth", "resnet18", 64)


def test_unreached_blocks_are_left_out_but_no_others(state: State) -> None:
    built = Backbone(replace(spec_of(NAME), feature="cls@1"), 32)
    load_strictly(built, state, "test")  # from the whole network
    expected = {k: v for k, v in state.items() if not k.startswith("blocks.1.")}
    same(built.net.state_dict(), expected)
    load_strictly(built, expected, "test")  # from one that was cut already
    with pytest.raises(SestonError, match=r"unexpected: blocks\.2\.norm1\.bias"):
        load_strictly(built, {**state, "blocks.2.norm1.bias": torch.zeros(32)}, "test")


@pytest.mark.parametrize(
    "name", ["tf_efficientnet_lite0.in1k", "resnet50.a1_in1k", "vit_small_patch16_dinov3.lvd1689m"]
)
def test_every_kind_of_network_takes_its_own_names(tmp_path: Path, name: str) -> None:
    # Blocks in stages (blocks.0.0.…) once passed for DINOv2's chunks.
    torch.manual_seed(1)
    state = timm.create_model(name, pretrained=False, num_classes=0).state_dict()
    torch.save(state, tmp_path / "weights.pth")
    found = load(tmp_path / "weights.pth", name, 64)
    same(found, Backbone(spec_of(name), 64).net.state_dict() | state)
