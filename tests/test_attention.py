from pathlib import Path

import numpy as np
import pytest
import timm
import torch

from seston.arrays import ArrayFile
from seston.attention import attention, attention_maps
from seston.errors import SestonError
from seston.models.backbones import Backbone, images_of, spec_of
from seston.models.model_file import card_of, read_model, write_model
from seston.models.weights import backbone
from synthetic_tiles import write_tiles


@pytest.fixture
def tiles_dir(tmp_path: Path) -> Path:
    write_tiles(tmp_path / "tiles" / "one.arrow", {"bloom": 40, "b": 2}, seed=1)
    write_tiles(tmp_path / "tiles" / "two.arrow", {"c": 5}, seed=2)
    return tmp_path / "tiles"


def model(tmp_path: Path, name: str, seed: int) -> Path:
    path = tmp_path / f"{name}.safetensors"
    backbone(name="vit_test_patch8", weights="random", size=32, seed=seed, model=path)
    return path


def test_maps_equal_the_attention_inside_timm() -> None:
    torch.manual_seed(0)
    ours = Backbone(spec_of("vit_tiny_patch8_64"), 64).eval()
    theirs = timm.create_model(
        "vit_tiny_patch16_224", pretrained=False, num_classes=0, img_size=64, patch_size=8
    ).eval()
    theirs.load_state_dict(ours.net.state_dict())
    last, seen = theirs.blocks[-1].attn, []
    last.fused_attn = False
    last.attn_drop.register_forward_hook(lambda _, inputs, output: seen.append(output))
    tiles = np.random.default_rng(0).integers(0, 255, (2, 64, 64, 3), dtype=np.uint8)
    with torch.inference_mode():
        theirs(ours.normalise(images_of(torch.from_numpy(tiles))))
    found = attention_maps(ours, tiles, torch.device("cpu"))
    assert found is not None and found.shape == (2, 3, 8, 8)
    np.testing.assert_allclose(found.reshape(2, 3, 64), seen[0][:, :, 0, 1:], atol=1e-6)


def test_registers_are_left_out_of_the_map() -> None:
    torch.manual_seed(0)
    built = Backbone(spec_of("vit_small_patch14_reg4_dinov2"), 28).eval()
    tiles = np.random.default_rng(0).integers(0, 255, (1, 28, 28, 3), dtype=np.uint8)
    found = attention_maps(built, tiles, torch.device("cpu"))
    assert found is not None and found.shape == (1, 6, 2, 2)
    assert (found.sum((2, 3)) < 1).all()


def test_before_and_after_show_the_same_images_of_all_samples(
    tmp_path: Path, tiles_dir: Path
) -> None:
    out = tmp_path / "attention.npz"
    attention(
        tiles_dir=tiles_dir,
        shards=["two", "one"],
        pretrained=model(tmp_path, "before", 1),
        finetuned=model(tmp_path, "after", 2),
        attention=out,
        images=6,
        seed=0,
    )
    found = np.load(out, allow_pickle=False)
    assert found["ids"].dtype.kind == "U"
    samples = [one.split("/")[0] for one in found["ids"]]
    assert sorted(samples) == ["b", "b", "bloom", "bloom", "c", "c"]
    assert found["pretrained"].shape == found["finetuned"].shape == (6, 2, 4, 4)
    assert found["pretrained"].dtype == np.float32
    assert not np.array_equal(found["pretrained"], found["finetuned"])
    assert str(found["note"]) == ""
    one, two = (ArrayFile(tiles_dir / f"{name}.arrow", "tiles") for name in ("one", "two"))
    by_id = {
        name: tile
        for file in (one, two)
        for name, tile in zip(file.ids.to_pylist(), file.array(), strict=True)
    }
    for name, tile in zip(found["ids"], found["tiles"], strict=True):
        assert np.array_equal(tile, by_id[name])


def test_two_runs_give_the_same_bytes(tmp_path: Path, tiles_dir: Path) -> None:
    before, outs = model(tmp_path, "before", 1), []
    for name in ("first", "second"):
        outs.append(tmp_path / f"{name}.npz")
        attention(
            tiles_dir=tiles_dir,
            shards=["one"],
            pretrained=before,
            attention=outs[-1],
            images=3,
            seed=0,
        )
    assert outs[0].read_bytes() == outs[1].read_bytes()
    assert "finetuned" not in np.load(outs[0])


def test_network_without_attention_leaves_a_note(tmp_path: Path, tiles_dir: Path) -> None:
    built = Backbone(spec_of("resnet18"), 32)
    path = tmp_path / "cnn.safetensors"
    write_model(path, built, card_of(built, "random", None))
    assert read_model(path)[1].patch is None
    out = tmp_path / "attention.npz"
    attention(tiles_dir=tiles_dir, shards=["one"], pretrained=path, attention=out, images=3, seed=0)
    found = np.load(out)
    assert "no vision transformer" in str(found["note"])
    assert "pretrained" not in found and len(found["tiles"]) == 3


def test_no_images_and_unfit_tiles(tmp_path: Path, tiles_dir: Path) -> None:
    before, out = model(tmp_path, "before", 1), tmp_path / "attention.npz"
    write_tiles(tiles_dir / "empty.arrow", {})
    attention(
        tiles_dir=tiles_dir, shards=["empty"], pretrained=before, attention=out, images=3, seed=0
    )
    assert np.load(out)["pretrained"].shape == (0, 2, 4, 4)
    write_tiles(tiles_dir / "large.arrow", {"a": 2}, size=64)
    with pytest.raises(SestonError, match="takes 32 px"):
        attention(
            tiles_dir=tiles_dir,
            shards=["large"],
            pretrained=before,
            attention=out,
            images=3,
            seed=0,
        )
