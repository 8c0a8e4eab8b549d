"""The map as it fills up day by day: an animation.

Frames are drawn with Pillow on arrays of palette colours: hundreds of matplotlib figures would
take minutes. Below the map stand the images of every period, so that a day with many points and
a day with much effort are not confused.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
from PIL import Image, ImageDraw, ImageFont

from seston.report.drawing.time_axis import TimeAxis
from seston.report.figures.days_raster import BLACK, BLUE, GREY, PALETTE, Indices, maps
from seston.report.figures.map_days import HIGH, WIDE, Days
from seston.report.wording import count, many, short

HEAD, FOOT = 100, 118
PALE = 2  # of the inks
BARS, LEFT, RIGHT = 62, 64, 24  # height of the bars, and what is left free beside them
SECONDS, SHORTEST, LONGEST = 24, 80, 700  # of all steps; of one, in milliseconds
LAST = 4000
MOST_GIF = 8_000_000  # bytes

log = logging.getLogger("seston")


@dataclass(frozen=True)
class Animation:
    """Plays once and stays at its end; `gif` is None where it would be over `MOST_GIF` bytes."""

    webp: bytes
    gif: bytes | None


def animate(days: Days, time: TimeAxis, title: str) -> Animation:
    """Return the steps as an animation.

    Parameters
    ----------
    days : Days
        Of one site.
    time : TimeAxis
    title : str
        What the map is of, such as the site.
    """
    pictures = [_paletted(frame) for frame in frames(days, time, title)]
    each = int(np.clip(1000 * SECONDS / len(pictures), SHORTEST, LONGEST))
    durations = [each] * (len(pictures) - 1) + [LAST]
    webp, gif = BytesIO(), BytesIO()
    rest = {"save_all": True, "append_images": pictures[1:], "duration": durations}
    pictures[0].save(webp, "WEBP", lossless=True, quality=30, method=2, loop=1, **rest)
    pictures[0].save(gif, "GIF", optimize=False, **rest)  # without `loop` it plays once
    if (size := gif.getbuffer().nbytes) <= MOST_GIF:
        return Animation(webp.getvalue(), gif.getvalue())
    log.info("%s: no GIF of the days, it would be %.1f MB; the WebP has all", title, size / 1e6)
    return Animation(webp.getvalue(), None)


def frames(days: Days, time: TimeAxis, title: str) -> Iterator[Indices]:
    """Yield each step, its map between the words and the bars."""
    for (_, step), picture in zip(days.steps.iterrows(), maps(days), strict=True):
        frame = np.zeros((HEAD + HIGH + FOOT, WIDE), np.uint8)
        frame[HEAD : HEAD + HIGH] = picture
        _draw_bars(frame, days, step)
        _write(frame, days, step, time, title)
        yield frame


def _draw_bars(frame: Indices, days: Days, step: pd.Series) -> None:
    """Draw the images of every slot: this step's in blue, earlier ones grey, later ones pale."""
    floor, top = HEAD + HIGH + 22 + BARS, max(int(days.slots.max()), 1)
    edges = np.linspace(LEFT, WIDE - RIGHT, len(days.slots) + 1).astype(int)
    first, stop = step["slot"], step["slot"] + step["slots"]
    for slot, images in enumerate(days.slots):
        left, right = edges[slot], max(edges[slot + 1] - (edges[1] - edges[0] > 3), edges[slot] + 1)
        colour = BLUE if first <= slot < stop else GREY if slot < first else PALE
        tall = int(np.ceil(BARS * images / top)) if images > 0 else 0
        frame[floor - tall : floor, left:right] = colour
        if images >= 0:  # a mark for each sampled slot, also for one without an image
            frame[floor + 2 : floor + 4, left:right] = GREY
        if first <= slot < stop:
            frame[floor + 6 : floor + 9, left:right] = BLUE
    frame[floor, LEFT : WIDE - RIGHT] = GREY
    frame[floor - BARS, LEFT - 5 : LEFT] = GREY


def _write(frame: Indices, days: Days, step: pd.Series, time: TimeAxis, title: str) -> None:
    """Write what the frame shows."""
    page = Image.new("L", frame.shape[::-1], 0)
    pen = ImageDraw.Draw(page)
    kind = time.period if days.each == 1 else f"{days.each} {time.period}s"
    this = f"{'this' if days.each == 1 else 'these'} {kind}"
    pen.text((12, 8), short(title, 60), 255, _font(14))
    pen.text((12, 29), _when(step, time), 255, _font(20))
    pen.text((12, 57), _effort(step, time), 255, _font(14))
    pen.text((12, 76), _so_far(step), 255, _font(14))
    for words, colour, y in ((this, BLUE, 57), ("earlier", GREY, 76)):
        frame[y + 4 : y + 14, WIDE - 130 : WIDE - 120] = colour
        pen.text((WIDE - 114, y), words, 255, _font(14))
    head, floor = HEAD + HIGH + 22, HEAD + HIGH + 22 + BARS
    pen.text((LEFT, head - 18), f"images per {kind}", 255, _font(12))
    pen.text((LEFT - 8, head), count(days.slots.max()), 255, _font(12), anchor="rm")
    pen.text((LEFT - 8, floor), "0", 255, _font(12), anchor="rm")
    pen.text((LEFT, floor + 12), time.name(days.steps["first"].iloc[0]), 255, _font(12))
    end = time.name(days.steps["last"].iloc[-1])
    pen.text((WIDE - RIGHT, floor + 12), end, 255, _font(12), anchor="ra")
    ink = np.asarray(page, np.uint16) * BLACK // 255
    frame[ink > 0] = ink[ink > 0]


def _when(step: pd.Series, time: TimeAxis) -> str:
    first, last = step["first"], step["last"]
    dates = first if first == last else f"{first} to {last}"
    dates = dates.replace("T", " ")
    if not time.day_zero:
        return dates
    numbers = time.name(first) if first == last else f"{time.name(first)} to {time.name(last)[4:]}"
    return f"{numbers}   ({dates})"


def _effort(step: pd.Series, time: TimeAxis) -> str:
    if step["sampled"]:
        return f"{many(step['images'], 'image')} in {many(step['samples'], 'sample')}"
    return f"not sampled: {many(step['periods'], time.period)}"


def _so_far(step: pd.Series) -> str:
    told = f"so far {many(step['images_so_far'], 'image')}"
    missing = step["images_so_far"] - step["points_so_far"]
    return f"{told}, {count(step['points_so_far'])} of them on the map" if missing else told


def _paletted(frame: Indices) -> Image.Image:
    picture = Image.fromarray(frame, "P")
    picture.putpalette(PALETTE.ravel().tolist())
    return picture


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    """Return the font of the figures, which comes with matplotlib."""
    return ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans.ttf", size)
