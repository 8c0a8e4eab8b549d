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


def random_crops(images: Tensor, crop: Crop, generator: torch.Generator) -> Tensor:
    """Return one random crop of each image.

    Parameters
    ----------
    images : Tensor
        (n, 3, h, h) in [0, 1].
    crop : Crop
    generator : torch.Generator
        On the CPU.

    Returns
    -------
    Tensor
        (n, 3, size, size) in [0, 1].
    """
    theta = random_affine(len(images), crop, generator).to(images.device)
    grid = F.affine_grid(theta, [len(images), 3, crop.size, crop.size], align_corners=False)
    # Beyond the tile lies the background, not black: sample the difference to it.
    ground = background(images)
    seen = F.grid_sample(images - ground, grid, align_corners=False) + ground
    seen = blurred(seen, *_blur_draws(len(images), crop, generator))
    return relit(seen, crop, generator)


def random_affine(count: int, crop: Crop, generator: torch.Generator) -> Tensor:
    """Return maps (n, 2, 3) from crop to tile coordinates, both in [-1, 1].

    The crop's frame is turned by any angle and mirrored at random; its centre
    lies where an upright frame of that size would stay inside the tile.
    """
    draw = torch.rand(6, count, generator=generator)
    area = crop.area[0] + (crop.area[1] - crop.area[0]) * draw[0]
    stretch = torch.exp(math.log(crop.aspect) * (draw[1] - 0.5))
    wide, high = area.sqrt() * stretch, area.sqrt() / stretch
    angle = 2 * math.pi * draw[2]
    mirror = torch.where(draw[3] < 0.5, -1.0, 1.0)
    room = (1 - area.sqrt()).clamp(min=0)
    x, y = room * (2 * draw[4] - 1), room * (2 * draw[5] - 1)
    cos, sin = angle.cos(), angle.sin()
    rows = [mirror * wide * cos, -high * sin, x, mirror * wide * sin, high * cos, y]
    return torch.stack(rows, -1).view(count, 2, 3)


def background(images: Tensor) -> Tensor:
    """Return the median of each image's outermost pixels, (n, 3, 1, 1)."""
    rim = [images[..., 0, :], images[..., -1, :], images[..., :, 0], images[..., :, -1]]
    return torch.cat(rim, -1).median(-1).values[..., None, None]


def blurred(images: Tensor, chosen: Tensor, sigma: Tensor) -> Tensor:
    """Blur the chosen images with Gaussians, each of its own sigma (pixels)."""
    where = chosen.nonzero()[:, 0]
    if not len(where):
        return images
    reach = math.ceil(2.5 * sigma.max().item())
    steps = torch.arange(-reach, reach + 1, dtype=torch.float32)
    kernel = torch.exp(-0.5 * (steps / sigma[where, None]) ** 2)
    kernel = (kernel / kernel.sum(1, keepdim=True)).to(images.device)
    kernel = kernel.repeat_interleave(3, 0)
    where = where.to(images.device)
    part = images[where].flatten(0, 1)[None]
    groups = part.shape[1]
    part = F.pad(part, (reach,) * 4, mode="replicate")
    part = F.conv2d(part, kernel[:, None, None, :], groups=groups)
    part = F.conv2d(part, kernel[:, None, :, None], groups=groups)
    return images.index_copy(0, where, part[0].unflatten(0, (-1, 3)))


def relit(images: Tensor, crop: Crop, generator: torch.Generator) -> Tensor:
    """Change brightness and contrast; of coloured images also the channels' balance."""
    n = len(images)
    draw = torch.rand(n, 5, generator=generator).to(images.device) * 2 - 1
    contrast = 1 + crop.light * draw[:, 0].view(n, 1, 1, 1)
    shift = 0.5 * crop.light * draw[:, 1].view(n, 1, 1, 1)
    grey = (images == images[:, :1]).flatten(1).all(1).view(n, 1, 1, 1)
    balance = torch.where(grey, 1.0, 1 + crop.colour * draw[:, 2:].view(n, 3, 1, 1))
    middle = images.mean((1, 2, 3), keepdim=True)
    return ((images * balance - middle) * contrast + middle + shift).clamp(0, 1)


def _blur_draws(count: int, crop: Crop, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    draw = torch.rand(2, count, generator=generator)
    return draw[0] < crop.blur, crop.size * crop.sigma * (0.2 + 0.8 * draw[1])
