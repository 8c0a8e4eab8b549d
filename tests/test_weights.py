import hashlib
from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import load_file, save_file

from seston.errors import SestonError
from seston.models import weights
from seston.models.backbones import Backbone, spec_of
from seston.models.model_file import read_model
from seston.models.weights import backbone

NAME = "vit_test_patch8"
DINOV2 = Path("../shared/weights/vit_small_patch14_dinov2_fp16.safetensors")


@pytest.fixture
def state() -> dict[str, torch.Tensor]:
    torch.manual_seed(7)
    return Backbone(spec_of(NAME), 32).net.state_dict()


def make(
    tmp_path: Path,
    source: str | Path,
    *,
    name: str = NAME,
    size: int = 32,
    feature: str = "auto",
) -> Path:
    model = tmp_path / "model.safetensors"
    backbone(name=name, weights=str(source), size=size, seed=0, model=model, feature=feature)
    return model


def holds(model: Path, state: dict[str, torch.Tensor]) -> None:
    found = load_file(model)
    assert found.keys() == state.keys()
    assert all(torch.equal(found[key], state[key]) for key in state)


def test_random_weights_depend_on_the_seed_alone(tmp_path: Path) -> None:
    files = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        files.append(tmp_path / name)
        backbone(name=NAME, weights="random", size=32, seed=seed, model=files[-1])
    first, second, third = (file.read_bytes() for file in files)
    assert first == second != third


def test_safetensors_file(tmp_path: Path, state: dict[str, torch.Tensor]) -> None:
    path = tmp_path / "own.safetensors"
    save_file(state, path)
    model = make(tmp_path, path)
    holds(model, state)
    card = read_model(model)[1]
    assert card.source == "own.safetensors"
    assert card.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


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


def test_missing_file_and_unknown_word(tmp_path: Path) -> None:
    with pytest.raises(SestonError, match="expected hub, bundled, random or the path"):
        make(tmp_path, "bundeld")


def test_bundled_weights_load_and_are_small(tmp_path: Path) -> None:
    model = make(tmp_path, "bundled", name="vit_small3_patch8_64", size=64)
    _, card, _ = read_model(model)
    assert (card.source, card.tiles) == ("bundled", None)
    path = weights.BUNDLED / "vit_small3_patch8_64.safetensors"
    assert card.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert path.stat().st_size <= 12e6
    assert (weights.BUNDLED / "README.md").is_file()


def test_no_bundled_weights_for_a_backbone(tmp_path: Path) -> None:
    with pytest.raises(SestonError, match="bundled are: vit_small3_patch8_64"):
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


def test_feature_is_a_setting(tmp_path: Path, state: dict[str, torch.Tensor]) -> None:
    save_file(state, tmp_path / "w.safetensors")
    model = make(tmp_path, tmp_path / "w.safetensors", feature="cls@1")
    holds(model, {k: v for k, v in state.items() if not k.startswith("blocks.1.")})
    with pytest.raises(SestonError, match=r"backbone\.feature: found cls@3"):
        make(tmp_path, "random", feature="cls@3")


def test_weights_that_overflow_or_see_nothing(
    tmp_path: Path, state: dict[str, torch.Tensor]
) -> None:
    path = tmp_path / "w.safetensors"
    save_file(state | {"norm.weight": torch.full((32,), 1e6)}, path)  # finite, but not as float16
    with pytest.raises(SestonError, match="features that are not finite or the same"):
        make(tmp_path, path)
    save_file({key: torch.zeros_like(value) for key, value in state.items()}, path)
    with pytest.raises(SestonError, match="features that are not finite or the same"):
        make(tmp_path, path)
    assert not (tmp_path / "model.safetensors").exists()


def test_hub_weights_of_the_cache_need_no_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    torch.manual_seed(5)
    theirs = timm.create_model("test_vit", pretrained=False).state_dict()
    root = tmp_path / "models--timm--test_vit.r160_in1k"
    (root / "snapshots" / "abc").mkdir(parents=True)
    (root / "refs").mkdir()
    (root / "refs" / "main").write_text("abc")
    save_file(theirs, root / "snapshots" / "abc" / "model.safetensors")
    # What HF_HUB_OFFLINE=1 and HF_HUB_CACHE set when the library starts.
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    model = make(tmp_path, "hub", name="test_vit.r160_in1k", size=160)
    found = load_file(model)
    assert found and all(torch.equal(value, theirs[key]) for key, value in found.items())
    assert read_model(model)[1].source == "hub"
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "empty"))
    with pytest.raises(SestonError, match=r"hub weights test_vit\.r160_in1k could not be had"):
        make(tmp_path, "hub", name="test_vit.r160_in1k", size=160)


@pytest.mark.skipif(not DINOV2.is_file(), reason="needs the DINOv2 file of the shared folder")
def test_earlier_block_of_the_dinov2_file(tmp_path: Path) -> None:
    model = make(tmp_path, DINOV2, name="vit_small_patch14_dinov2", size=70, feature="cls@9")
    built, card, _ = read_model(model)
    assert card.feature == "cls@9" and len(built.net.blocks) == 9
    theirs = timm.create_model(
        "vit_small_patch14_dinov2.lvd142m", pretrained=False, img_size=518, dynamic_img_size=True
    )
    theirs.load_state_dict({key: value.float() for key, value in load_file(DINOV2).items()})
    images = torch.rand(1, 3, 70, 70, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        ((_, prefix),) = theirs.eval().forward_intermediates(
            built.normalise(images),
            indices=[8],
            norm=True,
            return_prefix_tokens=True,
            intermediates_only=True,
        )
        torch.testing.assert_close(built(images), prefix[:, 0], atol=1e-4, rtol=1e-4)


def test_network_of_one_size_only(tmp_path: Path) -> None:
    with pytest.raises(SestonError, match=r"levit_128s does not take images of 64 px"):
        make(tmp_path, "random", name="levit_128s", size=64)
