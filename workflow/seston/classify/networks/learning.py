"""Network and head together, at every rate of the search, judged on validation."""

import copy
import logging

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from seston.batches import derived_seed
from seston.classify.heads import Head
from seston.classify.networks.fit import Fitted, Plan, fit, planned_steps
from seston.classify.networks.network import Network, answers
from seston.classify.networks.pictures import Pictures
from seston.classify.sampling import Sampling, adjustment, draws
from seston.classify.task import Task
from seston.classify.trial import Tried
from seston.classify.variants import Variant
from seston.models.backbones import Backbone

log = logging.getLogger("seston")


class Sampler:
    """The rows of every step: an epoch after the other, each with exact counts of the classes.

    Parameters
    ----------
    codes : ndarray of int64
        Class of each row to learn from.
    sampling : Sampling
    batch : int
    size : int
        Of an epoch, rows: a whole number of batches.
    seed : int
    """

    def __init__(
        self, codes: npt.NDArray[np.int64], sampling: Sampling, batch: int, size: int, seed: int
    ) -> None:
        self.codes, self.sampling, self.batch, self.size, self.seed = (
            codes, sampling, batch, size, seed,
        )  # fmt: skip
        self._epoch, self._order = -1, np.empty(0, np.int64)

    def rows(self, step: int) -> npt.NDArray[np.int64]:
        """Return the places of a step, from 1, among the rows to learn from."""
        epoch, place = divmod((step - 1) * self.batch, self.size)
        if epoch != self._epoch:
            rng = np.random.default_rng([self.seed, epoch])
            self._epoch, self._order = epoch, draws(self.codes, self.sampling, self.size, rng)
        return self._order[place : place + self.batch]


def train_network(
    start: Backbone,
    head: Head | None,
    pictures: Pictures,
    task: Task,
    variant: Variant,
    sampling: Sampling,
    *,
    seed: int,
    most_steps: int,
    precision: torch.dtype,
) -> tuple[Network, list[Tried]]:
    """Return the network whose answers about validation cost least, and all that were tried.

    Parameters
    ----------
    start : Backbone
        To start from; not changed.
    head : Head or None
        To start from, if one was learned before.
    pictures : Pictures
    task : Task
    variant : Variant
    sampling : Sampling
    seed : int
    most_steps : int
        Of one training, at most.
    precision : torch.dtype
    """
    targets = task.targets[task.training]
    steps = planned_steps(len(task.training), most_steps)
    adjusted = adjustment(task.counts, sampling)
    offset = None if adjusted is None else _tensor(adjusted, pictures.device)
    chosen: tuple[Fitted, Network] | None = None
    tried: list[tuple[float, Fitted]] = []
    for rate in variant.rates:
        plan = Plan(rate, steps)
        torch.manual_seed(derived_seed(seed, 1))
        network = Network(copy.deepcopy(start), len(task.classes), head).to(pictures.device)
        size = plan.looks * plan.batch
        sampler = Sampler(targets.argmax(axis=1), sampling, plan.batch, size, seed)

        def batch(step: int, sampler: Sampler = sampler) -> tuple[Tensor, Tensor]:
            places = sampler.rows(step)
            crops = pictures.crops(task.training[places], seed, step)
            return crops, _tensor(targets[places], pictures.device)

        def cost(module: nn.Module) -> float:
            logits = answers(module, pictures.whole(task.validation))
            return task.cost(logits.astype(np.float64), sampling)

        found = fit(network, batch, cost, plan, variant, offset, precision)
        log.info(
            "%s: rate %g: %.4f nats at step %d of %d (%d taken)",
            variant.name, rate, found.score, found.step, steps, found.steps,
        )  # fmt: skip
        tried.append((rate, found))
        if chosen is None or found.score < chosen[0].score:
            chosen = found, network
    assert chosen is not None
    return chosen[1], [
        Tried("all", f"rate {rate:g}", one.score, one.step, one is chosen[0]) for rate, one in tried
    ]


def _tensor(values: npt.NDArray[np.float64], device: torch.device) -> Tensor:
    return torch.from_numpy(values.astype(np.float32)).to(device)
