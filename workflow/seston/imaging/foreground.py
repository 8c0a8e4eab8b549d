"""Where a frame differs from its background more than noise does."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from seston.imaging.background import thinned
from seston.imaging.settings import FrameSettings

Grey = npt.NDArray[Any]  # of uint8, which OpenCV's type hints do not tell

_ON = 255
#: In dark corners noise is multiplied as organisms are: beyond this it would pass the level.
_MOST_GAIN = 1.5


@dataclass(frozen=True, eq=False)
class Foreground:
    """What stands out of a frame.

    Attributes
    ----------
    signal : ndarray of uint8, (height, width)
        Grey levels from the background, 0 or more.
    mask : ndarray of uint8, (height, width)
        255 where an organism may be, by the lower level of the hysteresis; else 0.
    level : float
        An organism has a pixel above it.
    """

    signal: Grey
    mask: Grey
    level: float


def grey_of(pixels: Grey) -> Grey:
    """Return grey levels; of colours 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601)."""
    return pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)


def find_foreground(grey: Grey, background: Grey, settings: FrameSettings) -> Foreground:
    """Return what stands out of a frame, given the same frame without organisms.

    Parameters
    ----------
    grey, background : ndarray of uint8, (height, width)
    """
    smooth = cv2.GaussianBlur(grey, (3, 3), 0)  # noise of single pixels falls to 0.4
    signal = difference(smooth, background, settings.polarity)
    noise = noise_of(smooth, background, settings.polarity)
    level, low = levels(signal, noise, settings)
    # Written over a picture that has served: fresh memory costs more than the arithmetic.
    mask = cv2.threshold(signal, low, _ON, cv2.THRESH_BINARY, dst=smooth)[1]
    if settings.edge_px > 1:
        cv2.bitwise_and(mask, within_half(signal, settings.edge_px, noise), dst=mask)
    for operation, diameter in (
        (cv2.MORPH_CLOSE, settings.closing_px),
        (cv2.MORPH_OPEN, settings.opening_px),
    ):
        if diameter > 1:
            mask = cv2.morphologyEx(mask, operation, disc(diameter), dst=mask)
    return Foreground(signal, mask, level)


def difference(grey: Grey, background: Grey, polarity: str) -> Grey:
    """Return how far each pixel is from the background, evened out for uneven light.

    In transmitted light an organism takes a share of the light that there is, so
    what it takes is divided by the background and given in grey levels at the
    median of the background; it grows by half at most. In dark field it adds its
    own light to that of the background, which is subtracted.

    Parameters
    ----------
    polarity : {"dark", "bright", "both"}
        Of what is darker, brighter, or either (as in transmitted light).
    """
    if polarity == "bright":
        return cv2.subtract(grey, background)
    apart = (cv2.absdiff if polarity == "both" else cv2.subtract)(background, grey)
    level = float(np.median(thinned(background)))
    least = np.uint8(level / _MOST_GAIN)
    if background.min() < least:  # else a copy would cost as much as the division
        background = np.maximum(background, least)
    return cv2.divide(apart, background, dst=apart, scale=level)


def noise_of(grey: Grey, background: Grey, polarity: str) -> float:
    """Return the standard deviation of the background, grey levels as of `difference`.

    Without what is farther from the median than three (scaled) median absolute
    deviations; at least 1, since levels are whole numbers.
    """
    empty = thinned(background).astype(np.float32)
    apart = thinned(grey) - empty
    if polarity != "bright":
        level = float(np.median(empty))
        apart *= level / np.maximum(empty, max(1.0, level / _MOST_GAIN))
    apart = np.abs(apart - np.median(apart))
    near = apart[apart <= 3 * max(1.4826 * float(np.median(apart)), 0.5)]
    return max(1.0, float(np.sqrt(np.mean(near**2))))


def levels(signal: Grey, noise: float, settings: FrameSettings) -> tuple[float, float]:
    """Return the level that an organism rises above, and the lower one of its pale parts."""
    if settings.threshold == "fixed":
        return settings.level, settings.hysteresis * settings.level
    kind = cv2.THRESH_OTSU if settings.threshold == "otsu" else cv2.THRESH_TRIANGLE
    found = cv2.threshold(np.ascontiguousarray(signal[::2, ::2]), 0, _ON, kind)[0]
    level = max(float(found), settings.noise * noise)
    # Below two thirds of the noise's own floor, specks of noise would join by the thousand.
    return level, min(level, max(settings.hysteresis * level, settings.noise * noise * 2 / 3))


def within_half(signal: Grey, width: int, noise: float) -> Grey:
    """Return 255 where the signal is at least half of its maximum within a square of `width` px.

    A blurred edge is symmetrical: at half of its height it is where the sharp one
    was. The maximum of some noisy pixels is too high by about 1.5 standard deviations.
    """
    peak = cv2.dilate(signal, np.ones((width, width), np.uint8))
    half = cv2.addWeighted(peak, 0.5, peak, 0, -0.75 * noise, dst=peak)
    return cv2.compare(signal, half, cv2.CMP_GE, dst=half)


def disc(diameter: int) -> Grey:
    """Return a disc as a structuring element."""
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (diameter, diameter))
