from dataclasses import replace

import numpy as np
import pytest
import timm
import torch

from seston.errors import SestonError
from seston.models.backbones import Backbone, images_of, spec_of


def test_size_and_parameters_of_the_bundled_architecture() -> None:
    backbone = Backbone(spec_of("vit_small3_patch8_64"), 64)
    assert sum(p.numel() for p in backbone.parameters()) == 5_423_616
    assert backbone(torch.rand(2, 3, 64, 64)).shape == (2, 384)  # CLS


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


def as_timm(net: torch.nn.Module, name: str, **more: object) -> torch.nn.Module:
    theirs = timm.create_model(name, pretrained=False, num_classes=0, **more)
    theirs.load_state_dict(net.state_dict(), strict=True)
    return theirs.eval()


def test_earlier_blocks_pass_through_the_last_norm_as_in_timm() -> None:
    torch.manual_seed(0)
    spec = replace(spec_of("vit_small_patch14_reg4_dinov2"), depth=3)
    backbone = Backbone(replace(spec, feature="cls@1+mean@2+cls"), 28).eval()
    theirs = as_timm(backbone.net, "vit_small_patch14_reg4_dinov2", img_size=28, depth=3)
    images = torch.rand(2, 3, 28, 28)
    with torch.inference_mode():
        found = theirs.forward_intermediates(
            backbone.normalise(images),
            norm=True,
            return_prefix_tokens=True,
            intermediates_only=True,
        )
        (_, first), (patches, _), (_, last) = found
        expected = torch.cat([first[:, 0], patches.mean((2, 3)), last[:, 0]], 1)
        torch.testing.assert_close(backbone(images), expected)
    assert backbone.length == 3 * 384


@pytest.mark.parametrize("feature", ["cls@1", "mean@1", "cls@1+mean@2"])
@pytest.mark.parametrize("name", ["vit_test_patch8", "test_vit"])
def test_every_parameter_learns_whatever_the_feature(name: str, feature: str) -> None:
    torch.manual_seed(0)
    backbone = Backbone(replace(spec_of(name), feature=feature), 32)
    last = 2 if "@2" in feature else 1
    assert len(backbone.net.blocks) == last < 3
    backbone(torch.rand(2, 3, 32, 32)).square().sum().backward()
    idle = [
        key
        for key, value in backbone.named_parameters()
        if value.grad is None or not value.grad.any()
    ]
    assert idle == []


def test_dinov3_at_the_size_of_tiles() -> None:
    torch.manual_seed(0)
    spec = spec_of("vit_small_patch16_dinov3")
    backbone = Backbone(replace(spec, feature="cls+mean@2"), 64).eval()
    theirs = as_timm(backbone.net, spec.name, img_size=64)
    images = torch.rand(1, 3, 64, 64)
    with torch.inference_mode():
        images_there = backbone.normalise(images)
        tokens = theirs.forward_features(images_there)
        assert tokens.shape == (1, 5 + 16, 384)  # CLS, four registers, 4 x 4 patches
        x, rope = theirs._pos_embed(theirs.patch_embed(images_there))
        for block in theirs.blocks[:2]:
            x = block(x, rope=rope)
        expected = torch.cat([tokens[:, 0], theirs.norm(x)[:, 5:].mean(1)], 1)
        torch.testing.assert_close(backbone(images), expected)
        assert backbone(torch.rand(1, 3, 32, 32)).shape == (1, 768)  # local crops
    assert (spec.depth, spec.dim) == (len(theirs.blocks), theirs.num_features)


def test_pool_is_what_timm_pools() -> None:
    torch.manual_seed(0)
    backbone = Backbone(replace(spec_of("vit_small_patch16_dinov3"), feature="pool"), 32).eval()
    theirs = as_timm(backbone.net, "vit_small_patch16_dinov3", img_size=32)
    images = torch.rand(1, 3, 32, 32)
    with torch.inference_mode():
        torch.testing.assert_close(backbone(images), theirs(backbone.normalise(images)))


@pytest.mark.parametrize(
    ("name", "feature", "message"),
    [
        ("resnet18", "cls", "neither a CLS token nor blocks .* use pool"),
        ("vit_test_patch8", "pool", "no pooling of its own; use cls"),
        ("vit_test_patch8", "cls@3", "has 2 blocks"),
        ("test_vit3", "cls", "has no CLS token; use mean"),
    ],
)
def test_feature_that_a_network_cannot_give(name: str, feature: str, message: str) -> None:
    with pytest.raises(SestonError, match=message):
        Backbone(replace(spec_of(name), feature=feature), 32)


def test_convolutional_network_comes_from_timm() -> None:
    backbone = Backbone(spec_of("resnet18"), 64).eval()
    assert backbone(torch.rand(2, 3, 64, 64)).shape == (2, 512)


def test_any_model_of_timm_can_be_named() -> None:
    spec = spec_of("test_vit")
    assert (spec.patch, spec.dim) == (16, 64)
    backbone = Backbone(spec, 32).eval()
    assert backbone(torch.rand(1, 3, 32, 32)).shape == (1, 64)


def test_tile_that_is_no_whole_number_of_patches() -> None:
    with pytest.raises(SestonError, match=r"64 px .* 14 px; set tiles\.size to 56 or 70"):
        Backbone(spec_of("vit_small_patch14_dinov2"), 64)


def test_images_of_tiles() -> None:
    tiles = np.zeros((1, 2, 2, 3), np.uint8)
    tiles[0, 0, 1] = (255, 51, 0)
    images = images_of(torch.from_numpy(tiles))
    assert images.shape == (1, 3, 2, 2)
    np.testing.assert_allclose(images[0, :, 0, 1], [1.0, 0.2, 0.0], rtol=1e-6)
