"""The training loop: planned steps, rate by the plan, the best state kept."""

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seston.classify.networks.network import Network
from seston.classify.variants import Variant
from seston.models.hardware import autocast
from seston.models.optimiser import parameter_groups, set_rates
from seston.models.schedules import warm_cosine

BATCH = 32
#: Passes over the labels that are planned, and the steps there are at least and at most.
EPOCHS = 40
LEAST, MOST = 200, 4000
#: How often validation is looked at, evenly over the steps; without a better state at so many looks
#: in a row the training ends.
LOOKS = 20
PATIENCE = 6
WARMUP = 0.1
WEIGHT_DECAY = {"adamw": 0.05, "sgd": 1e-4}
CLIP = 3.0


@dataclass(frozen=True)
class Plan:
    """How long a training is and how fast it learns.

    Attributes
    ----------
    rate : float
        Learning rate at its peak.
    steps : int
        Planned: the rate is 0 at the last of them, whether or not the training ends before.
    batch : int
    """

    rate: float
    steps: int
    batch: int = BATCH

    @property
    def looks(self) -> int:
        """Steps from one look at validation to the next."""
        return math.ceil(self.steps / LOOKS)

    def at(self, step: int) -> float:
        """Return the learning rate of a step, from 1 to `steps`."""
        return self.rate * warm_cosine(step / self.steps, WARMUP)


@dataclass(frozen=True)
class Fitted:
    """A training that came to its end.

    Attributes
    ----------
    score : float
        Of the state that was kept: the smaller the better.
    step : int
        At which that was.
    steps : int
        That were taken.
    """

    score: float
    step: int
    steps: int


def planned_steps(labels: int, most: int = MOST) -> int:
    """Return the steps of a training on so many labels."""
    return min(max(LEAST, math.ceil(EPOCHS * labels / BATCH)), most)


def fit(
    network: Network,
    batch: Callable[[int], tuple[Tensor, Tensor]],
    cost: Callable[[nn.Module], float],
    plan: Plan,
    variant: Variant,
    offset: Tensor | None = None,
    precision: torch.dtype = torch.float32,
) -> Fitted:
    """Train a network in place; it ends as it was when validation was best.

    Parameters
    ----------
    network : Network
    batch : callable
        Gives the crops (n, 3, h, w) and targets (n, K) of a step, from 1. Targets are shares:
        least cross-entropy with them is least divergence from the votes.
    cost : callable
        Judges the network on validation; the smaller the better. The state it starts in is
        judged too: what one step spoils is not trained.
    plan : Plan
    variant : Variant
        Tells optimiser and decay by layers.
    offset : Tensor or None
        (K,) added to the logits in training only: logit adjustment.
    precision : torch.dtype

    Returns
    -------
    Fitted
        At step 0 if nothing was better than the start, as when the loss is not finite before the
        first look: the rate was too high.
    """
    device = next(network.parameters()).device
    groups = parameter_groups(network.named_parameters(), network.backbone, variant.layer_decay)
    optimizer: torch.optim.Optimizer = (
        torch.optim.AdamW(groups)
        if variant.optimiser == "adamw"
        else torch.optim.SGD(groups, lr=0.0, momentum=0.9, nesterov=True)
    )
    decay = WEIGHT_DECAY[variant.optimiser]
    kept = copy.deepcopy(network.state_dict())
    best, step = Fitted(cost(network), 0, 0), 0
    network.train()
    for step in range(1, plan.steps + 1):
        images, targets = batch(step)
        set_rates(optimizer, plan.at(step), decay)
        with autocast(device, precision):
            logits = network(images)
        logits = logits.float() if offset is None else logits.float() + offset
        loss = F.cross_entropy(logits, targets)
        if not math.isfinite(loss.item()):
            break
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), CLIP)
        optimizer.step()
        if step % plan.looks == 0 or step == plan.steps:
            found = cost(network)
            if found < best.score:
                best, kept = Fitted(found, step, step), copy.deepcopy(network.state_dict())
            elif step - best.step > PATIENCE * plan.looks:
                break
    network.load_state_dict(kept)
    return Fitted(best.score, best.step, step)
