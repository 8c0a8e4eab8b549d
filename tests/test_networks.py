"""Networks that learn from labelled tiles: what they see, how they learn, what stays frozen."""

import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from labelled_discs import SIZE, make_labelled, write_discs
from seston.classify.heads import Head
from seston.classify.networks.course import run_course
from seston.classify.networks.fit import BATCH, LEAST, Plan, fit, planned_steps
from seston.classify.networks.learning import Sampler, train_network
from seston.classify.networks.network import Network, answers
from seston.classify.networks.pictures import Pictures
from seston.classify.task import task_of
from seston.classify.variants import VARIANTS
from seston.errors import SestonError
from seston.models.backbones import Backbone, spec_of
from seston.models.weights import backbone as write_backbone

CPU = torch.device("cpu")


def tiny(name: str = "vit_test_patch8") -> Backbone:
    torch.manual_seed(0)
    return Backbone(spec_of(name), SIZE)


def test_rate_peaks_at_the_end_of_the_warm_up_and_is_0_at_the_last_planned_step() -> None:
    for steps in (20, 200, 4000):
        plan = Plan(0.01, steps)
        rates = [plan.at(step) for step in range(1, steps + 1)]
        top = rates.index(max(rates))
        assert top + 1 == round(0.1 * steps) and rates[top] == pytest.approx(0.01)
        assert rates[-1] == pytest.approx(0.0, abs=1e-12)
        assert all(a < b for a, b in pairwise(rates[: top + 1]))
        assert all(a > b for a, b in pairwise(rates[top:]))


def test_steps_are_planned_by_labels() -> None:
    assert planned_steps(3) == LEAST
    assert planned_steps(3200) == 40 * 3200 // BATCH == planned_steps(3200, 5000)
    assert planned_steps(3200, 1000) == 1000
    assert planned_steps(3, 50) == 50


@pytest.mark.parametrize(
    ("sampling", "expected"),
    # 60, 30 and 10 of 100; roots 7.746, 5.477 and 3.162 of 16.385
    [("natural", [96, 48, 16]), ("balanced", [54, 53, 53]), ("sqrt", [76, 53, 31])],
)
def test_classes_are_drawn_in_exact_numbers(sampling: str, expected: list[int]) -> None:
    codes = np.repeat([0, 1, 2], [60, 30, 10])
    sampler = Sampler(codes, sampling, batch=16, size=160, seed=1)
    epoch = np.concatenate([sampler.rows(step) for step in range(1, 11)])
    assert sorted(np.bincount(codes[epoch]).tolist()) == sorted(expected)
    seen = np.bincount(epoch, minlength=100)
    for code in range(3):  # within a class, all as often, but for one
        assert np.ptp(seen[codes == code]) <= 1
    following = np.concatenate([sampler.rows(step) for step in range(11, 21)])
    assert following.tolist() != epoch.tolist()
    assert sorted(np.bincount(codes[following]).tolist()) == sorted(expected)
    again = Sampler(codes, sampling, batch=16, size=160, seed=1)
    assert again.rows(14).tolist() == following[48:64].tolist()


def test_loss_is_the_divergence_from_the_votes() -> None:
    torch.manual_seed(0)
    logits = torch.randn(5, 4, requires_grad=True)
    votes = torch.tensor([[1, 0, 0, 0], [2, 1, 0, 0], [1, 1, 1, 0], [0, 0, 3, 0], [0, 1, 0, 2.0]])
    votes = votes / votes.sum(1, keepdim=True)
    entropy = -(votes * votes.clamp(min=1e-30).log()).sum(1).mean()
    ours = F.cross_entropy(logits, votes)
    theirs = F.kl_div(logits.log_softmax(1), votes, reduction="batchmean")
    torch.testing.assert_close(ours - entropy, theirs)
    (first,) = torch.autograd.grad(ours, logits, retain_graph=True)
    (second,) = torch.autograd.grad(theirs, logits)
    torch.testing.assert_close(first, second)


class Slope(nn.Module):
    """A network of one number per class, so that a training can be followed by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = tiny()
        self.head = nn.Linear(1, 2)
        with torch.no_grad():
            self.head.weight.zero_()
            self.head.bias.zero_()

    def forward(self, images: Tensor) -> Tensor:
        return self.head(images)


def pairs(step: int) -> tuple[Tensor, Tensor]:
    x = torch.tensor([[-1.0], [1.0]])
    return x, torch.eye(2)


def test_the_best_state_is_kept_and_the_training_ends_when_nothing_is_better() -> None:
    network, looks = Slope(), []

    def cost(module: nn.Module) -> float:
        looks.append(module.head.weight.clone())
        return abs(len(looks) - 4.0)  # best at the fourth look, the third after the start

    found = fit(network, pairs, cost, Plan(0.01, 200), VARIANTS["finetuned_sgd"])
    # looked at every 10 of 200 steps; after the 30th, 7 looks without a better one
    assert (found.step, found.score, found.steps) == (30, 0.0, 100)
    torch.testing.assert_close(network.head.weight, looks[3])
    assert not torch.equal(looks[3], looks[-1])


def test_a_start_that_is_best_stays() -> None:
    network = Slope()
    calls = iter(range(1000))
    found = fit(network, pairs, lambda _: next(calls), Plan(0.01, 20), VARIANTS["finetuned_sgd"])
    assert found.step == 0 and not network.head.weight.any()


def test_a_rate_that_is_too_high_ends_where_it_began() -> None:
    network = Slope()

    def broken(step: int) -> tuple[Tensor, Tensor]:
        x, targets = pairs(step)
        return x * (math.inf if step == 3 else 1.0), targets

    found = fit(network, broken, lambda _: 1.0, Plan(0.01, 200), VARIANTS["supervised_sgd"])
    assert (found.step, found.steps) == (0, 3) and network.head.weight.isfinite().all()


@pytest.mark.parametrize("name", ["finetuned_sgd", "supervised_adamw"])
def test_logit_adjustment_makes_the_head_answer_as_if_classes_were_alike(name: str) -> None:
    # Nine of ten are of the first class and nothing tells them apart: logits must come out equal.
    network = Slope()
    targets = torch.eye(2)[torch.tensor([0] * 9 + [1])]

    def batch(step: int) -> tuple[Tensor, Tensor]:
        return torch.zeros(10, 1), targets

    offset = torch.tensor([0.9, 0.1]).log()
    variant = VARIANTS[name]
    calls = iter(range(1000, 0, -1))
    fit(network, batch, lambda _: next(calls), Plan(0.3, 200), variant, offset)
    adjusted = network.head.bias[0] - network.head.bias[1]
    plain = Slope()
    fit(plain, batch, lambda _: next(calls), Plan(0.3, 200), variant)
    assert abs(adjusted.item()) < 0.05
    assert (plain.head.bias[0] - plain.head.bias[1]).item() == pytest.approx(math.log(9), abs=0.1)


def test_head_to_start_from_gives_its_own_answers() -> None:
    rng = np.random.default_rng(0)
    backbone = tiny().eval()
    head = Head(
        rng.normal(0, 1, (3, backbone.length)).astype(np.float32),
        rng.normal(0, 1, 3).astype(np.float32),
    )
    images = torch.rand(4, 3, SIZE, SIZE)
    features = answers(backbone, iter([images]))
    network = Network(backbone, 3, head)
    np.testing.assert_allclose(answers(network, iter([images])), head(features), atol=1e-5)
    assert not answers(Network(backbone, 3), iter([images])).any()


@pytest.fixture(scope="module")
def discs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("discs")
    write_discs(folder / "tiles", make_labelled())
    write_backbone(
        name="vit_test_patch8", weights="random", size=SIZE, seed=1,
        model=folder / "model.safetensors",
    )  # fmt: skip
    return folder


def pictures_of(folder: Path) -> Pictures:
    return Pictures(folder / "tiles", ["one", "two"], make_labelled().ids, CPU)


def test_pictures_are_those_of_the_organisms_asked(discs: Path) -> None:
    pictures = pictures_of(discs)
    rows = np.array([150, 3, 99])
    (whole,) = pictures.whole(rows)
    assert whole.shape == (3, 3, SIZE, SIZE)
    bright = make_labelled().codes[rows] != 2
    assert ((whole.amax((1, 2, 3)) > 0.6).numpy() == bright).all()
    crops = pictures.crops(rows, seed=1, step=2)
    torch.testing.assert_close(crops, pictures.crops(rows, seed=1, step=2))
    assert not torch.equal(crops, pictures.crops(rows, seed=1, step=3))
    assert crops.shape == whole.shape and crops.min() >= 0 and crops.max() <= 1


def test_an_organism_without_a_tile_is_told(discs: Path) -> None:
    with pytest.raises(SestonError, match=r"no tile of 140 labelled organisms, such as 2018-05-06"):
        Pictures(discs / "tiles", ["one"], make_labelled().ids, CPU)


@pytest.mark.parametrize("network", ["vit_test_patch8", "resnet18"])
def test_a_frozen_network_stays_bit_identical(
    discs: Path, network: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The published system's "frozen" batch norms drifted to the rebalanced, blurred training set.
    started = tiny(network)
    start = {name: value.clone() for name, value in started.state_dict().items()}
    monkeypatch.setattr("seston.classify.networks.course.Backbone", lambda spec, size: started)
    labelled = make_labelled()
    task = task_of(labelled, VARIANTS["linear_random"], 0.3, 0)
    trial = run_course(
        VARIANTS["linear_random"], task, labelled.ids, tiles_dir=discs / "tiles",
        shards=["one", "two"], model=discs / "model.safetensors", embedded=None, seed=0,
        most_steps=20,
    )  # fmt: skip
    assert trial.test.shape == (60, 3) and trial.steps == 0
    after = started.state_dict()
    assert any("running_mean" in name for name in start) == (network == "resnet18")
    assert all(torch.equal(start[name], after[name]) for name in start)


def test_training_learns_the_discs_and_leaves_its_start_alone(discs: Path) -> None:
    labelled, variant = make_labelled(), VARIANTS["supervised_same"]
    task = task_of(labelled, variant, 1.0, 0)
    pictures, start = pictures_of(discs), tiny()
    before = {name: value.clone() for name, value in start.state_dict().items()}
    network, tried = train_network(
        start, None, pictures, task, variant, "balanced",
        seed=0, most_steps=80, precision=torch.float32,
    )  # fmt: skip
    assert all(torch.equal(before[name], value) for name, value in start.state_dict().items())
    assert [one.setting for one in tried] == ["rate 0.0003", "rate 0.001", "rate 0.003"]
    (taken,) = [one for one in tried if one.taken]
    assert taken.nll == min(one.nll for one in tried)
    said = answers(network, pictures.whole(task.test)).argmax(1)
    assert (said == labelled.codes[task.test]).mean() > 0.8  # 0.6 are of one class


def test_the_same_seed_gives_the_same_network(discs: Path) -> None:
    labelled, variant = make_labelled(), VARIANTS["lp_ft"]
    task = task_of(labelled, variant, 0.3, 0)
    trials = [
        run_course(
            variant, task, labelled.ids, tiles_dir=discs / "tiles", shards=["one", "two"],
            model=discs / "model.safetensors", embedded=None, seed=seed, most_steps=20,
        )
        for seed in (0, 0, 1)
    ]  # fmt: skip
    np.testing.assert_array_equal(trials[0].test, trials[1].test)
    assert trials[0].tried == trials[1].tried
    assert [one.phase for one in trials[0].tried] == ["head"] * 3 + ["all"] * 3
    # The head is solved from the same features; what is drawn afterwards is not the same.
    assert trials[0].tried[:3] == trials[2].tried[:3] and trials[0].tried != trials[2].tried


def test_a_head_retrained_after_the_network_learned_naturally(discs: Path) -> None:
    labelled, variant = make_labelled(), VARIANTS["retrained"]
    task = task_of(labelled, variant, 1.0, 0)
    trial = run_course(
        variant, task, labelled.ids, tiles_dir=discs / "tiles", shards=["one", "two"],
        model=discs / "model.safetensors", embedded=None, seed=0, most_steps=40,
    )  # fmt: skip
    np.testing.assert_allclose(trial.prior, np.full(3, 1 / 3))  # of the head, which is balanced
    assert [one.phase for one in trial.tried] == ["all"] * 3 + ["head"] * 3
