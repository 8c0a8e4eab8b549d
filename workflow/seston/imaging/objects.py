"""From the foreground of a frame to single organisms."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from seston.imaging.foreground import Foreground, disc
from seston.imaging.settings import FrameSettings
from seston.imaging.watershed import split

Mask = npt.NDArray[Any]  # of uint8, which OpenCV's type hints do not tell

_ON = 255


@dataclass(frozen=True, eq=False)
class Organism:
    """One organism in a frame.

    Attributes
    ----------
    x, y : int
        Upper left corner of its box, 0-based pixels.
    mask : ndarray of bool, (height, width) of the box
        True on the organism; its rows and columns at the edges are not empty.
    """

    x: int
    y: int
    mask: npt.NDArray[np.bool_]

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom; the last two lie just outside."""
        height, width = self.mask.shape
        return self.x, self.y, self.x + width, self.y + height

    def touches(self, shape: tuple[int, int]) -> bool:
        """Say whether it touches the border of a frame of this shape (height, width)."""
        left, top, right, bottom = self.box
        return left == 0 or top == 0 or bottom == shape[0] or right == shape[1]


def find_organisms(
    foreground: Foreground, settings: FrameSettings, smallest_px: float
) -> list[Organism]:
    """Return the organisms of a frame in raster order of their boxes' upper left corners.

    OpenCV follows the outlines of what hangs together (8 neighbours) and fills
    them in their own box, which costs a tenth of labelling the whole frame.

    Parameters
    ----------
    smallest_px : float
        Smallest equivalent spherical diameter, px (`FrameSettings.smallest_px`).
    """
    mask = foreground.mask
    if settings.fill_holes and settings.merge_px > 1:
        mask = cv2.drawContours(mask.copy(), _outlines(mask), -1, _ON, cv2.FILLED)
    joined = cv2.dilate(mask, disc(settings.merge_px)) if settings.merge_px > 1 else mask
    exact = joined is mask and settings.fill_holes
    smallest = np.pi / 4 * smallest_px**2
    found = []
    for outline in _outlines(joined):
        x, y, width, height = cv2.boundingRect(outline)
        if width * height < smallest:
            continue
        own = np.zeros((height, width), np.uint8)
        cv2.drawContours(own, [outline], 0, _ON, cv2.FILLED, offset=(-x, -y))
        inside = (slice(y, y + height), slice(x, x + width))
        if not exact:
            own &= mask[inside]
        if cv2.countNonZero(own) < smallest or _peak(foreground.signal[inside], own) <= (
            foreground.level
        ):
            continue
        parts = split(own, settings.waist, smallest_px / 2) if settings.split else [own]
        found += [_tight(x, y, part) for part in parts if cv2.countNonZero(part) >= smallest]
    if settings.border == "drop":
        shape = (mask.shape[0], mask.shape[1])
        found = [organism for organism in found if not organism.touches(shape)]
    return sorted(found, key=lambda organism: (organism.y, organism.x))


def _outlines(mask: Mask) -> Sequence[npt.NDArray[Any]]:
    return cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0]


def _peak(signal: Mask, mask: Mask) -> float:
    return float(cv2.minMaxLoc(signal, mask)[1])


def _tight(x: int, y: int, mask: Mask) -> Organism:
    """Return an organism without the empty rows and columns around it."""
    left, top, width, height = cv2.boundingRect(mask)
    return Organism(x + left, y + top, mask[top : top + height, left : left + width] > 0)
