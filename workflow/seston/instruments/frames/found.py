"""The organisms of raw frames: each frame against its background, series by series."""

import posixpath
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np

from seston.errors import SestonError
from seston.imaging.background import as_bright
from seston.imaging.duplicates import stay
from seston.imaging.foreground import find_foreground, grey_of
from seston.imaging.objects import Organism, find_organisms
from seston.imaging.polarity import vote
from seston.instruments.contract import Flag, Found, Reading, Rejection, Roi
from seston.instruments.frames.backgrounds import is_of_other_lamp, with_background
from seston.instruments.frames.files import Frame, Pixels, decoded

#: What there is to say of a series of frames: code of the flag -> its text.
TEXTS = {
    "empty_frames": "{count} of {frames} frames show no organism, such as {first}",
    "background_level": "{count} frames are far brighter or darker than the picture of an empty"
    " frame, such as {first}: was it taken with this lamp and camera?",
    "polarity": "in {count} of {frames} frames nearly all that stands out does so on the other side"
    " of the background, such as {first}; is segment.frames.polarity right?",
    "short_series": "too few frames of one size in a row for a running median"
    " (segment.frames.window): the background of {count} is a rolling ball's, such as {first}",
    "seen_before": "{count} organisms lie where one lay in the frame before, such as {first}:"
    " the same ones again?",
    "bad_clock": "{count} frames without a date, as their clock was wrong, such as {first}",
}
#: Share of a frame's shorter side beyond which the smallest organism is a slip in the units.
_LARGEST_SMALLEST = 0.25


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
    right = 0  # frames that speak for the polarity of the settings
    for (folder, _), series in groupby(frames, lambda frame: (frame.folder, frame.pixels.shape)):
        before: list[Organism] = []
        is_series = settings.background == "median" or in_folder[folder] > 1
        short = told["short_series"] if is_series else []
        for frame, background, fair in with_background(series, empty, settings, short.append):
            if background is not None and background.shape != frame.pixels.shape:
                refused.append(_of_other_size(frame, background))
                continue
            _require_room(frame, reading)
            if empty is not None and is_of_other_lamp(frame.pixels, empty):
                told["background_level"].append(frame.name)
            found, background = _detect(frame.pixels, background, reading)
            again = stay(found, before) if settings.duplicates else [False] * len(found)
            rois = list(_cut(frame, background, found, again, settings.margin_px))
            yield from rois
            told["seen_before"] += [roi.roi for roi in rois if "seen_before" in roi.notes]
            if not rois:
                told["empty_frames"].append(frame.name)
            speaks = _vote(frame.pixels, background if fair else None, settings.polarity)
            right += speaks > 0
            if speaks < 0:
                told["polarity"].append(frame.name)
            before = found
    yield from refused
    if len(told["polarity"]) <= right:
        told["polarity"].clear()
    for code, text in TEXTS.items():
        if told[code]:
            first = told[code][0]
            yield Flag(code, text.format(count=len(told[code]), frames=len(names), first=first))


def _vote(pixels: Pixels, background: Pixels | None, polarity: str) -> int:
    if polarity == "both":
        return 0
    return vote(grey_of(pixels), None if background is None else grey_of(background), polarity)


def _require_room(frame: Frame, reading: Reading) -> None:
    """Raise `SestonError` if the smallest organism in µm would fill a frame: a wrong unit."""
    if reading.pixel_um is None:
        return
    smallest, side = reading.frames.min_esd_um / reading.pixel_um, min(frame.pixels.shape[:2])
    if smallest > _LARGEST_SMALLEST * side:
        raise SestonError(
            f"{frame.name}: expected frames much larger than the smallest organism, which is"
            f" {smallest:.0f} px by segment.frames.min_esd_um {reading.frames.min_esd_um:g} and"
            f" pixel_um {reading.pixel_um:g}; found a side of {side} px. Is pixel_um in µm per"
            " pixel (not mm, not px per µm)? Else lower min_esd_um, or take this file out"
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
