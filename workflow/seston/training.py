"""The training loop that all methods share; it can stop and go on at any step."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from seston.augment import Crop, background, cropped, draw
from seston.collection import Tiles, choose_images
from seston.distributed import ALONE, Ranks, shares
from seston.errors import SestonError
from seston.models.backbones import Backbone, images_of
from seston.models.hardware import autocast, choose_precision
from seston.models.method import Share, Views
from seston.models.methods import method_of
from seston.models.optimiser import optimiser, set_rates
from seston.models.schedules import Schedule
from seston.training_settings import Settings

Positions = npt.NDArray[np.int64]

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
    """One training: method, optimiser and how far they are.

    Every draw depends on the seed, the step and the place of an image in the batch alone. So
    a training that was interrupted goes on as if it had not been, and several processes see
    the very crops that one would.

    Parameters
    ----------
    backbone : Backbone
        To start from; moved to `device` and trained in place.
    settings : Settings
    tiles : Tiles
    device : torch.device
    teacher : Backbone or None
        To distill from.
    ranks : Ranks
        The processes that train together.
    """

    def __init__(
        self,
        backbone: Backbone,
        settings: Settings,
        tiles: Tiles,
        device: torch.device,
        teacher: Backbone | None = None,
        ranks: Ranks = ALONE,
    ) -> None:
        self.settings, self.tiles, self.device, self.ranks = settings, tiles, device, ranks
        self.precision = choose_precision(settings.precision, device)
        torch.manual_seed(settings.seed)
        method = method_of(
            settings.method, backbone, settings.prototypes, settings.projection, teacher
        )
        self.method = method.to(device).train()
        self.method.ranks = ranks
        self.schedule = Schedule(
            settings.learning_rate, settings.weight_decay, settings.momentum, settings.warmup
        )
        self.optimizer = optimiser(self.method, settings.layer_decay)
        self.step = 0
        self.history: list[list[float]] = []
        wanted = settings.max_images if settings.max_images > 0 else len(tiles)
        self.images = min(wanted, len(tiles))
        self.steps_an_epoch = math.ceil(self.images / settings.batch_size)
        self.steps = settings.epochs * self.steps_an_epoch
        if self.images // self.steps_an_epoch < ranks.count:
            raise SestonError(
                f"finetune: batches of {self.images // self.steps_an_epoch} images for"
                f" {ranks.count} processes; raise batch_size or take fewer processes"
            )
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

    def batches(self) -> Iterator[Positions]:
        """Yield the positions of each step still to do, epoch after epoch."""
        first, skipped = divmod(self.step, self.steps_an_epoch)
        for epoch in range(first, self.settings.epochs):
            rng = np.random.default_rng([self.settings.seed, epoch])
            chosen = choose_images(self.tiles.sample_codes, self.images, rng)
            yield from np.array_split(chosen, self.steps_an_epoch)[skipped:]
            skipped = 0

    def load(self, positions: Positions) -> Tensor:
        """Read this process's share of a batch: (n, h, w, 3) uint8, of grey tiles (n, h, w, 1)."""
        parts = self._parts(len(positions))
        pixels = self.tiles.take(positions[parts[0].start : parts[-1].stop])
        if (pixels == pixels[..., :1]).all():
            pixels = np.ascontiguousarray(pixels[..., :1])
        tiles = torch.from_numpy(pixels)
        return tiles.pin_memory() if self.device.type == "cuda" else tiles

    def advance(self, positions: Positions, loaded: Tensor | None = None) -> None:
        """Take one step of the optimiser.

        Parameters
        ----------
        positions : ndarray of int
            The whole batch.
        loaded : Tensor or None
            What `load` gave for it, if that was done before.

        Raises
        ------
        SestonError
            If the loss is not finite.
        """
        progress = (self.step + 1) / self.steps
        rate, decay, momentum = self.schedule.at(progress)
        set_rates(self.optimizer, rate, decay)
        self.optimizer.zero_grad(set_to_none=True)
        tiles = self.load(positions) if loaded is None else loaded
        loss, features = self.method.descend(self._share(tiles, len(positions), progress))
        mean_loss, breadth = self._over_all(loss, features)
        if not math.isfinite(mean_loss):
            raise SestonError(
                f"finetune: the loss is {mean_loss} at step {self.step}; lower"
                f" finetune.learning_rate (now {self.settings.learning_rate:g})"
            )
        self.ranks.sum_gradients(self.method.trained())
        if progress <= self.settings.frozen:
            for parameter in self.method.held():
                parameter.grad = None
        torch.nn.utils.clip_grad_norm_(self.method.trained(), self.settings.clip)
        self.optimizer.step()
        self.method.after_step(momentum)
        self.step += 1
        epoch = (self.step - 1) // self.steps_an_epoch + 1
        row = [self.step, epoch, len(positions), mean_loss, rate, decay, momentum, breadth]
        self.history.append(row)

    def _parts(self, images: int) -> list[slice]:
        return shares(images, self.ranks.count, self.settings.accumulate)[self.ranks.rank]

    def _share(self, tiles: Tensor, images: int, progress: float) -> Share:
        parts, step = self._parts(images), self.step
        generator = torch.Generator().manual_seed(_seed(self.settings.seed, 1, step))
        draws = [[(crop, draw(images, crop, generator)) for crop in kind] for kind in self.crops]
        tiles = tiles.to(self.device, non_blocking=True)
        first = parts[0].start

        def views(part: slice) -> Views:
            torch.manual_seed(_seed(self.settings.seed, 2, step, part.start))
            batch = images_of(tiles[part.start - first : part.stop - first])
            ground = background(batch)
            return [
                [cropped(batch, crop, drawn.of(part), ground) for crop, drawn in kind]
                for kind in draws
            ]

        return Share(parts, views, images, progress, lambda: autocast(self.device, self.precision))

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


def _seed(*parts: int) -> int:
    return int(np.random.SeedSequence(parts).generate_state(1)[0])
