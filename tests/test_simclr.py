import math

import pytest
import torch

from seston.models.backbones import Backbone, spec_of
from seston.models.simclr import SimCLR, nt_xent


def naive(first: list[list[float]], second: list[list[float]], temperature: float) -> float:
    """Equation 1 of the paper, one pair at a time."""

    def cosine(a: list[float], b: list[float]) -> float:
        dot = sum(x * y for x, y in zip(a, b, strict=True))
        return dot / math.sqrt(sum(x * x for x in a)) / math.sqrt(sum(x * x for x in b))

    views = first + second
    n = len(first)
    total = 0.0
    for i, view in enumerate(views):
        positive = math.exp(cosine(view, views[(i + n) % (2 * n)]) / temperature)
        others = sum(math.exp(cosine(view, v) / temperature) for j, v in enumerate(views) if j != i)
        total -= math.log(positive / others)
    return total / (2 * n)


def test_nt_xent_equals_the_formula() -> None:
    torch.manual_seed(0)
    first, second = torch.randn(5, 7), torch.randn(5, 7)
    for temperature in (0.1, 0.5):
        found = nt_xent(first, second, temperature).item()
        assert math.isclose(
            found, naive(first.tolist(), second.tolist(), temperature), rel_tol=1e-5
        )


def test_nt_xent_of_known_cases() -> None:
    # Two pairs at right angles: each view sees its partner at cosine 1 and two others at 0.
    unit = torch.eye(2)
    assert math.isclose(
        nt_xent(unit, unit, 1.0).item(), math.log((math.e + 2) / math.e), rel_tol=1e-6
    )
    # All alike: each of the three others is as near as the partner.
    assert math.isclose(
        nt_xent(torch.ones(2, 3), torch.ones(2, 3), 0.2).item(), math.log(3), rel_tol=1e-5
    )


def test_loss_takes_the_two_global_crops_and_reaches_the_backbone() -> None:
    torch.manual_seed(0)
    method = SimCLR(Backbone(spec_of("vit_test_patch8"), 32))
    loss, features = method.loss([[torch.rand(4, 3, 32, 32), torch.rand(4, 3, 32, 32)], []], 0.0)
    assert features.shape == (8, 32) and not features.requires_grad
    loss.backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in method.trained())
    assert method.result is method.backbone


def test_head_is_that_of_the_paper() -> None:
    head = SimCLR(Backbone(spec_of("vit_test_patch8"), 32)).head
    kinds = [type(layer).__name__ for layer in head]
    assert kinds == ["Linear", "BatchNorm1d", "ReLU", "Linear"]
    assert [tuple(layer.weight.shape) for layer in (head[0], head[3])] == [(2048, 32), (128, 2048)]
    assert head[3].bias is None


def test_nt_xent_takes_raw_projections_and_masks_the_view_itself() -> None:
    # Lengths mean nothing, and a view is no negative of itself, whatever the temperature:
    # subtracting exp(1 / T) in place of a mask fails where it overflows.
    torch.manual_seed(0)
    first, second = torch.randn(4, 3), torch.randn(4, 3)
    scaled = nt_xent(100 * first, 0.01 * second, 0.5)
    torch.testing.assert_close(scaled, nt_xent(first, second, 0.5))
    unit = torch.eye(3)
    # A partner at cosine 1 and four others at 0, at T = 0.005: log(1 + 4 exp(-200)).
    assert nt_xent(unit, unit, 0.005).item() == pytest.approx(0.0, abs=1e-6)
    # Partners at cosine 0, nothing else nearer than -1: log(1 + 2 exp(0)).
    opposite = torch.tensor([[1.0, 0.0], [-1.0, 0.0]])
    across = torch.tensor([[0.0, 1.0], [0.0, -1.0]])
    expected = math.log(math.exp(0) + math.exp(-1) + math.exp(0))
    assert nt_xent(opposite, across, 1.0).item() == pytest.approx(expected, rel=1e-6)


def test_loss_does_not_depend_on_the_order_of_the_images() -> None:
    torch.manual_seed(0)
    first, second = torch.randn(6, 4), torch.randn(6, 4)
    order = torch.tensor([3, 0, 5, 1, 4, 2])
    found = nt_xent(first[order], second[order], 0.5)
    torch.testing.assert_close(found, nt_xent(first, second, 0.5))
    torch.testing.assert_close(nt_xent(second, first, 0.5), nt_xent(first, second, 0.5))


def test_temperature_is_that_of_the_settings() -> None:
    torch.manual_seed(0)
    backbone = Backbone(spec_of("vit_test_patch8"), 32)
    method = SimCLR(backbone, hidden=16, temperature=0.5)
    features = torch.randn(8, backbone.length)
    first, second = method.head(features).chunk(2)
    expected = naive(first.tolist(), second.tolist(), 0.5)
    assert method.contrast(features).item() == pytest.approx(expected, rel=1e-5)
