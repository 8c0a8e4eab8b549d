"""Masks of known figures, drawn by their equations, and crops of them."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Mask = npt.NDArray[np.bool_]


def ellipse(a: float, b: float, angle: float = 0.0, x: float = 0.0, y: float = 0.0) -> Mask:
    """An ellipse of half axes a >= b, turned by `angle` and shifted by parts of a pixel."""
    along, across = _turned(a, angle, x, y)
    return (along / a) ** 2 + (across / b) ** 2 <= 1


def rod(length: float, width: float, angle: float, x: float = 0.0, y: float = 0.0) -> Mask:
    """A straight rectangle."""
    along, across = _turned(length, angle, x, y)
    return (np.abs(along) <= length / 2) & (np.abs(across) <= width / 2)


def arch(radius: float, width: float) -> Mask:
    """Half a ring: a chain bent to half a torus."""
    y, x = np.mgrid[-radius - width : 1.0, -radius - width : radius + width + 1]
    return np.abs(np.hypot(x, y) - radius) <= width / 2


def random_shape(random: np.random.Generator) -> Mask:
    """A star of any number of points, some with holes and specks, on a crop that may cut it."""
    side = int(random.integers(4, 80))
    y, x = np.mgrid[:side, :side] - random.uniform(0.3, 0.7) * side
    radii = random.uniform(0.15, 0.7, int(random.integers(3, 12))) * side
    turns = (np.arctan2(y, x) / (2 * np.pi) + 0.5) * len(radii)
    mask = np.hypot(x, y) <= radii[turns.astype(int) % len(radii)]
    if random.random() < 0.3:
        mask &= random.random(mask.shape) < 0.8
    mask[side // 2, side // 2] = True
    return mask


def scene(
    mask: Mask, empty: int = 170, level: int = 90, noise: float = 2.0, seed: int = 0
) -> npt.NDArray[np.uint8]:
    """A grey crop: an organism of `level` on a background, blurred by a pixel, with noise."""
    sharp = np.where(mask, float(level), float(empty))
    noisy = ndimage.gaussian_filter(sharp, 0.7)
    noisy += np.random.default_rng(seed).normal(0, noise, mask.shape)
    return noisy.clip(0, 255).round().astype(np.uint8)


def _turned(
    reach: float, angle: float, x: float, y: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    half = int(reach) + 3
    rows, columns = np.mgrid[-half : half + 1, -half : half + 1]
    across, along = rows - y, columns - x
    cos, sin = np.cos(angle), np.sin(angle)
    return along * cos + across * sin, across * cos - along * sin


#: A mask for most purposes, with room around it.
ORGANISM = np.pad(ellipse(14, 8, 0.5), 6)
