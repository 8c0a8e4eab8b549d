"""The model file: its card, its fingerprint, and what damage is told as."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from seston.errors import SestonError
from seston.models.backbones import Backbone, spec_of
from seston.models.checkpoints import load_strictly
from seston.models.model_file import Card, card_of, read_model, write_model
from seston.models.weights import backbone

NAME = "vit_test_patch8"


def make(tmp_path: Path, feature: str = "auto") -> Path:
    model = tmp_path / "model.safetensors"
    backbone(name=NAME, weights="random", size=32, seed=0, model=model, feature=feature)
    return model


def test_file_says_what_it_is(tmp_path: Path) -> None:
    model = make(tmp_path)
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


def test_damaged_model_file(tmp_path: Path) -> None:
    model = make(tmp_path)
    data = bytearray(model.read_bytes())
    model.write_bytes(data[:-10])
    with pytest.raises(SestonError, match="not a whole safetensors file"):
        read_model(model)
    save_file({"a": torch.zeros(1)}, model)
    with pytest.raises(SestonError, match="without Seston metadata"):
        read_model(model)
    with pytest.raises(SestonError, match="not found"):
        read_model(tmp_path / "absent")


def test_one_flipped_bit_is_found(tmp_path: Path) -> None:
    model = make(tmp_path)
    data = bytearray(model.read_bytes())
    data[-50] ^= 4
    model.write_bytes(data)
    with pytest.raises(SestonError, match=r"is not what was written .* make or fetch it again"):
        read_model(model)


def test_edited_card_is_found(tmp_path: Path) -> None:
    model = make(tmp_path)
    data = model.read_bytes()
    assert data.count(b'\\"feature\\": \\"cls\\"') == 1
    model.write_bytes(data.replace(b'\\"feature\\": \\"cls\\"', b'\\"feature\\": \\"avg\\"'))
    with pytest.raises(SestonError, match="is not what was written"):
        read_model(model)


def test_feature_travels_with_the_model(tmp_path: Path) -> None:
    whole, card, _ = read_model(make(tmp_path))
    assert (card.feature, card.dim) == ("cls", 32)
    cut = Backbone(replace(whole.spec, feature="cls@1+mean@1"), 32)
    load_strictly(cut, whole.net.state_dict(), "test")
    write_model(tmp_path / "cut", cut, card_of(cut, "random", None))
    built, card, _ = read_model(tmp_path / "cut")
    assert (card.feature, card.dim, built.length) == ("cls@1+mean@1", 64, 64)
    assert len(built.net.blocks) == 1
    images = torch.rand(2, 3, 32, 32)
    tokens = whole.net.tokens(whole.normalise(images), {1})[1]
    torch.testing.assert_close(built(images), torch.cat([tokens[:, 0], tokens[:, 1:].mean(1)], 1))


def test_transform_is_the_files_whatever_the_registry_says(tmp_path: Path) -> None:
    spec = replace(spec_of(NAME), mean=(0.1, 0.2, 0.3), std=(1.0, 2.0, 3.0))
    built = Backbone(spec, 32)
    write_model(tmp_path / "m", built, card_of(built, "random", None))
    found = read_model(tmp_path / "m")[0]
    torch.testing.assert_close(found.mean.flatten(), torch.tensor([0.1, 0.2, 0.3]))
    torch.testing.assert_close(found.std.flatten(), torch.tensor([1.0, 2.0, 3.0]))


CARD = Card("n", 64, 8, 192, (0.5,) * 3, (0.25,) * 3, "cls", "bundled", None)


@pytest.mark.parametrize(
    ("changes", "differs"),
    [
        ({"image_size": 32}, True),
        ({"mean": (0.5, 0.5, 0.4)}, True),
        ({"std": (0.2,) * 3}, True),
        ({"channels": 1}, True),
        ({"feature": "mean"}, True),
        ({"source": "hub", "sha256": "0", "tiles": "t"}, False),
    ],
)
def test_preprocessing_is_the_transform_and_the_feature(
    changes: dict[str, object], differs: bool
) -> None:
    assert (replace(CARD, **changes).preprocessing != CARD.preprocessing) == differs


def test_preprocessing_is_stored(tmp_path: Path) -> None:
    model = make(tmp_path)
    with safe_open(model, framework="pt") as file:
        assert file.metadata()["seston.preprocessing"] == read_model(model)[1].preprocessing
