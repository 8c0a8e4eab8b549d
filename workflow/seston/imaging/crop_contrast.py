"""How far a single crop stands out from its background, and what frames it.

The crop is compared with the same place of an empty frame where there is one,
else with its own rim, which an instrument leaves around what it cuts out.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from seston.imaging.foreground import grey_of

#: Grey levels that part an organism from even the quietest background.
FLOOR = 15
#: ... and standard deviations of the background, where it is not so quiet.
_DEVIATIONS = 4.0
#: A black edge is no gutter unless the background is at least this light.
_LIGHT = 64
#: Nor if it is wider, px: between two boxes of a FlowCam collage there are two.
_WIDEST = 4

Levels = npt.NDArray[Any]  # of uint8, which OpenCV's type hints do not tell
Inside = tuple[slice, slice]


@dataclass(frozen=True, eq=False)
class Contrast:
    """How far a crop is from its background.

    Attributes
    ----------
    darker, brighter : ndarray of uint8, (H, W)
        Grey levels below and above the background, 0 where not.
    level : float
        From here on it is no noise.
    """

    darker: Levels
    brighter: Levels
    level: float


def contrast_of(
    pixels: npt.NDArray[np.uint8], background: npt.NDArray[np.uint8] | None
) -> Contrast:
    """Compare a crop with an empty frame, or with the median of its own rim.

    The empty frame is levelled to the crop by the median over the rim; the
    noise is the median absolute deviation there. Both stand as long as less
    than half of the rim is organism.

    Parameters
    ----------
    pixels : ndarray of uint8, (H, W) or (H, W, 3)
    background : ndarray of uint8, same shape, or None
    """
    grey = grey_of(pixels)
    empty = 0 if background is None else grey_of(background)
    difference = _minus(grey, empty, cv2.CV_16S)
    rim = _rim(difference)
    median = _median(rim)
    deviation = 1.4826 * _median(np.abs(rim - median))
    return Contrast(
        darker=_minus(median, difference, cv2.CV_8U),
        brighter=_minus(difference, median, cv2.CV_8U),
        level=max(FLOOR, _DEVIATIONS * deviation),
    )


def inside_gutters(pixels: npt.NDArray[np.uint8]) -> Inside:
    """Return what is left of a crop without the gutters at its edges.

    A gutter is a few whole rows or columns of pure black at the edge of a crop
    with a light background, such as lie between the boxes of a FlowCam collage.

    Parameters
    ----------
    pixels : ndarray of uint8, (H, W) or (H, W, 3)
    """
    height, width = pixels.shape[:2]
    whole = (slice(0, height), slice(0, width))
    if pixels[:: max(1, height - 1), :: max(1, width - 1)].min() > 0:
        return whole  # no black corner, so no black edge
    grey = grey_of(pixels)
    x, y, w, h = cv2.boundingRect(grey)  # of all that is not black
    margins = (x, y, width - x - w, height - y - h)
    if max(margins) == 0 or max(margins) > _WIDEST:
        return whole
    inside = (slice(y, y + h), slice(x, x + w))
    return inside if _median(_rim(grey[inside])) >= _LIGHT else whole


def touching_edge(boxes: npt.NDArray[Any], shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """Say which boxes (n, 4 or more: x, y, width, height) reach the edge of an image."""
    x, y, width, height = boxes.T[:4]
    return (x == 0) | (y == 0) | (x + width == shape[1]) | (y + height == shape[0])


def _minus(one: Levels | int, other: Levels | int, dtype: int) -> Levels:
    """Subtract arrays or numbers; what the type cannot hold becomes the nearest that it can."""
    # OpenCV's type hints do not know that it takes numbers too.
    return cv2.subtract(one, other, dtype=dtype)  # type: ignore[arg-type]


def _rim(image: Levels) -> Levels:
    return np.concatenate((image[0], image[-1], image[:, 0], image[:, -1]))


def _median(values: Levels) -> int:
    """Return the upper median; several times faster than numpy's."""
    middle = values.size // 2
    return int(np.partition(values, middle)[middle])
