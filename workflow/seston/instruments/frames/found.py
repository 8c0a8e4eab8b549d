"""The organisms of raw frames: each frame against its background, series by series."""

import posixpath
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

import cv2
import numpy as np

from seston.imaging.background import as_bright, ball, running_median, thinned
from seston.imaging.duplicates import stay
from seston.imaging.foreground import find_foreground, grey_of
from seston.imaging.objects import Organism, find_organisms
from seston.imaging.settings import FrameSettings
from seston.instruments.contract import Flag, Found, Reading, Rejection, Roi
from seston.instruments.frames.files import Frame, Pixels, decoded

#: In the median of fewer frames an organism shades its own background.
_LEAST = 3

#: What there is to say of a series of frames: code of the flag -> its text.
TEXTS = {
    "empty_frames": "{count} of {frames} frames show no organism, such as {first}",
    "polarity": "{count} frames without an organism are dark, or bright, all over, such as {first};"
    " is segment.frames.polarity right?",
    "short_series": "too few frames of one size in a row for a running median: the background of"
    " {count} is that of a rolling ball, such as {first}",
    "seen_before": "{count} organisms lie where one lay in the frame before, such as {first}:"
    " the same ones again?",
    "bad_clock": "{count} frames without a date, as their clock was wrong, such as {first}",
}
#: Median grey levels of an empty frame beyond which organisms can hardly be darker, or brighter.
_TOO_DARK, _TOO_BRIGHT = 50, 205


def organisms(
    root: Path, names: list[str], empty: Pixels | None, reading: Reading
) -> Iterator[Found]:
    """Yield the organisms of all frames, then what there is to say of the sample.

    No more frames are held than the running median needs (`FrameSettings.window`).

    Parameters
    ----------
    root : pathlib.Path
        The folder that the names start from.
    names : list of str
        POSIX paths of the frames, sorted: the frames of a folder are one series.
    empty : ndarray of uint8, or None
        Picture of an empty frame, for all.
    reading : Reading
    """
    settings = reading.frames
    refused: list[Rejection] = []
    told: dict[str, list[str]] = defaultdict(list)
    frames = decoded(root, names, reading, refused.append, lambda code, at: told[code].append(at))
    in_folder = Counter(map(posixpath.dirname, names))
    for (folder, _), series in groupby(frames, lambda frame: (frame.folder, frame.pixels.shape)):
        before: list[Organism] = []
        median_due = settings.background == "median" or in_folder[folder] >= settings.window
        short = told["short_series"] if median_due else []
        for frame, background in _with_background(series, empty, settings, short.append):
            if background is not None and background.shape != frame.pixels.shape:
                refused.append(_of_other_size(frame, background))
                continue
            found, background = _detect(frame.pixels, background, reading)
            again = stay(found, before) if settings.duplicates else [False] * len(found)
            rois = list(_cut(frame, background, found, again, settings.margin_px))
            yield from rois
            told["seen_before"] += [roi.roi for roi in rois if "seen_before" in roi.notes]
            if not rois:
                told["empty_frames"].append(frame.name)
                if _is_wrong_way(frame.pixels, settings.polarity):
                    told["polarity"].append(frame.name)
            before = found
    yield from refused
    for code, text in TEXTS.items():
        if told[code]:
            first = told[code][0]
            yield Flag(code, text.format(count=len(told[code]), frames=len(names), first=first))


def _with_background(
    series: Iterable[Frame],
    empty: Pixels | None,
    settings: FrameSettings,
    tell_short: Callable[[str], None],
) -> Iterator[tuple[Frame, Pixels | None]]:
    """Yield frames of one shape with their background; None if there is to be none.

    `tell_short` is given the names of frames that are too few for a median: a ball is rolled.
    """
    if empty is not None:
        yield from ((frame, _in_colours_of(frame.pixels, empty)) for frame in series)
    elif settings.background == "none":
        yield from ((frame, None) for frame in series)
    elif settings.background == "ball":
        yield from ((frame, _ball(frame, settings)) for frame in series)
    else:
        least = settings.window if settings.background == "auto" else _LEAST
        pairs = ((frame, frame.pixels) for frame in series)
        for frame, _, background in running_median(pairs, settings.window, least):
            if background is None:
                tell_short(frame.name)
            yield frame, _ball(frame, settings) if background is None else background


def _ball(frame: Frame, settings: FrameSettings) -> Pixels:
    return ball(frame.pixels, settings.ball_px, above=settings.polarity != "bright")


def _in_colours_of(pixels: Pixels, empty: Pixels) -> Pixels:
    """Return the empty frame in grey or in colour, as the frame is."""
    if pixels.ndim == empty.ndim:
        return empty
    return grey_of(empty) if pixels.ndim == 2 else cv2.cvtColor(empty, cv2.COLOR_GRAY2RGB)


def _is_wrong_way(pixels: Pixels, polarity: str) -> bool:
    """Say whether a frame is so dark that organisms would be brighter, or the other way round."""
    level = np.median(thinned(pixels))
    return (polarity == "dark" and level < _TOO_DARK) or (
        polarity == "bright" and level > _TOO_BRIGHT
    )


def _of_other_size(frame: Frame, background: Pixels) -> Rejection:
    (height, width), (empty_height, empty_width) = frame.pixels.shape[:2], background.shape[:2]
    detail = (
        f"{width} x {height} px, the picture of an empty frame {empty_width} x {empty_height} px"
    )
    return Rejection(frame.name, frame.name, "background_size", detail)


def _detect(
    pixels: Pixels, background: Pixels | None, reading: Reading
) -> tuple[list[Organism], Pixels | None]:
    """Return the organisms, and the background made as bright as the frame."""
    grey = grey_of(pixels)
    if background is None:
        empty = np.full_like(grey, np.median(grey))
    else:
        background = as_bright(background, pixels)
        empty = grey_of(background)
    foreground = find_foreground(grey, empty, reading.frames)
    smallest = reading.frames.smallest_px(reading.pixel_um)
    return find_organisms(foreground, reading.frames, smallest), background


def _cut(
    frame: Frame,
    background: Pixels | None,
    organisms: Sequence[Organism],
    again: Sequence[bool],
    margin: int,
) -> Iterator[Roi]:
    """Yield the organisms of a frame with `margin` px of it around them, numbered from 1."""
    height, width = frame.pixels.shape[:2]
    for number, (organism, seen) in enumerate(zip(organisms, again, strict=True), start=1):
        left, top, right, bottom = organism.box
        x, y = max(0, left - margin), max(0, top - margin)
        inside = (
            slice(y, min(height, bottom + margin)),
            slice(x, min(width, right + margin)),
        )
        pixels = frame.pixels[inside].copy()  # a view would hold the whole frame in memory
        mask = np.zeros(pixels.shape[:2], bool)
        mask[top - y : bottom - y, left - x : right - x] = organism.mask
        yield Roi(
            roi=f"{frame.name}/{number:05d}",
            frame=frame.name,
            x=x,
            y=y,
            pixels=pixels,
            timestamp=frame.time,
            mask=mask,
            mask_source="frame",
            background=None if background is None else background[inside].copy(),
            at_border=organism.touches((height, width)),
            notes=(*frame.notes, "seen_before") if seen else frame.notes,
        )
