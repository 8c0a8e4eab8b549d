"""Our transformer against the same network of timm."""

from dataclasses import replace

import pytest
import timm
import torch

from seston.models.backbones import Backbone, spec_of
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


def test_bundled_vit_gives_the_tokens_of_timm() -> None:
    net = shallow("vit_small3_patch8_64", 64)
    theirs = as_timm("vit_small_patch16_224", net, img_size=64, patch_size=8)
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
    net = shallow("vit_small3_patch8_64", 64)
    torch.nn.init.normal_(net.pos_embed)
    more = {"img_size": 64, "patch_size": 8, "dynamic_img_size": True}
    same_tokens(net, as_timm("vit_small_patch16_224", net, **more), torch.rand(2, 3, 32, 48))


def test_positions_of_the_own_grid_are_not_touched() -> None:
    torch.testing.assert_close(resampling(8, (8, 8)), torch.eye(64))
    # a constant stays constant, whatever the grid
    torch.testing.assert_close(resampling(5, (3, 7)).sum(1), torch.ones(21))


def test_tokens_after_blocks_are_those_of_timm() -> None:
    net = shallow("vit_small3_patch8_64", 64)
    theirs = as_timm("vit_small_patch16_224", net, img_size=64, patch_size=8)
    images = torch.rand(2, 3, 64, 64)
    options = {"norm": True, "output_fmt": "NLC", "intermediates_only": True}
    with torch.inference_mode():
        found = net.tokens(images, {1, 2})
        expected = theirs.forward_intermediates(images, return_prefix_tokens=True, **options)
        for block, (patches, prefix) in enumerate(expected, 1):
            torch.testing.assert_close(found[block], torch.cat([prefix, patches], 1))
        torch.testing.assert_close(found[2], net(images))
        assert net.tokens(images, {2}).keys() == {2}


def test_attention_of_all_blocks_is_that_of_timm() -> None:
    net = shallow("vit_small3_patch8_64", 64)
    theirs = as_timm("vit_small_patch16_224", net, img_size=64, patch_size=8)
    seen = []
    for block in theirs.blocks:
        block.attn.fused_attn = False
        block.attn.attn_drop.register_forward_hook(lambda _, given, out: seen.append(out))
    images = torch.rand(2, 3, 64, 64)
    with torch.inference_mode():
        theirs(images)
        found = list(net.attentions(images))
    assert len(found) == len(seen) == 2
    for ours, expected in zip(found, seen, strict=True):
        assert ours.shape == (2, 6, 65, 65)
        torch.testing.assert_close(ours, expected)
