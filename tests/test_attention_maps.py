"""Attention maps and rollout against timm and against arithmetic by hand."""

from dataclasses import replace

import numpy as np
import pytest
import timm
import torch

from seston.models.attention_maps import attention_maps, rollout
from seston.models.backbones import Backbone, images_of, spec_of

CPU = torch.device("cpu")


def tiles_of(size: int, count: int = 2) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (count, size, size, 3), dtype=np.uint8)


def test_rollout_of_two_blocks_by_hand() -> None:
    # Two heads whose mean is W; per block A = (W + I) / 2, and the second block comes left.
    first = np.array([[0.5, 0.5, 0.0], [0.0, 1.0, 0.0], [0.2, 0.2, 0.6]])
    second = np.array([[0.0, 0.0, 1.0], [0.5, 0.25, 0.25], [1.0, 0.0, 0.0]])
    a1 = [[0.75, 0.25, 0.0], [0.0, 1.0, 0.0], [0.1, 0.1, 0.8]]
    a2 = [[0.5, 0.0, 0.5], [0.25, 0.625, 0.125], [0.5, 0.0, 0.5]]
    expected = np.array(a2) @ np.array(a1)
    np.testing.assert_allclose(expected[0], [0.425, 0.175, 0.4])
    apart = np.array([[0.1, -0.1, 0.0]] * 3)
    heads = [torch.tensor(np.stack([w - apart, w + apart]))[None] for w in (first, second)]
    found = rollout(heads)
    assert found.shape == (1, 3, 3)
    np.testing.assert_allclose(found[0], expected, atol=1e-12)
    np.testing.assert_allclose(found.sum(-1), 1.0)
    with pytest.raises(ValueError, match="no block"):
        rollout([])


def test_maps_equal_the_attention_inside_timm() -> None:
    torch.manual_seed(0)
    ours = Backbone(spec_of("vit_small3_patch8_64"), 64).eval()
    theirs = timm.create_model(
        "vit_small_patch16_224", pretrained=False, num_classes=0, img_size=64, patch_size=8, depth=3
    ).eval()
    theirs.load_state_dict(ours.net.state_dict())
    seen = []
    for block in theirs.blocks:
        block.attn.fused_attn = False
        block.attn.attn_drop.register_forward_hook(lambda _, given, out: seen.append(out.numpy()))
    tiles = tiles_of(64)
    with torch.inference_mode():
        theirs(ours.normalise(images_of(torch.from_numpy(tiles))))
    found = attention_maps(ours, tiles, CPU)
    assert found is not None
    last, flow = found
    assert (last.shape, last.dtype, flow.shape) == ((2, 6, 8, 8), np.float32, (2, 8, 8))
    np.testing.assert_allclose(last.reshape(2, 6, 64), seen[-1][:, :, 0, 1:], atol=1e-6)
    product = np.eye(65)
    for weights in seen:
        product = (weights.mean(1) + np.eye(65)) / 2 @ product
    np.testing.assert_allclose(flow.reshape(2, 64), product[:, 0, 1:], atol=1e-6)


@pytest.mark.parametrize("name", ["vit_small_patch14_reg4_dinov2", "vit_small_patch16_dinov3"])
def test_registers_are_left_out_of_the_map(name: str) -> None:
    torch.manual_seed(0)
    spec = spec_of(name)
    size = 2 * (spec.patch or 0)
    backbone = Backbone(replace(spec, feature="cls@2"), size).eval()
    tiles = tiles_of(size)
    found = attention_maps(backbone, tiles, CPU)
    assert found is not None
    with torch.inference_mode():
        all_tokens = list(
            backbone.attentions(backbone.normalise(images_of(torch.from_numpy(tiles))))
        )
    assert [one.shape for one in all_tokens] == [(2, 6, 9, 9)] * 2  # CLS, 4 registers, 4 patches
    expected = all_tokens[-1][:, :, 0, 5:].reshape(2, 6, 2, 2)
    np.testing.assert_allclose(found[0], expected, atol=1e-6)
    assert (found[0].sum((2, 3)) < 1).all() and (found[1].sum((1, 2)) < 1).all()


def test_batches_are_as_large_as_allowed_and_change_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    backbone, tiles = Backbone(spec_of("vit_test_patch8"), 32), tiles_of(32, 7)
    sizes: list[int] = []
    theirs = backbone.attentions
    monkeypatch.setattr(
        backbone, "attentions", lambda images: sizes.append(len(images)) or theirs(images)
    )
    found = {}
    one = 2 * 2 * 17**2 * 4  # blocks, heads, tokens to and from, bytes
    for held in (one, 3 * one + 1, 100 * one):
        monkeypatch.setattr("seston.models.attention_maps.HELD", held)
        found[held] = attention_maps(backbone, tiles, CPU)
    assert sizes == [1] * 7 + [1, 3, 3] + [1, 6]
    for last, flow in found.values():
        np.testing.assert_allclose(last, found[one][0], atol=1e-6)
        np.testing.assert_allclose(flow, found[one][1], atol=1e-6)


def test_no_image_still_has_its_shape() -> None:
    found = attention_maps(Backbone(spec_of("vit_test_patch8"), 32), tiles_of(32, 0), CPU)
    assert found is not None
    assert (found[0].shape, found[1].shape) == ((0, 2, 4, 4), (0, 4, 4))


@pytest.mark.parametrize("name", ["test_efficientnet", "test_vit3", "swin_tiny_patch4_window7_224"])
def test_networks_that_have_none(name: str) -> None:
    assert attention_maps(Backbone(spec_of(name), 64).eval(), tiles_of(64, 1), CPU) is None
