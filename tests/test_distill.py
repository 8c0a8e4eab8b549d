import math
from pathlib import Path

import pandas as pd
import pytest
import torch
from torch import Tensor

from seston.errors import SestonError
from seston.finetune import finetune
from seston.models.backbones import Backbone, spec_of
from seston.models.distill import Distill, likeness_loss
from seston.models.weights import backbone
from synthetic_tiles import write_tiles


def test_likeness_of_known_angles() -> None:
    # 0, 90, 180 and 60 degrees: 1 - cosine is 0, 1, 2 and 0.5, whatever the lengths.
    guess = torch.tensor([[3.0, 0.0], [1.0, 0.0], [1.0, 1.0], [2.0, 0.0]])
    target = torch.tensor([[1.0, 0.0], [0.0, 5.0], [-2.0, -2.0], [0.5, math.sqrt(0.75)]])
    assert likeness_loss(guess, target).item() == pytest.approx((0 + 1 + 2 + 0.5) / 4)


@pytest.fixture
def method() -> Distill:
    torch.manual_seed(0)
    spec = spec_of("vit_test_patch8")
    return Distill(Backbone(spec, 32), Backbone(spec, 32)).train()


def test_teacher_is_standardised_over_the_first_images(method: Distill) -> None:
    images = torch.rand(1200, 3, 32, 32)
    with torch.no_grad():
        raw = method.teacher(images).double()
    batches = [(0, 500), (500, 1100), (1100, 1200)]
    found = [method.target(images[start:stop]) for start, stop in batches]
    # Statistics grow until 1024 images are seen, with the whole of the last batch.
    for (start, stop), upto, targets in zip(batches, (500, 1100, 1100), found, strict=True):
        mean, std = raw[:upto].mean(0), raw[:upto].std(0, correction=0)
        torch.testing.assert_close(
            targets.double(), (raw[start:stop] - mean) / std, rtol=1e-4, atol=1e-4
        )


def test_teacher_sees_the_crops_in_its_own_size(method: Distill) -> None:
    seen: list[Tensor] = []
    method.teacher.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    method.target(torch.full((2, 3, 16, 16), 0.25))
    torch.testing.assert_close(seen[0], torch.full((2, 3, 32, 32), 0.25))


def test_every_part_of_the_feature_has_a_head_and_a_gradient() -> None:
    torch.manual_seed(0)
    student = Backbone(spec_of("vit_tiny_patch8_64"), 64)
    method = Distill(student, Backbone(spec_of("vit_test_patch8"), 32)).train()
    assert [(head.in_features, head.out_features) for head in method.head] == [(192, 32)] * 2
    loss, features = method.loss([[torch.rand(4, 3, 64, 64)], []], 0.0)
    assert features.shape == (4, 384) and not features.requires_grad
    loss.backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in method.trained())
    assert all(p.grad is None for p in method.teacher.parameters())
    assert method.result is student


def test_teacher_stays_as_it_is() -> None:
    torch.manual_seed(0)
    teacher = Backbone(spec_of("resnet18"), 32)  # its norms would learn in training mode
    before = {key: value.clone() for key, value in teacher.state_dict().items()}
    method = Distill(Backbone(spec_of("vit_test_patch8"), 32), teacher).train()
    optimizer = torch.optim.AdamW(method.trained(), 1e-2)
    start = method.backbone.net.norm.weight.detach().clone()
    for _ in range(3):
        optimizer.zero_grad()
        method.loss([[torch.rand(4, 3, 32, 32)], []], 0.0)[0].backward()
        optimizer.step()
    assert not torch.equal(method.backbone.net.norm.weight, start)
    assert all(torch.equal(value, before[key]) for key, value in teacher.state_dict().items())


@pytest.fixture
def run(tmp_path: Path) -> Path:
    write_tiles(tmp_path / "tiles" / "a.arrow", {"a": 32})
    for name, seed in (("student", 1), ("teacher", 2)):
        path = tmp_path / f"{name}.safetensors"
        backbone(name="vit_test_patch8", weights="random", size=32, seed=seed, model=path)
    return tmp_path


def train(run: Path, method: str, teacher: Path | None, epochs: int = 1, name: str = "out") -> Path:
    finetune(
        tiles_dir=run / "tiles",
        shards=["a"],
        backbone=run / "student.safetensors",
        model=run / f"{name}.safetensors",
        history=run / f"{name}.tsv",
        resume=run / f"{name}.resume",
        method=method,  # type: ignore[arg-type]
        epochs=epochs,
        max_images=0,
        batch_size=16,
        learning_rate=3e-3,
        weight_decay=0.04,
        local_crops=0,
        seed=3,
        teacher=teacher,
    )
    return run / f"{name}.safetensors"


def test_student_learns_the_teacher(run: Path) -> None:
    teacher = run / "teacher.safetensors"
    before = teacher.read_bytes()
    train(run, "distill", teacher, epochs=30)
    curve = pd.read_csv(run / "out.tsv", sep="\t")
    assert curve["images"].tolist() == [16] * 60
    assert curve["loss"].tail(6).mean() < 0.5 * curve["loss"].head(3).mean()
    assert teacher.read_bytes() == before


def test_same_seed_and_teacher_same_bytes(run: Path) -> None:
    first = train(run, "distill", run / "teacher.safetensors", name="first").read_bytes()
    assert train(run, "distill", run / "teacher.safetensors", name="second").read_bytes() == first
    assert train(run, "distill", run / "student.safetensors", name="third").read_bytes() != first


@pytest.mark.parametrize(("method", "named"), [("distill", None), ("simclr", "teacher")])
def test_method_and_teacher_go_together(run: Path, method: str, named: str | None) -> None:
    teacher = None if named is None else run / f"{named}.safetensors"
    with pytest.raises(SestonError, match=f"method {method} with teacher .*distill needs a teach"):
        train(run, method, teacher)
    assert not (run / "out.safetensors").exists()
