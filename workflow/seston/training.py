"""The training loop that all methods share; it can stop and go on at any step."""

import logging
import math
from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from seston.anchors import anchor_features
from seston.augment import Crop
from seston.batches import Batches, Positions, derived_seed
from seston.collection import Tiles
from seston.distributed import ALONE, Ranks
from seston.errors import SestonError
from seston.models.backbones import Backbone
from seston.models.hardware import autocast, choose_precision
from seston.models.method import Share
from seston.models.methods import method_of
from seston.models.optimiser import optimiser, set_rates
from seston.models.schedules import Schedule, teacher_momentum
from seston.training_settings import Settings

log = logging.getLogger("seston")

#: columns of the loss curve
HISTORY = (
    "step",
    "epoch",
    "images",
    "loss",
    "learning_rate",
    "weight_decay",
    "momentum",
    "feature_std",
)


class Trainer:
    """One training: batches, method, optimiser and how far they are.

    Parameters
    ----------
    backbone : Backbone
        To start from; moved to `device` and trained in place.
    settings : Settings
    tiles : Tiles
    device : torch.device
    ranks : Ranks
        The processes that train together.

    Raises
    ------
    SestonError
        If a batch has fewer images than there are processes.
    """

    def __init__(
        self,
        backbone: Backbone,
        settings: Settings,
        tiles: Tiles,
        device: torch.device,
        ranks: Ranks = ALONE,
    ) -> None:
        self.settings, self.device, self.ranks = settings, device, ranks
        self.precision = choose_precision(settings.precision, device)
        local = settings.local_crops if settings.method == "dino" else 0
        big = Crop(settings.global_size, settings.global_area)
        small = Crop(settings.local_size, settings.local_area)
        crops = [[big] * 2, [small] * local]
        self.data = Batches(tiles, settings, crops, device, ranks)
        torch.manual_seed(settings.seed)
        method = method_of(
            settings.method,
            backbone,
            settings.prototypes,
            settings.head,
            settings.projection,
            settings.temperature,
        )
        self.method = method.to(device).train()
        self.method.ranks = ranks
        self.optimizer = optimiser(self.method, settings.layer_decay, settings.optimiser)
        self.step = 0
        self.history: list[list[float]] = []
        momentum = settings.momentum
        self.schedule = Schedule(
            settings.learning_rate,
            settings.weight_decay,
            teacher_momentum(self.data.steps) if momentum is None else momentum,
            settings.warmup,
        )

    def begin(self) -> None:
        """Give the method the features it starts from; a training that goes on has them."""
        if self.method.anchors:
            features = anchor_features(
                self.method.backbone,
                self.data.tiles,
                self.data.crops[0][0],
                self.method.anchors,
                derived_seed(self.settings.seed, 3),
                autocast(self.device, self.precision),
            )
            self.method.anchor(features)
            images = min(self.method.anchors, len(self.data.tiles))
            log.info("the head starts from the features of %d images", images)

    def latest(self) -> tuple[float, float]:
        """Return loss and spread of the last step."""
        return self.history[-1][3], self.history[-1][-1]

    def state(self) -> dict[str, Any]:
        """Return all that a resumed training needs."""
        return {
            "step": self.step,
            "method": self.method.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "history": self.history,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to where `state` was."""
        self.step, self.history = state["step"], state["history"]
        self.method.load_state_dict(state["method"])
        self.optimizer.load_state_dict(state["optimizer"])

    def batches(self) -> Iterator[Positions]:
        """Yield the positions of the tiles of each step still to do, epoch after epoch."""
        return self.data.after(self.step)

    def advance(self, positions: Positions, loaded: Tensor | None = None) -> None:
        """Take one step of the optimiser.

        Parameters
        ----------
        positions : ndarray of int
            The whole batch.
        loaded : Tensor or None
            What `Batches.load` gave for it, if that was done before.

        Raises
        ------
        SestonError
            If the loss is not finite.
        """
        progress = (self.step + 1) / self.data.steps
        rate, decay, momentum = self.schedule.at(progress)
        set_rates(self.optimizer, rate, decay)
        self.optimizer.zero_grad(set_to_none=True)
        tiles = self.data.load(positions) if loaded is None else loaded
        loss, features = self.method.descend(self._share(tiles, len(positions), progress))
        mean_loss, breadth = self._over_all(loss, features)
        if not math.isfinite(mean_loss):
            raise SestonError(
                f"finetune: the loss is {mean_loss} at step {self.step}; lower"
                f" finetune.learning_rate (now {self.settings.learning_rate:g})"
            )
        self.ranks.sum_gradients(self.method.trained())
        if self.step < self.settings.frozen * self.data.steps_an_epoch:
            for parameter in self.method.held():
                parameter.grad = None
        torch.nn.utils.clip_grad_norm_(self.method.trained(), self.settings.clip)
        self.optimizer.step()
        self.method.after_step(momentum)
        self.step += 1
        epoch = (self.step - 1) // self.data.steps_an_epoch + 1
        row = [self.step, epoch, len(positions), mean_loss, rate, decay, momentum, breadth]
        self.history.append(row)

    def _share(self, tiles: Tensor, images: int, progress: float) -> Share:
        return Share(
            self.data.parts(images),
            self.data.views(tiles, images, self.step),
            images,
            progress,
            lambda: autocast(self.device, self.precision),
        )

    def _over_all(self, loss: Tensor, features: Tensor) -> tuple[float, float]:
        """Return loss and spread of the features over all processes."""
        unit = F.normalize(features, dim=-1).double()
        own = [loss.double()[None], unit.new_tensor([len(unit)]), unit.sum(0), unit.square().sum(0)]
        total = self.ranks.sum_(torch.cat(own)).cpu()
        sums, squares = total[2:].chunk(2)
        return float(total[0]), spread(float(total[1]), sums, squares)


def spread(count: float, sums: Tensor, squares: Tensor) -> float:
    """Return the deviation of unit features over images, 1 = in all directions, 0 = collapsed.

    Parameters
    ----------
    count : float
        Features there are.
    sums, squares : Tensor
        Of their values and of their squares, each (length,) in float64.
    """
    variance = (squares - sums.square() / count).clamp(min=0) / max(count - 1, 1)
    return float(variance.sqrt().mean() * len(sums) ** 0.5)
