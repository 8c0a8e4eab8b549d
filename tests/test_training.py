from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from seston.collection import Tiles
from seston.distributed import Ranks
from seston.models.model_file import read_model
from seston.training import Trainer, spread
from seston.training_settings import Settings
from small_training import SETTINGS, SHARDS, make_run

Make = Callable[..., Trainer]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    run = make_run(tmp_path)
    tiles = Tiles(run / "tiles", SHARDS)

    def trainer(settings: Settings = SETTINGS, **more: object) -> Trainer:
        start = read_model(run / "start.safetensors")[0]
        return Trainer(start, settings, tiles, torch.device("cpu"), **more)

    return trainer


def test_prototypes_wait_and_the_rest_moves(make: Make) -> None:
    trainer = make(replace(SETTINGS, frozen=0.5))
    trainer.begin()
    held = trainer.method.held()[0]
    before, steps = held.detach().clone(), trainer.batches()
    first = trainer.method.backbone.net.patch_embed.proj.weight.detach().clone()
    for _ in range(4):  # half of the 8 steps
        trainer.advance(next(steps))
    assert torch.equal(held, before)
    assert torch.equal(trainer.method.teacher_head.last.weight, before)
    assert not torch.equal(trainer.method.backbone.net.patch_embed.proj.weight, first)
    trainer.advance(next(steps))
    assert not torch.equal(held, before)


def test_a_training_begins_with_the_features_of_its_images(make: Make) -> None:
    trainer, again = make(), make()
    before = {key: value.clone() for key, value in trainer.method.backbone.state_dict().items()}
    trainer.begin()
    again.begin()
    head = trainer.method.head.state_dict()
    assert all(
        torch.equal(head[key], value) for key, value in again.method.head.state_dict().items()
    )
    assert not torch.equal(head["last.weight"], make().method.head.last.weight)
    after = trainer.method.backbone.state_dict()
    assert all(torch.equal(after[key], value) for key, value in before.items())
    assert trainer.method.backbone.training


def test_parameters_without_gradient_stay_bit_for_bit(make: Make) -> None:
    trainer = make(replace(SETTINGS, weight_decay=0.5))
    frozen = trainer.method.backbone.net.blocks[0]
    frozen.requires_grad_(False)
    before = {key: value.clone() for key, value in frozen.state_dict().items()}
    for positions in trainer.batches():
        trainer.advance(positions)
    assert all(torch.equal(value, before[key]) for key, value in frozen.state_dict().items())
    slow = trainer.method.result.net.blocks[0].state_dict()
    assert all(torch.equal(value, before[key]) for key, value in slow.items())


def gradients(trainer: Trainer) -> tuple[Tensor, float, float]:
    """Return gradient, loss and spread of the first step, before clipping and AdamW."""
    found: list[Tensor] = []
    trainer.ranks = Noting(found)
    trainer.advance(next(iter(trainer.batches())))
    return found[0], *trainer.latest()


class Noting(Ranks):
    """Ranks that keep the gradient they are asked to sum."""

    def __init__(self, found: list[Tensor]) -> None:
        super().__init__()
        object.__setattr__(self, "found", found)

    def sum_gradients(self, parameters: list[nn.Parameter]) -> None:
        grads = [p.grad.flatten() for p in parameters if p.grad is not None]
        self.found.append(torch.cat(grads).clone())


@pytest.mark.parametrize("method", ["dino", "simclr"])
@pytest.mark.parametrize("parts", [2, 3, 8])
def test_micro_batches_give_the_gradient_of_the_batch(make: Make, method: str, parts: int) -> None:
    settings = replace(SETTINGS, method=method, batch_size=8)
    whole, loss, breadth = gradients(make(settings))
    cut, loss_cut, breadth_cut = gradients(make(replace(settings, accumulate=parts)))
    assert (cut - whole).norm() < 1e-4 * whole.norm()
    assert (loss_cut, breadth_cut) == pytest.approx((loss, breadth), rel=1e-5)


def test_center_moves_by_the_whole_batch(make: Make) -> None:
    centers = []
    for accumulate in (1, 4):
        trainer = make(replace(SETTINGS, batch_size=8, accumulate=accumulate))
        steps = trainer.batches()
        trainer.advance(next(steps))
        trainer.advance(next(steps))
        centers.append(trainer.method.center)
    assert centers[0].abs().max() > 0
    torch.testing.assert_close(centers[1], centers[0], rtol=1e-4, atol=1e-6)


def test_clipping_acts_on_the_accumulated_gradient(make: Make) -> None:
    settings = replace(SETTINGS, method="simclr", batch_size=8, accumulate=4, clip=1e-3)
    trainer = make(settings)
    trainer.advance(next(iter(trainer.batches())))
    norms = [p.grad.norm() for p in trainer.method.trained() if p.grad is not None]
    assert torch.stack(norms).norm().item() == pytest.approx(1e-3, rel=1e-2)


def test_dropout_is_drawn_by_seed_and_step(make: Make) -> None:
    # Two passes over a part (SimCLR) and a resumed training must meet the same dropout.
    def with_dropout() -> Trainer:
        trainer = make(replace(SETTINGS, method="simclr", batch_size=8, accumulate=2))
        trainer.method.backbone.net.norm = nn.Sequential(
            trainer.method.backbone.net.norm, nn.Dropout(0.5)
        )
        return trainer

    whole = with_dropout()
    for positions in whole.batches():
        whole.advance(positions)
    first = with_dropout()
    steps = first.batches()
    first.advance(next(steps))
    first.advance(next(steps))
    second = with_dropout()
    second.restore(first.state())
    torch.rand(17)  # whatever was drawn in between
    for positions in second.batches():
        second.advance(positions)
    assert second.history == whole.history


def test_history_follows_the_schedule_to_its_end(make: Make) -> None:
    trainer = make(replace(SETTINGS, warmup=0.25, epochs=2))
    for positions in trainer.batches():
        trainer.advance(positions)
    rates, decays, momenta = (np.array(c) for c in list(zip(*trainer.history, strict=True))[4:7])
    peak = 3  # step 4 of 16
    assert (np.diff(rates[: peak + 1]) > 0).all() and (np.diff(rates[peak:]) < 0).all()
    assert rates[peak] == pytest.approx(1e-3) and rates[-1] == pytest.approx(1e-5)
    assert decays[-1] == pytest.approx(0.4) and momenta[-1] == pytest.approx(1.0)
    scaled = {group["scale"]: group["lr"] for group in trainer.optimizer.param_groups}
    assert scaled == {1.0: pytest.approx(1e-5)}


def test_lower_layers_move_less(make: Make) -> None:
    trainer = make(replace(SETTINGS, layer_decay=0.1, warmup=0.0))
    net = trainer.method.backbone.net
    places = [
        net.patch_embed.proj.weight,
        net.blocks[0].mlp.fc1.weight,
        net.blocks[1].mlp.fc1.weight,
    ]
    before = [place.detach().clone() for place in places]
    trainer.advance(next(iter(trainer.batches())))
    # AdamW's first step is the learning rate for each value, but for its sign.
    moved = [(now - then).abs().median().item() for now, then in zip(places, before, strict=True)]
    rate = trainer.history[0][4]
    assert moved == pytest.approx([rate * 1e-3, rate * 1e-2, rate * 1e-1], rel=0.15)


def test_bfloat16_is_taken_when_asked_for(make: Make) -> None:
    seen = []
    trainer = make(replace(SETTINGS, precision="bf16", batch_size=8))
    trainer.method.backbone.net.blocks[0].mlp.fc1.register_forward_hook(
        lambda module, given, out: seen.append(out.dtype)
    )
    trainer.advance(next(iter(trainer.batches())))
    assert set(seen) == {torch.bfloat16}
    assert {p.dtype for p in trainer.method.trained()} == {torch.float32}


def test_tiles_may_be_loaded_before(make: Make) -> None:
    plain, ahead = make(), make()
    for positions in plain.batches():
        plain.advance(positions)
    for positions in ahead.batches():
        ahead.advance(positions, ahead.data.load(positions))
    assert plain.history == ahead.history


def of(features: Tensor) -> float:
    unit = nn.functional.normalize(features, dim=-1).double()
    return spread(len(unit), unit.sum(0), unit.square().sum(0))


def test_spread_of_collapsed_and_of_free_features() -> None:
    torch.manual_seed(0)
    assert of(torch.ones(50, 8) + 1e-6 * torch.randn(50, 8)) < 1e-4
    assert of(torch.randn(5000, 8)) == pytest.approx(1.0, abs=0.02)
    features = torch.randn(30, 5) + 1
    unit = features.numpy() / np.linalg.norm(features.numpy(), axis=1, keepdims=True)
    assert of(features) == pytest.approx(unit.std(0, ddof=1).mean() * 5**0.5, rel=1e-5)
