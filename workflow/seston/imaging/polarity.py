"""Whether organisms are darker or brighter than the background: a check of the setting."""

from typing import Any

import numpy as np
import numpy.typing as npt

from seston.imaging.background import thinned
from seston.imaging.foreground import noise_of
from seston.imaging.trend import Trend

Grey = npt.NDArray[Any]  # of uint8, which OpenCV's type hints do not tell

_NOISES = 5.0  # standard deviations of the noise that a single pixel must be off
_LEAST = 1e-3  # share of the pixels off by so much that shows anything at all
_TIMES = 5  # so many times more pixels on the other side mean that the setting is wrong


def vote(grey: Grey, background: Grey | None, polarity: str) -> int:
    """Say whether a frame speaks for a polarity (1), against it (-1), or not at all (0).

    By the number of pixels, of 10,000, that are far on either side of the background.

    Parameters
    ----------
    grey : ndarray of uint8, (height, width)
    background : ndarray of uint8 or None
        Of the same shape, as bright as the frame, and made without regard to polarity:
        a ball rolled on the wrong side follows the organisms. None: the frame's own trend.
    polarity : {"dark", "bright"}
    """
    few = np.ascontiguousarray(thinned(grey)[::2])
    if background is None:
        empty = np.clip(Trend(few, polarity != "bright").surface(few.shape), 0, 255)
    else:
        empty = thinned(background)[::2].astype(np.float32)
    above = few - empty
    above -= np.median(above)
    far = _NOISES * noise_of(few, empty, "bright")
    bright, dark = np.count_nonzero(above > far), np.count_nonzero(above < -far)
    chosen, other = (bright, dark) if polarity == "bright" else (dark, bright)
    least = _LEAST * few.size
    if other >= least and other > _TIMES * chosen:
        return -1
    return 1 if chosen >= least else 0
