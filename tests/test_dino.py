import math
from typing import Literal

import numpy as np
import pytest
import torch
from scipy.special import erf

from seston.errors import SestonError
from seston.models.backbones import Backbone, spec_of
from seston.models.dino import DINO, AnchoredHead, Head, dino_loss


def softmax(values: np.ndarray) -> np.ndarray:
    powers = np.exp(values)
    return powers / powers.sum(-1, keepdims=True)


def test_loss_equals_the_formula() -> None:
    # By the algorithm of the paper: two global and one local view, 2 x 3 - 2 = 4 pairs.
    rng = np.random.default_rng(0)
    student, teacher = rng.normal(0, 0.2, (3, 4, 6)), rng.normal(0, 0.2, (2, 4, 6))
    center = rng.normal(0, 0.1, 6)
    terms = [
        -(softmax((teacher[i] - center) / 0.05) * np.log(softmax(student[j] / 0.1))).sum(-1).mean()
        for i, j in ((0, 1), (0, 2), (1, 0), (1, 2))
    ]
    found = dino_loss(
        list(torch.from_numpy(student)),
        list(torch.from_numpy(teacher)),
        torch.from_numpy(center),
        0.05,
    )
    assert math.isclose(found.item(), np.mean(terms), rel_tol=1e-9)


def test_loss_of_known_cases() -> None:
    # A teacher that has become its own center is uniform: the loss is log(prototypes).
    flat = [torch.zeros(2, 8)] * 2
    assert math.isclose(
        dino_loss(flat, flat, torch.zeros(8), 0.04).item(), math.log(8), rel_tol=1e-6
    )
    same = torch.tensor([[0.3, -0.1, 0.2]])
    centred = dino_loss([torch.zeros(1, 3)] * 2, [same] * 2, same[0], 0.04)
    assert math.isclose(centred.item(), math.log(3), rel_tol=1e-6)
    # A sure teacher and a student that agrees: the loss is that of the student's temperature.
    sure = torch.tensor([[1.0, -1.0]])
    expected = math.log(1 + math.exp(-2 / 0.1))
    assert math.isclose(
        dino_loss([sure] * 2, [sure] * 2, torch.zeros(2), 0.04).item(), expected, abs_tol=1e-6
    )


def test_head_gives_cosines() -> None:
    torch.manual_seed(0)
    out = Head(8, 20)(torch.randn(5, 8))
    assert out.shape == (5, 20)
    assert out.abs().max() <= 1 + 1e-6


@pytest.fixture
def method() -> DINO:
    torch.manual_seed(0)
    return DINO(Backbone(spec_of("vit_test_patch8"), 32), prototypes=64)


def views(count: int = 3) -> list[list[torch.Tensor]]:
    generator = torch.Generator().manual_seed(1)
    return [
        [torch.rand(count, 3, 32, 32, generator=generator) for _ in range(2)],
        [torch.rand(count, 3, 16, 16, generator=generator) for _ in range(3)],
    ]


def test_gradient_reaches_the_student_only(method: DINO) -> None:
    loss, features = method.loss(views(), 0.0)
    loss.backward()
    assert features.shape == (6, 32)
    assert all(p.grad is not None for p in method.trained())
    assert all(p.grad is None for p in method.teacher.parameters())


def test_center_is_a_running_mean_of_the_teacher(method: DINO) -> None:
    crops = views()
    method.eval()
    with torch.no_grad():
        targets = method.teacher_head(method.teacher(torch.cat(crops[0])))
        method.loss(crops, 0.0)
        assert not method.center.any()  # it stays within a step
        method.after_step(1.0)
        torch.testing.assert_close(method.center, 0.1 * targets.mean(0))
        method.loss(crops, 0.0)
        method.after_step(1.0)
    torch.testing.assert_close(method.center, 0.19 * targets.mean(0))


def test_center_weights_every_image_of_a_step_alike(method: DINO) -> None:
    few, many = views(2), views(5)
    with torch.no_grad():
        both = torch.cat(
            [method.teacher_head(method.teacher(torch.cat(v[0]))) for v in (few, many)]
        )
        method.loss(few, 0.0)
        method.loss(many, 0.0)
        method.after_step(1.0)
    torch.testing.assert_close(method.center, 0.1 * both.mean(0))


def test_loss_uses_the_center_before_it_moves(method: DINO) -> None:
    crops = views()
    method.center.normal_(0, 0.1)
    before = method.center.clone()
    with torch.no_grad():
        targets = method.teacher_head(method.teacher(torch.cat(crops[0]))).split(3)
        features = [method.backbone(crop) for kind in crops for crop in kind]
        expected = dino_loss([method.head(f) for f in features], list(targets), before, 0.07)
        torch.testing.assert_close(method.loss(crops, 1.0)[0], expected)


def test_teacher_follows_the_student(method: DINO) -> None:
    start = method.teacher.net.norm.weight.clone()
    with torch.no_grad():
        method.backbone.net.norm.weight.add_(1.0)
    method.after_step(0.9)
    torch.testing.assert_close(method.teacher.net.norm.weight, start + 0.1)
    method.after_step(1.0)
    torch.testing.assert_close(method.teacher.net.norm.weight, start + 0.1)
    assert method.result is method.teacher


def test_no_local_crops(method: DINO) -> None:
    loss, _ = method.loss([views()[0], []], 0.5)
    assert loss.isfinite()


def test_teachers_batch_norms_learn_from_the_global_crops_alone() -> None:
    torch.manual_seed(0)
    method = DINO(Backbone(spec_of("resnet18"), 32), prototypes=16).train()
    crops = views()
    norm = method.teacher.net.bn1
    seen = []
    norm.register_forward_pre_hook(lambda module, given: seen.append(given[0].detach()))
    method.loss(crops, 0.0)
    method.after_step(0.9)
    assert len(seen) == 1 and len(seen[0]) == 6
    torch.testing.assert_close(norm.running_mean, 0.1 * seen[0].mean((0, 2, 3)))
    assert not torch.equal(norm.running_mean, method.backbone.net.bn1.running_mean)


@pytest.mark.parametrize("head", ["anchored", "random"])
def test_a_step_equals_the_algorithm_in_numpy(head: Literal["anchored", "random"]) -> None:
    # Algorithm 1 of the paper from features on: heads, loss, center and teacher of one step.
    torch.manual_seed(0)
    method = DINO(Backbone(spec_of("vit_test_patch8"), 32), 64, head)
    crops = views()
    with torch.no_grad():
        features = [method.backbone(crop).double().numpy() for kind in crops for crop in kind]
    next(method.teacher_head.parameters()).data.add_(0.3)  # else both heads are the same
    student, teacher = (
        {key: value.double().numpy().copy() for key, value in one.state_dict().items()}
        for one in (method.head, method.teacher_head)
    )
    method.center.uniform_(-0.1, 0.1)
    center = method.center.double().numpy().copy()
    targets = [project(teacher, feature) for feature in features[:2]]
    guesses = [project(student, feature) for feature in features]
    cold = 0.04 + 0.03 * 0.15 / 0.3
    terms = [
        -(softmax((targets[i] - center) / cold) * np.log(softmax(guesses[j] / 0.1))).sum(-1).mean()
        for i in range(2)
        for j in range(5)
        if i != j
    ]
    assert method.loss(crops, 0.15)[0].item() == pytest.approx(np.mean(terms), rel=1e-5)
    method.after_step(0.9)
    np.testing.assert_allclose(
        method.center, 0.9 * center + 0.1 * np.concatenate(targets).mean(0), atol=1e-6
    )
    for key, value in method.teacher_head.state_dict().items():
        np.testing.assert_allclose(value, 0.9 * teacher[key] + 0.1 * student[key], atol=1e-6)


def project(head: dict[str, np.ndarray], values: np.ndarray) -> np.ndarray:
    """The head in numpy: one layer, or three with GELU between, unit length, unit prototypes."""
    for layer in ("project",) if "project.weight" in head else ("mlp.0", "mlp.2", "mlp.4"):
        values = values @ head[f"{layer}.weight"].T + head[f"{layer}.bias"]
        if layer in ("mlp.0", "mlp.2"):
            values = values * 0.5 * (1 + erf(values / math.sqrt(2)))
    values = values / np.linalg.norm(values, axis=1, keepdims=True)
    last = head["last.weight"]
    return values @ (last / np.linalg.norm(last, axis=1, keepdims=True)).T


def half_whitened(known: np.ndarray, new: np.ndarray, wide: int) -> np.ndarray:
    """Principal components of `known` by its covariance; `new` in them, half whitened."""
    middle = known.mean(0)
    variances, axes = np.linalg.eigh(np.cov(known.T))
    keep = np.argsort(variances)[::-1][: min(wide, len(known) - 1)]
    projected = (new - middle) @ axes[:, keep] / variances[keep] ** 0.25
    return projected / np.linalg.norm(projected, axis=1, keepdims=True)


@pytest.mark.parametrize(
    ("images", "bottleneck"),
    [(40, 256), (40, 5), (7, 256)],  # all directions; the widest; fewer images than dimensions
)
def test_anchored_head_starts_from_half_whitened_components(images: int, bottleneck: int) -> None:
    rng = np.random.default_rng(4)
    mixing = rng.normal(size=(12, 12)) * np.geomspace(5, 0.2, 12)
    known, new = (rng.normal(size=(n, 12)) @ mixing + rng.normal(size=12) for n in (images, 9))
    head = AnchoredHead(12, images, bottleneck)
    head.anchor(torch.from_numpy(known).float())
    unit = half_whitened(known, known, min(12, bottleneck))
    for features, expected in (
        (known, unit @ unit.T),
        (new, half_whitened(known, new, min(12, bottleneck)) @ unit.T),
    ):
        found = head(torch.from_numpy(features).float()).detach()
        np.testing.assert_allclose(found, expected, atol=2e-4)


def test_anchored_head_repeats_few_images() -> None:
    torch.manual_seed(0)
    features = torch.randn(4, 6)
    head = AnchoredHead(6, 10)
    head.anchor(features)
    out = head(features)
    torch.testing.assert_close(out[:, 4:8], out[:, :4])
    torch.testing.assert_close(out[:, 8:], out[:, :2])
    torch.testing.assert_close(out.diagonal(), torch.ones(4))  # each image is its own prototype


@pytest.mark.parametrize("features", [torch.full((9, 6), 0.37), torch.full((9, 6), torch.nan)])
def test_features_that_are_all_the_same_are_no_start(features: torch.Tensor) -> None:
    with pytest.raises(SestonError, match="no features that tell 9 images apart"):
        AnchoredHead(6, 10).anchor(features)


def test_both_heads_start_alike(method: DINO) -> None:
    torch.manual_seed(1)
    assert method.anchors == 64
    before = method.head.last.weight.detach().clone()
    method.anchor(torch.randn(64, 32))
    student, teacher = method.head.state_dict(), method.teacher_head.state_dict()
    assert not torch.equal(student["last.weight"], before)
    assert all(torch.equal(student[key], teacher[key]) for key in teacher)
    assert not any(p.requires_grad for p in method.teacher_head.parameters())


def test_random_head_asks_for_no_anchors() -> None:
    method = DINO(Backbone(spec_of("vit_test_patch8"), 32), 16, "random")
    assert method.anchors == 0 and isinstance(method.head, Head)
