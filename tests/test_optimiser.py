import pytest
import torch
from torch import nn

from seston.models.backbones import Backbone
from seston.models.dino import DINO
from seston.models.lars import LARS
from seston.models.optimiser import depths, is_decayed, layer_scales, optimiser, set_rates
from seston.models.registry import spec_of
from seston.models.simclr import SimCLR


def backbone(name: str) -> Backbone:
    torch.manual_seed(0)
    return Backbone(spec_of(name), 32)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "vit_test_patch8",
            {
                "cls_token": 0,
                "pos_embed": 0,
                "patch_embed.proj.weight": 0,
                "blocks.0.attn.qkv.bias": 1,
                "blocks.1.mlp.fc2.weight": 2,
                "norm.weight": 3,
            },
        ),
        (
            "resnet18",
            {"conv1.weight": 0, "bn1.bias": 0, "layer1.0.conv1.weight": 1, "layer4.1.bn2.bias": 4},
        ),
        (
            "tf_efficientnet_lite0",
            {"conv_stem.weight": 0, "blocks.0.0.conv_dw.weight": 1, "conv_head.weight": 8},
        ),
    ],
)
def test_depth_of_layers(name: str, expected: dict[str, int]) -> None:
    found = depths(backbone(name).net)
    assert {key: found[key] for key in expected} == expected


def test_scale_falls_from_the_head_to_the_patches() -> None:
    scales = layer_scales(backbone("vit_test_patch8"), 0.5)
    assert scales["norm.bias"] == 1.0
    assert scales["blocks.1.attn.proj.weight"] == 0.5
    assert scales["blocks.0.attn.proj.weight"] == 0.25
    assert scales["patch_embed.proj.bias"] == scales["pos_embed"] == 0.125
    assert set(layer_scales(backbone("vit_test_patch8"), 1.0).values()) == {1.0}
    # the last stage of a ResNet has nothing above it
    assert layer_scales(backbone("resnet18"), 0.5)["layer4.0.conv1.weight"] == 1.0


def test_network_without_blocks_is_told(caplog: pytest.LogCaptureFixture) -> None:
    plain = backbone("vit_test_patch8")
    plain.net = nn.Sequential(nn.Conv2d(3, 4, 3))
    assert set(layer_scales(plain, 0.5).values()) == {1.0}
    assert "layer_decay has no effect" in caplog.text


def test_every_trained_parameter_is_in_one_group_with_its_decay() -> None:
    method = DINO(backbone("vit_test_patch8"), prototypes=16)
    found = optimiser(method, 0.7)
    ids = [id(p) for group in found.param_groups for p in group["params"]]
    assert sorted(ids) == sorted(id(p) for p in method.trained())
    set_rates(found, 1e-2, 0.3)
    rates = {
        id(p): (group["lr"], group["weight_decay"])
        for group in found.param_groups
        for p in group["params"]
    }
    net = method.backbone.net
    assert rates[id(net.pos_embed)] == pytest.approx((1e-2 * 0.7**3, 0.0))
    assert rates[id(net.cls_token)] == pytest.approx((1e-2 * 0.7**3, 0.0))
    assert rates[id(net.patch_embed.proj.weight)] == pytest.approx((1e-2 * 0.7**3, 0.3))
    assert rates[id(net.blocks[1].mlp.fc1.weight)] == pytest.approx((1e-2 * 0.7, 0.3))
    assert rates[id(net.blocks[1].norm1.weight)] == pytest.approx((1e-2 * 0.7, 0.0))
    assert rates[id(method.head.last.weight)] == pytest.approx((1e-2, 0.3))
    assert rates[id(method.head.project.bias)] == pytest.approx((1e-2, 0.0))


def test_lars_moves_each_matrix_by_its_own_size() -> None:
    method = SimCLR(backbone("vit_test_patch8"), hidden=8)
    found = optimiser(method, 1.0, "lars")
    matrix, bias = method.head[0].weight, method.head[0].bias
    start, held = matrix.detach().clone(), bias.detach().clone()
    slopes = torch.randn_like(matrix), torch.randn_like(bias)
    for steep in (1.0, 1000.0):  # the second step is of the momentum's own making as well
        matrix.grad, bias.grad = steep * slopes[0], slopes[1]
        set_rates(found, 4.0, 1e-2)
        found.step()
    # By hand, in float64; all else had no gradient and stays.
    weights, moved = start.double(), torch.zeros_like(start).double()
    for steep in (1.0, 1000.0):
        slope = steep * slopes[0].double() + 1e-2 * weights
        moved = 0.9 * moved + 1e-3 * weights.norm() / slope.norm() * slope
        weights = weights - 4.0 * moved
    torch.testing.assert_close(matrix.detach().double(), weights, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(bias.detach(), held - 4.0 * (1 + 1.9) * slopes[1])


def test_lars_leaves_nothing_that_is_no_number() -> None:
    weights = nn.Parameter(torch.zeros(3, 3))
    flat = nn.Parameter(torch.ones(3, 3))
    found = LARS([{"params": [weights, flat]}], lr=0.1)
    weights.grad, flat.grad = torch.ones(3, 3), torch.zeros(3, 3)
    found.step()
    # Weights of 0 have no size to fit to: plain SGD.
    torch.testing.assert_close(weights.detach(), torch.full((3, 3), -0.1))
    torch.testing.assert_close(flat.detach(), torch.ones(3, 3))


def test_decay_acts_on_matrices_only() -> None:
    matrix, vector = nn.Parameter(torch.zeros(2, 2)), nn.Parameter(torch.zeros(2))
    assert is_decayed("blocks.0.mlp.fc1.weight", matrix)
    assert not is_decayed("blocks.0.norm1.weight", vector)
    assert not is_decayed("backbone.net.pos_embed", matrix)
