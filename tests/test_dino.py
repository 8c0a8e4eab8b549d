import math

import numpy as np
import pytest
import torch

from seston.models.backbones import Backbone, spec_of
from seston.models.dino import DINO, Head, dino_loss


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
        torch.testing.assert_close(method.center, 0.1 * targets.mean(0))
        method.loss(crops, 0.0)
    torch.testing.assert_close(method.center, 0.19 * targets.mean(0))


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
