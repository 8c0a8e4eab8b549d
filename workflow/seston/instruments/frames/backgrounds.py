"""The background of each frame of a series, as the settings want it."""

from collections.abc import Callable, Iterable, Iterator

import cv2
import numpy as np

from seston.imaging.background import ball, running_median, thinned
from seston.imaging.foreground import grey_of
from seston.imaging.settings import FrameSettings
from seston.instruments.frames.files import Frame, Pixels

#: In the median of fewer frames an organism shades its own background.
_LEAST = 3

#: A lamp drifts by less than this ratio, or by less than so many grey levels in dark field.
_OTHER_LAMP, _OTHER_LEVEL = 1.5, 20


def with_background(
    series: Iterable[Frame],
    empty: Pixels | None,
    settings: FrameSettings,
    tell_short: Callable[[str], None],
) -> Iterator[tuple[Frame, Pixels | None, bool]]:
    """Yield frames of one shape with their background; None if there is to be none.

    Third: whether that background knows nothing of the polarity.
    `tell_short` is given the names of frames that are too few for a median: a ball is rolled.
    """
    if empty is not None:
        yield from ((frame, _in_colours_of(frame.pixels, empty), True) for frame in series)
    elif settings.background == "none":
        yield from ((frame, None, True) for frame in series)
    elif settings.background == "ball":
        yield from ((frame, _ball(frame, settings), False) for frame in series)
    else:
        least = settings.window if settings.background == "auto" else _LEAST
        pairs = ((frame, frame.pixels) for frame in series)
        for frame, _, background in running_median(pairs, settings.window, least):
            if background is None:
                tell_short(frame.name)
                yield frame, _ball(frame, settings), False
            else:
                yield frame, background, True


def _ball(frame: Frame, settings: FrameSettings) -> Pixels:
    return ball(frame.pixels, settings.ball_px, above=settings.polarity != "bright")


def _in_colours_of(pixels: Pixels, empty: Pixels) -> Pixels:
    """Return the empty frame in grey or in colour, as the frame is."""
    if pixels.ndim == empty.ndim:
        return empty
    return grey_of(empty) if pixels.ndim == 2 else cv2.cvtColor(empty, cv2.COLOR_GRAY2RGB)


def is_of_other_lamp(pixels: Pixels, empty: Pixels) -> bool:
    """Say whether the picture of an empty frame is too bright or dark for this one."""
    less, more = sorted(float(np.median(grey_of(thinned(one)))) for one in (pixels, empty))
    return more - less > _OTHER_LEVEL and more > _OTHER_LAMP * less
