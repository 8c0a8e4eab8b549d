from dataclasses import replace

import numpy as np
import pytest
import timm
import torch

from seston.errors import SestonError
from seston.models.backbones import REGISTRY, Backbone, images_of, spec_of
from seston.models.vit import ViT, resampling


def shallow(name: str, size: int) -> ViT:
    """Return the first two blocks of an architecture, enough to compare."""
    torch.manual_seed(0)
    net = Backbone(replace(spec_of(name), depth=2), size).net.eval()
    assert isinstance(net, ViT)
    return net


def as_timm(name: str, net: ViT, **more: object) -> torch.nn.Module:
    theirs = timm.create_model(name, pretrained=False, num_classes=0, depth=2, **more)
    theirs.load_state_dict(net.state_dict(), strict=True)
    return theirs.eval()


def same_tokens(net: ViT, theirs: torch.nn.Module, images: torch.Tensor) -> None:
    with torch.inference_mode():
        torch.testing.assert_close(net(images), theirs.forward_features(images))


def test_tiny_vit_gives_the_tokens_of_timm() -> None:
    net = shallow("vit_tiny_patch8_64", 64)
    theirs = as_timm("vit_tiny_patch16_224", net, img_size=64, patch_size=8)
    same_tokens(net, theirs, torch.rand(2, 3, 64, 64))


@pytest.mark.parametrize("name", ["dinov2", "reg4_dinov2"])
def test_dinov2_gives_the_tokens_of_timm(name: str) -> None:
    name = f"vit_small_patch14_{name}"
    net = shallow(name, 56)
    for block in net.blocks:
        torch.nn.init.normal_(block.ls1.gamma)  # timm starts them at 1e-5: too small to see
        torch.nn.init.normal_(block.ls2.gamma)
    same_tokens(net, as_timm(name, net, img_size=56), torch.rand(1, 3, 56, 56))


def test_other_image_sizes_give_the_tokens_of_timm() -> None:
    net = shallow("vit_tiny_patch8_64", 64)
    torch.nn.init.normal_(net.pos_embed)
    more = {"img_size": 64, "patch_size": 8, "dynamic_img_size": True}
    same_tokens(net, as_timm("vit_tiny_patch16_224", net, **more), torch.rand(2, 3, 32, 48))


def test_positions_of_the_own_grid_are_not_touched() -> None:
    torch.testing.assert_close(resampling(8, (8, 8)), torch.eye(64))
    # a constant stays constant, whatever the grid
    torch.testing.assert_close(resampling(5, (3, 7)).sum(1), torch.ones(21))


def test_size_and_parameters_of_the_bundled_architecture() -> None:
    backbone = Backbone(spec_of("vit_tiny_patch8_64"), 64)
    assert sum(p.numel() for p in backbone.parameters()) == 5_388_480
    assert backbone(torch.rand(2, 3, 64, 64)).shape == (2, 384)  # CLS and mean


@pytest.mark.parametrize("feature", ["cls", "mean", "cls+mean"])
def test_feature_is_taken_after_the_norm(feature: str) -> None:
    torch.manual_seed(0)
    backbone = Backbone(replace(spec_of("vit_test_patch8"), feature=feature), 32).eval()
    images = torch.rand(3, 3, 32, 32)
    tokens = backbone.net((images - 0.5) / 0.25)
    cls, mean = tokens[:, 0], tokens[:, 1:].mean(1)
    expected = {"cls": cls, "mean": mean, "cls+mean": torch.cat([cls, mean], 1)}[feature]
    assert backbone.length == expected.shape[1]
    torch.testing.assert_close(backbone(images), expected)


def test_convolutional_network_comes_from_timm() -> None:
    backbone = Backbone(spec_of("resnet18"), 64).eval()
    assert backbone(torch.rand(2, 3, 64, 64)).shape == (2, 512)


def test_any_model_of_timm_can_be_named() -> None:
    spec = spec_of("test_vit")
    assert (spec.patch, spec.dim) == (16, 64)
    backbone = Backbone(spec, 32).eval()
    assert backbone(torch.rand(1, 3, 32, 32)).shape == (1, 64)


def test_registry_agrees_with_timm_on_the_transform() -> None:
    for spec in REGISTRY.values():
        if spec.size is not None:
            config = timm.get_pretrained_cfg(spec.name)
            assert (spec.mean, spec.std) == (config.mean, config.std), spec.name
            assert spec.size == config.input_size[-1], spec.name


def test_name_with_and_without_its_tag() -> None:
    assert spec_of("vit_small_patch8_224") is spec_of("vit_small_patch8_224.dino")


def test_another_tag_is_taken_from_timm() -> None:
    assert spec_of("resnet18.tv_in1k").name == "resnet18.tv_in1k"


def test_unknown_name_is_answered_with_near_ones() -> None:
    with pytest.raises(SestonError, match=r"did you mean .*vit_tiny_patch8_64"):
        spec_of("vit_tiny_patch8_46")


@pytest.mark.parametrize("name", ["vit_small_patch8_242", "vit_small_patch8_224.dyno"])
def test_near_names_are_told_once_and_the_registrys_in_full_first(name: str) -> None:
    with pytest.raises(SestonError) as told:
        spec_of(name)
    near = str(told.value).split("did you mean ")[1].rstrip("?").split(" or ")
    assert near[0] == "vit_small_patch8_224.dino"
    assert len(near) == len({one.partition(".")[0] for one in near})
    full = {spec.name for spec in REGISTRY.values()}
    known = [one in full for one in near]
    assert known == sorted(known, reverse=True)


def test_tile_that_is_no_whole_number_of_patches() -> None:
    with pytest.raises(SestonError, match=r"64 px .* 14 px; set tiles\.size to 56 or 70"):
        Backbone(spec_of("vit_small_patch14_dinov2"), 64)


def test_images_of_tiles() -> None:
    tiles = np.zeros((1, 2, 2, 3), np.uint8)
    tiles[0, 0, 1] = (255, 51, 0)
    images = images_of(torch.from_numpy(tiles))
    assert images.shape == (1, 3, 2, 2)
    np.testing.assert_allclose(images[0, :, 0, 1], [1.0, 0.2, 0.0], rtol=1e-6)
