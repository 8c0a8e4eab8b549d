"""The training loop that all methods share; it can stop and go on at any step."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from seston.augment import Crop, random_crops
from seston.collection import Tiles, choose_images
from seston.errors import SestonError
from seston.models.backbones import Backbone, images_of
from seston.models.dino import DINO
from seston.models.distill import Distill
from seston.models.hardware import autocast, choose_precision
from seston.models.method import Method
from seston.models.simclr import SimCLR

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


@dataclass(frozen=True)
class Settings:
    """What a training depends on besides its tiles and its start weights.

    See `finetune` for the meaning of each.
    """

    method: Literal["dino", "simclr", "distill"]
    epochs: int
    max_images: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    local_crops: int
    global_size: int
    local_size: int
    global_area: tuple[float, float]
    local_area: tuple[float, float]
    prototypes: int
    momentum: float
    warmup: float
    frozen: float
    clip: float
    seed: int
    #: fingerprint of its model file
    teacher: str | None = None


def cosine(start: float, end: float, progress: float) -> float:
    """Return the value between `start` and `end` on half a cosine, `progress` in [0, 1]."""
    return end + (start - end) * (1 + math.cos(math.pi * progress)) / 2


def schedule(settings: Settings, progress: float) -> tuple[float, float, float]:
    """Return learning rate, weight decay and teacher momentum at this share of the training.

    The learning rate rises linearly for the first `warmup`, then falls to 1 % on
    a cosine; the weight decay rises tenfold and the momentum to 1 on a cosine
    (Caron et al. 2021, section 3.1).
    """
    peak, warmup = settings.learning_rate, settings.warmup
    if progress < warmup:
        rate = peak * progress / warmup
    else:
        rate = cosine(peak, 0.01 * peak, (progress - warmup) / (1 - warmup))
    decay = cosine(settings.weight_decay, 10 * settings.weight_decay, progress)
    return rate, decay, cosine(settings.momentum, 1.0, progress)


class Trainer:
    """One training: method, optimiser and how far they are.

    Every draw depends on the seed and the step alone, so a training that was
    interrupted goes on as if it had not been.
    """

    def __init__(
        self,
        backbone: Backbone,
        settings: Settings,
        tiles: Tiles,
        device: torch.device,
        teacher: Backbone | None = None,
    ) -> None:
        self.settings, self.tiles, self.device = settings, tiles, device
        self.precision = choose_precision("auto", device)
        torch.manual_seed(settings.seed)
        self.method = _method(backbone, settings, teacher).to(device).train()
        trained = self.method.trained()
        # Biases and the scales of norms are not decayed.
        groups: list[dict[str, Any]] = [
            {"params": [p for p in trained if p.ndim > 1]},
            {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
        ]
        self.optimizer = torch.optim.AdamW(groups)
        self.step = 0
        self.history: list[list[float]] = []
        wanted = settings.max_images if settings.max_images > 0 else len(tiles)
        self.images = min(wanted, len(tiles))
        self.steps_an_epoch = math.ceil(self.images / settings.batch_size)
        self.steps = settings.epochs * self.steps_an_epoch
        local = settings.local_crops if settings.method == "dino" else 0
        big = Crop(settings.global_size, settings.global_area)
        small = Crop(settings.local_size, settings.local_area)
        # A teacher outside needs no second view: another image teaches more.
        self.crops = [[big] * (2 if teacher is None else 1), [small] * local]

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

    def batches(self) -> Iterator[npt.NDArray[np.int64]]:
        """Yield the positions of each step still to do, epoch after epoch."""
        first, skipped = divmod(self.step, self.steps_an_epoch)
        for epoch in range(first, self.settings.epochs):
            rng = np.random.default_rng([self.settings.seed, epoch])
            chosen = choose_images(self.tiles.samples, self.images, rng)
            yield from np.array_split(chosen, self.steps_an_epoch)[skipped:]
            skipped = 0

    def advance(self, positions: npt.NDArray[np.int64]) -> None:
        """Take one step of the optimiser.

        Raises
        ------
        SestonError
            If the loss is not finite.
        """
        settings, progress = self.settings, (self.step + 1) / self.steps
        rate, decay, momentum = schedule(settings, progress)
        self.optimizer.param_groups[0]["weight_decay"] = decay
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        generator = torch.Generator().manual_seed(
            int(np.random.SeedSequence([settings.seed, 1, self.step]).generate_state(1)[0])
        )
        images = images_of(torch.from_numpy(self.tiles.take(positions)).to(self.device))
        views = [[random_crops(images, crop, generator) for crop in kind] for kind in self.crops]
        with autocast(self.device, self.precision):
            loss, features = self.method.loss(views, progress)
        if not torch.isfinite(loss):
            raise SestonError(
                f"finetune: the loss is {loss.item()} at step {self.step}; lower"
                f" finetune.learning_rate (now {settings.learning_rate:g})"
            )
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if progress <= settings.frozen:
            for parameter in self.method.held():
                parameter.grad = None
        torch.nn.utils.clip_grad_norm_(self.method.trained(), settings.clip)
        self.optimizer.step()
        self.method.after_step(momentum)
        self.step += 1
        epoch = (self.step - 1) // self.steps_an_epoch + 1
        row = [self.step, epoch, len(positions), loss.item(), rate, decay, momentum]
        self.history.append([*row, spread(features)])


def spread(features: Tensor) -> float:
    """Return the deviation of unit features over images, 1 = in all directions, 0 = collapsed."""
    return float(F.normalize(features, dim=-1).std(0).mean() * features.shape[1] ** 0.5)


def _method(backbone: Backbone, settings: Settings, teacher: Backbone | None) -> Method:
    if settings.method == "dino":
        return DINO(backbone, settings.prototypes)
    if settings.method == "simclr":
        return SimCLR(backbone)
    if teacher is None:
        raise ValueError("distill without a teacher")
    return Distill(backbone, teacher)
