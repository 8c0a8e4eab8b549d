"""What each step of a training sees: which images, in which parts, cropped how."""

import math
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from seston.augment import Crop, background, cropped, draw
from seston.collection import Tiles, choose_images
from seston.distributed import Ranks, shares
from seston.errors import SestonError
from seston.models.backbones import images_of
from seston.models.method import Views
from seston.training_settings import Settings

Positions = npt.NDArray[np.int64]


class Batches:
    """The batches of a training, and this process's share of each.

    Every draw depends on the seed, the step and the place of an image in the batch alone. So
    a training that was interrupted goes on as if it had not been, and several processes see
    the very crops that one would.

    Parameters
    ----------
    tiles : Tiles
    settings : Settings
    crops : sequence of sequences of Crop
        Kinds of crops of each image: the global ones, then the local ones.
    device : torch.device
        Where the crops are made.
    ranks : Ranks
        The processes that train together.

    Attributes
    ----------
    images : int
        Images of an epoch.
    steps_an_epoch, steps : int
        Steps of an epoch, and of the training.

    Raises
    ------
    SestonError
        If a batch has fewer images than there are processes.
    """

    def __init__(
        self,
        tiles: Tiles,
        settings: Settings,
        crops: Sequence[Sequence[Crop]],
        device: torch.device,
        ranks: Ranks,
    ) -> None:
        self.tiles, self.settings, self.crops = tiles, settings, crops
        self.device, self.ranks = device, ranks
        wanted = settings.max_images if settings.max_images > 0 else len(tiles)
        self.images = min(wanted, len(tiles))
        self.steps_an_epoch = math.ceil(self.images / settings.batch_size)
        self.steps = settings.epochs * self.steps_an_epoch
        smallest = self.images // self.steps_an_epoch
        if smallest < ranks.count:
            raise SestonError(
                f"finetune: batches of {smallest} images for {ranks.count} processes; raise"
                " batch_size or take fewer processes"
            )

    def after(self, step: int) -> Iterator[Positions]:
        """Yield the positions of the tiles of each step after `step` are done."""
        first, skipped = divmod(step, self.steps_an_epoch)
        for epoch in range(first, self.settings.epochs):
            rng = np.random.default_rng([self.settings.seed, epoch])
            chosen = choose_images(self.tiles.sample_codes, self.images, rng)
            yield from np.array_split(chosen, self.steps_an_epoch)[skipped:]
            skipped = 0

    def parts(self, images: int) -> list[slice]:
        """Return this process's micro-batches of a batch of so many images."""
        return shares(images, self.ranks.count, self.settings.accumulate)[self.ranks.rank]

    def load(self, positions: Positions) -> Tensor:
        """Read this process's share of a batch: (n, h, w, 3) uint8, of grey tiles (n, h, w, 1)."""
        parts = self.parts(len(positions))
        pixels = self.tiles.take(positions[parts[0].start : parts[-1].stop])
        if (pixels == pixels[..., :1]).all():
            pixels = np.ascontiguousarray(pixels[..., :1])
        tiles = torch.from_numpy(pixels)
        return tiles.pin_memory() if self.device.type == "cuda" else tiles

    def views(self, tiles: Tensor, images: int, step: int) -> "StepViews":
        """Return the crops of this process's share of a step.

        Parameters
        ----------
        tiles : Tensor
            What `load` gave.
        images : int
            Of the whole batch.
        step : int
            From 0.
        """
        return StepViews(self, tiles, images, step)


class StepViews:
    """The crops of one step, made part by part when they are asked for."""

    def __init__(self, batches: Batches, tiles: Tensor, images: int, step: int) -> None:
        self.seed, self.step = batches.settings.seed, step
        generator = torch.Generator().manual_seed(derived_seed(self.seed, 1, step))
        self.draws = [
            [(crop, draw(images, crop, generator)) for crop in kind] for kind in batches.crops
        ]
        self.tiles = tiles.to(batches.device, non_blocking=True)
        self.first = batches.parts(images)[0].start

    def __call__(self, part: slice) -> Views:
        """Return the crops of these images of the batch; see `Share.views`."""
        torch.manual_seed(derived_seed(self.seed, 2, self.step, part.start))
        batch = images_of(self.tiles[part.start - self.first : part.stop - self.first])
        ground = background(batch)
        return [
            [cropped(batch, crop, drawn.of(part), ground) for crop, drawn in kind]
            for kind in self.draws
        ]


def derived_seed(*parts: int) -> int:
    """Return one seed for what these numbers say: the run's seed, what is drawn, the step, …."""
    return int(np.random.SeedSequence(parts).generate_state(1)[0])
