"""What a frame would look like without organisms.

Of a series: the running median. Of a single scan: the level under which a ball
can roll. Pixels are uint8, (height, width) or (height, width, 3), in and out.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from seston.imaging.median import median
from seston.imaging.trend import Trend

Pixels = npt.NDArray[Any]  # of uint8, which OpenCV's type hints do not tell
Key = TypeVar("Key")

_BALL = 8  # radius of the ball in the shrunken picture, px: 200 places to touch, not 100,000
_ENOUGH = 32  # px on the shorter side of the shrunken picture, to know the trend from


def running_median(
    frames: Iterable[tuple[Key, Pixels]], window: int, least: int
) -> Iterator[tuple[Key, Pixels, Pixels | None]]:
    """Yield every frame with the median of the `window` frames around it.

    The median is taken anew for every `window` // 2 frames (a faster drift of the
    lamp is left to `as_bright`); at both ends of the series it is that of the first
    or last `window` frames. No more than one and a half windows are held.

    Parameters
    ----------
    frames : iterable of (key, pixels)
        Frames of one shape, in order.
    window : int
        Number of frames, at least 1.
    least : int
        A series of fewer frames has no median.

    Yields
    ------
    key, pixels, background
        In order; `background` is None in a series that is too short.
    """
    step = max(1, window // 2)
    held: deque[tuple[Key, Pixels]] = deque()
    first = done = 0  # numbers of the first frame held, and of the first not yet yielded
    at, empty = -1, None  # where the last window began, and its median
    for frame in frames:
        held.append(frame)
        while first + len(held) >= (start := _window_start(done, step, window)) + window:
            if start != at:
                at, empty = start, _median_of(held, start - first, window)
            for key, pixels in islice(held, done - first, done - first + step):
                yield key, pixels, empty
            done += step
            while len(held) > window and first < _window_start(done, step, window):
                held.popleft()
                first += 1
    if first + len(held) < least:
        empty = None
    elif done < first + len(held):
        empty = _median_of(held, max(0, len(held) - window), window)
    for key, pixels in islice(held, done - first, None):
        yield key, pixels, empty


def _window_start(done: int, step: int, window: int) -> int:
    """Return the first frame of the window whose middle is that of the next `step` frames."""
    return max(0, done + step // 2 - window // 2)


def _median_of(held: deque[tuple[Key, Pixels]], start: int, count: int) -> Pixels:
    return median([pixels for _, pixels in islice(held, start, start + count)])


def ball(pixels: Pixels, radius: int, above: bool) -> Pixels:
    """Return the background of a single frame: where a ball rolls along its grey levels.

    After Sternberg (1983): the opening of the picture by a ball, of which one grey
    level is as high as one pixel is wide. The picture is shrunk first, as ImageJ
    does, so that the ball is 8 pixels in radius: it then costs milliseconds, and
    single noisy pixels no longer hold the ball down.

    Parameters
    ----------
    radius : int
        Radius of the ball, px.
    above : bool
        The background is brighter than the organisms: the ball rolls above.
    """
    height, width = pixels.shape[:2]
    shrink = max(1, radius // _BALL)
    small = cv2.resize(
        pixels,
        (max(1, width // shrink), max(1, height // shrink)),
        interpolation=cv2.INTER_AREA,
    ).astype(np.float32)
    # Else the ball, which meets slopes from one side, bridges corners.
    trend = Trend(small if min(small.shape[:2]) >= _ENOUGH else pixels, above)
    left = small - trend.surface(small.shape)
    rolled = -roll(-left, radius, shrink) if above else roll(left, radius, shrink)
    whole = cv2.resize(rolled, (width, height), interpolation=cv2.INTER_LINEAR)
    return cv2.add(whole, trend.surface(pixels.shape), dtype=cv2.CV_8U)  # rounds, stays in 0-255


def roll(
    levels: npt.NDArray[np.float32], radius: float, shrink: int = 1
) -> npt.NDArray[np.float32]:
    """Return the opening of grey levels by a ball from below.

    Parameters
    ----------
    levels : ndarray of float32, (height, width) or (height, width, 3)
    radius : float
        Radius of the ball, in grey levels and in pixels of the picture before it was shrunk.
    shrink : int
        Pixels of that picture per pixel of this one.
    """
    reach = int(radius // shrink)
    drops = [
        (dy, dx, float(radius - np.sqrt(left)))
        for dy in range(-reach, reach + 1)
        for dx in range(-reach, reach + 1)
        if (left := radius**2 - (dy * dy + dx * dx) * shrink**2) >= 0
    ]
    pad = [(2 * reach, 2 * reach), (2 * reach, 2 * reach), (0, 0)][: levels.ndim]
    around = np.pad(levels, pad, mode="symmetric")
    return _touch(_touch(around, drops, reach, np.minimum, 1), drops, reach, np.maximum, -1)


def _touch(
    levels: npt.NDArray[np.float32],
    drops: list[tuple[int, int, float]],
    reach: int,
    choose: np.ufunc,
    sign: int,
) -> npt.NDArray[np.float32]:
    """Return the lowest (highest) of the levels around, each plus (minus) the ball's drop there.

    The result is smaller by `reach` on all sides.
    """
    height, width = levels.shape[0] - 2 * reach, levels.shape[1] - 2 * reach
    result = np.full((height, width, *levels.shape[2:]), sign * np.inf, np.float32)
    for dy, dx, drop in drops:
        top, left = reach + dy, reach + dx
        near = levels[top : top + height, left : left + width]
        choose(result, near + np.float32(sign * drop), out=result)
    return result


def thinned(pixels: Pixels) -> Pixels:
    """Return some 20,000 pixels, evenly spread: enough to know light and noise from."""
    step = max(1, int(np.sqrt(pixels.shape[0] * pixels.shape[1] / 20_000)))
    return pixels[::step, ::step]


def as_bright(background: Pixels, pixels: Pixels) -> Pixels:
    """Return the background as bright as a frame: lamps flicker and drift.

    By the ratio of the medians.
    """
    seen, empty = float(np.median(thinned(pixels))), float(np.median(thinned(background)))
    if empty == 0 or abs(seen - empty) < 0.5:
        return background
    return cv2.convertScaleAbs(background, alpha=seen / empty)
