"""Tokens and attention of timm's transformers, checked against their own arithmetic."""

import timm
import torch

from seston.models import timm_vit


def net_of(name: str, **more: object) -> torch.nn.Module:
    torch.manual_seed(0)
    return timm.create_model(name, pretrained=False, num_classes=0, **more).eval()


def test_attention_gives_the_mixture_that_the_fused_kernel_gives() -> None:
    # DINOv3: registers, turned positions. What goes into `proj` is weights @ values.
    net = net_of("vit_small_patch16_dinov3", img_size=64, depth=2)
    values, mixed = [], []
    for block in net.blocks:
        block.attn.qkv.register_forward_hook(lambda _, given, out: values.append(out))
        block.attn.proj.register_forward_hook(lambda _, given, out: mixed.append(given[0]))
    images = torch.rand(2, 3, 64, 64)
    with torch.inference_mode():
        net(images)  # fused
        fused, fused_values = mixed[:], values[:]
        found = timm_vit.attentions(net, images)
    assert [one.shape for one in found] == [(2, 6, 21, 21)] * 2
    for weights, qkv, expected in zip(found, fused_values, fused, strict=True):
        value = qkv.reshape(2, 21, 3, 6, 64)[:, :, 2].transpose(1, 2)
        ours = (weights @ value).transpose(1, 2).reshape(2, 21, 384)
        torch.testing.assert_close(ours, expected)


def test_network_is_left_as_it_was() -> None:
    net = net_of("test_vit")
    before = [block.attn.fused_attn for block in net.blocks]
    images = torch.rand(1, 3, 160, 160)
    with torch.inference_mode():
        expected = net(images)
        timm_vit.attentions(net, images)
        assert torch.equal(net(images), expected)
    assert [block.attn.fused_attn for block in net.blocks] == before
    assert not any(block.attn.attn_drop._forward_hooks for block in net.blocks)


def test_networks_without_plain_blocks() -> None:
    assert timm_vit.depth_of(net_of("test_vit")) == len(net_of("test_vit").blocks)
    for name in ("test_resnet", "test_efficientnet"):  # the second has `blocks` too
        assert timm_vit.depth_of(net_of(name)) == timm_vit.prefix_of(net_of(name)) == 0
        assert timm_vit.attentions(net_of(name), torch.rand(1, 3, 64, 64)) == []
    pooled = net_of("test_vit", global_pool="avg")  # its norm is over what is pooled
    assert timm_vit.depth_of(pooled) == 0


def test_cut_drops_what_nothing_uses() -> None:
    net = net_of("test_vit3")  # pools by attention
    assert any(key.startswith("attn_pool") for key in net.state_dict())
    images = torch.rand(1, 3, 160, 160)
    with torch.inference_mode():
        before = timm_vit.tokens(net, images, {2})[2]
        timm_vit.cut(net, 2)
        torch.testing.assert_close(timm_vit.tokens(net, images, {2})[2], before)
    assert len(net.blocks) == 2
    assert not any(key.startswith(("attn_pool", "fc_norm", "head")) for key in net.state_dict())
