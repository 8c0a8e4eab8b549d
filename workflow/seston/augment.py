"""Random crops of many tiles at once: shift, size, rotation, mirror, light, blur.

One affine grid per crop replaces torchvision's transforms, image by image,
which are some twenty times slower. Draws come from a CPU generator whatever
the device, so that a seed means the same crops everywhere.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Crop:
    """How one kind of crop is drawn.

    Attributes
    ----------
    size : int
        Side of the crop in pixels.
    area : tuple of float
        Smallest and largest share of the tile's area that is seen.
    aspect : float
        The sides differ at most by this factor. Gentle: shape tells species.
    light : float
        Largest relative change of brightness and of contrast.
    colour : float
        Largest relative change of one channel against the others; grey tiles keep it at none.
    blur : float
        Share of the crops that are blurred.
    sigma : float
        Largest blur, as a share of the crop's side.
    """

    size: int
    area: tuple[float, float]
    aspect: float = 1.15
    light: float = 0.3
    colour: float = 0.1
    blur: float = 0.5
    sigma: float = 0.015


@dataclass(frozen=True)
class Draws:
    """What chance decides of one crop of each image; one row per image.

    Attributes
    ----------
    maps : Tensor
        (n, 2, 3), see `random_affine`.
    blurred : Tensor
        (n,) bool.
    sigma : Tensor
        (n,) of the blur, in pixels of the crop.
    light : Tensor
        (n, 5) in [-1, 1]: contrast, brightness, and the balance of three channels.
    """

    maps: Tensor
    blurred: Tensor
    sigma: Tensor
    light: Tensor

    def of(self, part: slice) -> "Draws":
        """Return the draws of some of the images."""
        return Draws(self.maps[part], self.blurred[part], self.sigma[part], self.light[part])


def draw(count: int, crop: Crop, generator: torch.Generator) -> Draws:
    """Decide on one crop of each of `count` images."""
    maps = random_affine(count, crop, generator)
    blur = torch.rand(2, count, generator=generator)
    sigma = crop.size * crop.sigma * (0.2 + 0.8 * blur[1])
    light = torch.rand(count, 5, generator=generator) * 2 - 1
    return Draws(maps, blur[0] < crop.blur, sigma, light)


def cropped(images: Tensor, crop: Crop, draws: Draws, ground: Tensor | None = None) -> Tensor:
    """Return one crop of each image, as decided.

    A crop depends on its own image and draws alone, not on the others of the batch.

    Parameters
    ----------
    images : Tensor
        (n, 3, h, h) in [0, 1], on any device; grey ones may be (n, 1, h, h), which costs a third.
    crop : Crop
    draws : Draws
        Of these n images, on the CPU.
    ground : Tensor or None
        Their `background`, where it is known.

    Returns
    -------
    Tensor
        (n, 3, size, size) in [0, 1].
    """
    shape = [*images.shape[:2], crop.size, crop.size]
    grid = F.affine_grid(
        draws.maps.to(images.device, non_blocking=True), shape, align_corners=False
    )
    # Beyond the tile lies the background, not black: sample the difference to it.
    ground = background(images) if ground is None else ground
    seen = F.grid_sample(images - ground, grid, align_corners=False) + ground
    seen = blurred(seen, draws.blurred, draws.sigma, crop.size * crop.sigma)
    return relit(seen, crop, draws.light).expand(-1, 3, -1, -1)


def random_crops(images: Tensor, crop: Crop, generator: torch.Generator) -> Tensor:
    """Return one random crop of each image, by a generator on the CPU; see `cropped`."""
    return cropped(images, crop, draw(len(images), crop, generator))


def random_affine(count: int, crop: Crop, generator: torch.Generator) -> Tensor:
    """Return maps (n, 2, 3) from crop to tile coordinates, both in [-1, 1].

    The crop's frame is turned by any angle and mirrored at random; its centre
    lies where an upright frame of that size would stay inside the tile.
    """
    chance = torch.rand(6, count, generator=generator)
    area = crop.area[0] + (crop.area[1] - crop.area[0]) * chance[0]
    stretch = torch.exp(math.log(crop.aspect) * (chance[1] - 0.5))
    wide, high = area.sqrt() * stretch, area.sqrt() / stretch
    angle = 2 * math.pi * chance[2]
    mirror = torch.where(chance[3] < 0.5, -1.0, 1.0)
    room = (1 - area.sqrt()).clamp(min=0)
    x, y = room * (2 * chance[4] - 1), room * (2 * chance[5] - 1)
    cos, sin = angle.cos(), angle.sin()
    rows = [mirror * wide * cos, -high * sin, x, mirror * wide * sin, high * cos, y]
    return torch.stack(rows, -1).view(count, 2, 3)


def background(images: Tensor) -> Tensor:
    """Return the median of each image's outermost pixels, per channel, (n, c, 1, 1)."""
    rim = [images[..., 0, :], images[..., -1, :], images[..., :, 0], images[..., :, -1]]
    # Sorted, because torch warns of its median on a GPU: the place it also gives is not repeatable.
    values = torch.cat(rim, -1).sort(-1).values
    return values[..., (values.shape[-1] - 1) // 2, None, None]


def blurred(images: Tensor, chosen: Tensor, sigma: Tensor, largest: float) -> Tensor:
    """Blur the chosen images with Gaussians, each of its own sigma (pixels).

    The kernel reaches as far as the `largest` sigma there can be asks for.
    """
    where = chosen.nonzero()[:, 0]
    if not len(where):
        return images
    reach = math.ceil(2.5 * largest)
    steps = torch.arange(-reach, reach + 1, dtype=torch.float32)
    kernel = torch.exp(-0.5 * (steps / sigma[where, None]) ** 2)
    kernel = (kernel / kernel.sum(1, keepdim=True)).to(images.device, non_blocking=True)
    kernel = kernel.repeat_interleave(images.shape[1], 0)
    where = where.to(images.device, non_blocking=True)
    part = images[where].flatten(0, 1)[None]
    groups = part.shape[1]
    part = F.pad(part, (reach,) * 4, mode="replicate")
    part = F.conv2d(part, kernel[:, None, None, :], groups=groups)
    part = F.conv2d(part, kernel[:, None, :, None], groups=groups)
    return images.index_copy(0, where, part[0].unflatten(0, (-1, images.shape[1])))


def relit(images: Tensor, crop: Crop, light: Tensor) -> Tensor:
    """Change brightness and contrast; of coloured images also the channels' balance.

    `light` is (n, 5) in [-1, 1], see `Draws`.
    """
    n = len(images)
    light = light.to(images.device, non_blocking=True)
    contrast = 1 + crop.light * light[:, 0].view(n, 1, 1, 1)
    shift = 0.5 * crop.light * light[:, 1].view(n, 1, 1, 1)
    middle = images.mean((1, 2, 3), keepdim=True)
    if images.shape[1] == 3:
        grey = (images == images[:, :1]).flatten(1).all(1).view(n, 1, 1, 1)
        balance = 1 + crop.colour * light[:, 2:].view(n, 3, 1, 1)
        images = images * torch.where(grey, 1.0, balance)
    return ((images - middle) * contrast + middle + shift).clamp(0, 1)
