"""Boards of organisms at their true relative size, with scale bars in µm.

A board is packed like a museum drawer: one magnification for all, shelves of
organisms by falling height. Organisms whose pixel sizes differ by more than
four times (a microscope and a lake camera, say) or are unknown lie in
separate bands, each with its own scale bar.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

import matplotlib
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from seston.report.drawing import style
from seston.report.drawing.pictures import Part
from seston.report.wording import THIN, micrometres

WIDTH, HEIGHT = 1000, 470  # of a board, in its pixels
GAP, FOOT = 10, 70  # between organisms; for a scale bar
MARGIN, HEAD = 20, 62  # around a board; for its name
NAME, BAR = 36, 33  # sizes of letters, for a name and beside a scale bar
MOST_ZOOM = 6.0
MOST_SPREAD = 4.0  # of pixel sizes within a band
MOST_RATIO = 4.0  # of an organism to the median one


@dataclass(frozen=True)
class Crop:
    """An organism: RGB image, µm per pixel (NaN if unknown)."""

    image: Image.Image
    pixel_um: float


@dataclass(frozen=True)
class Placed:
    """Where a crop lies on the board, and whether it was shrunk to fit in."""

    crop: Crop
    box: tuple[int, int, int, int]
    shrunk: bool


@dataclass(frozen=True)
class Band:
    """Crops at one scale: their places, the µm per board pixel (NaN if unknown), the foot's top."""

    placed: list[Placed]
    um_per_pixel: float
    foot: int


def decode(crop: bytes, pixel_um: float | None) -> Crop:
    """Return the crop of a table's row."""
    with Image.open(BytesIO(crop)) as image:
        return Crop(image.convert("RGB"), np.nan if pixel_um is None else float(pixel_um))


def split_bands(crops: Sequence[Crop]) -> list[list[Crop]]:
    """Return the crops by pixel size, the finest first, those without one last."""
    known = sorted((c for c in crops if np.isfinite(c.pixel_um)), key=lambda c: c.pixel_um)
    bands: list[list[Crop]] = []
    for crop in known:
        if not bands or crop.pixel_um > MOST_SPREAD * bands[-1][0].pixel_um:
            bands.append([])
        bands[-1].append(crop)
    unknown = [c for c in crops if not np.isfinite(c.pixel_um)]
    return [*bands, *([unknown] if unknown else [])]


def pack(crops: Sequence[Crop]) -> list[Band]:
    """Lay out the crops on a board of `WIDTH` x `HEIGHT`, as large as they fit.

    Within a band sizes are true: in µm, or in pixels where µm are unknown.
    Only what is over `MOST_RATIO` times the median size is shrunk to that.
    """
    bands = [_natural(band) for band in split_bands(crops)]
    low, high = 0.0, MOST_ZOOM
    for _ in range(20):
        zoom = (low + high) / 2
        low, high = (zoom, high) if _height(bands, zoom) <= HEIGHT else (low, zoom)
    placed, top = [], 0
    for band, unit, sizes, shrunk in bands:
        boxes, bottom = _shelves(sizes * low, top)
        order = [Placed(c, b, s) for c, b, s in zip(band, boxes, shrunk, strict=True)]
        placed.append(Band(order, unit / low, bottom))
        top = bottom + FOOT
    return placed


def paint(bands: Sequence[Band]) -> Image.Image:
    """Return the board as an RGB image of `WIDTH`, white where nothing lies.

    Below each band is its scale bar; what was shrunk has a frame.
    """
    board = Image.new("RGB", (WIDTH, bands[-1].foot + FOOT), "white")
    draw = ImageDraw.Draw(board)
    for band in bands:
        for one in band.placed:
            x, y, w, h = one.box
            board.paste(one.crop.image.resize((w, h), Image.Resampling.BICUBIC), (x, y))
            if one.shrunk:
                _frame(draw, one.box)
        _scale_bar(draw, band)
    return board


def nice_length(most: float) -> float:
    """Return the largest of 1, 2, 5, 10, ... that is not above `most`."""
    power = 10.0 ** np.floor(np.log10(most))
    return float(max(step * power for step in (1, 2, 5) if step * power <= most * (1 + 1e-9)))


def save_sheet(boards: dict[str, Image.Image], path: Path) -> dict[str, Part]:
    """Write a PNG of boards below each other, each under its name; return where each is on it."""
    down = sum(HEAD + board.height for board in boards.values())
    whole = Image.new("RGB", (WIDTH + 2 * MARGIN, down), "white")
    draw, top, places = ImageDraw.Draw(whole), 0, {}
    for name, board in boards.items():
        draw.text((MARGIN, top + HEAD - 18), name, style.INK, _font(NAME), anchor="ls")
        top += HEAD
        whole.paste(board, (MARGIN, top))
        places[name] = Part(path, (MARGIN, top, MARGIN + WIDTH, top + board.height))
        top += board.height
    whole.save(path, compress_level=style.DEFLATE, dpi=(style.DPI, style.DPI))
    return places


def _natural(band: list[Crop]) -> tuple[list[Crop], float, npt.NDArray[np.float64], list[bool]]:
    """Return the band by falling height, its µm per unit, its sizes in units, what was shrunk."""
    unit = float(np.median([c.pixel_um for c in band]))
    sizes = np.array([c.image.size for c in band], float)
    if np.isfinite(unit):
        sizes *= (np.array([c.pixel_um for c in band]) / unit)[:, None]
    longest = sizes.max(axis=1)
    factor = np.minimum(1.0, MOST_RATIO * np.median(longest) / longest)
    sizes *= factor[:, None]
    order = np.argsort(-sizes[:, 1], kind="stable")
    return [band[i] for i in order], unit, sizes[order], [bool(factor[i] < 1) for i in order]


def _height(bands: Sequence[tuple], zoom: float) -> float:
    if any((sizes[:, 0] * zoom > WIDTH).any() for _, _, sizes, _ in bands):
        return np.inf
    return sum(_shelves(sizes * zoom, 0)[1] for _, _, sizes, _ in bands)


def _shelves(
    sizes: npt.NDArray[np.float64], top: int
) -> tuple[list[tuple[int, int, int, int]], int]:
    """Return boxes (x, y, w, h) of rectangles put on shelves, and where the last shelf ends."""
    boxes, x, shelf = [], 0, 0
    for w, h in np.maximum(1, np.floor(sizes)).astype(int).tolist():
        if x and x + w > WIDTH:
            top, x, shelf = top + shelf + GAP, 0, 0
        boxes.append((x, top, w, h))
        x, shelf = x + w + GAP, max(shelf, h)
    return boxes, top + shelf


def _scale_bar(draw: ImageDraw.ImageDraw, band: Band) -> None:
    y = band.foot + 32
    if not np.isfinite(band.um_per_pixel):
        told = "pixel size unknown: relative size in pixels"
        draw.text((0, y), told, style.INK, _font(BAR), anchor="lm")
        return
    length = nice_length(0.3 * WIDTH * band.um_per_pixel)
    end = round(length / band.um_per_pixel)
    draw.line([(0, y), (end, y)], style.INK, 7)
    told = micrometres(length).replace(THIN, " ")
    draw.text((end + 14, y), told, style.INK, _font(BAR), anchor="lm")


def _frame(draw: ImageDraw.ImageDraw, box: tuple[int, int, int, int]) -> None:
    """Draw a dashed frame around a box (x, y, w, h)."""
    x, y, w, h = box
    for start in range(0, w, 18):
        for side in (y, y + h - 1):
            draw.line([(x + start, side), (x + min(start + 11, w), side)], style.COLOURS[1], 4)
    for start in range(0, h, 18):
        for side in (x, x + w - 1):
            draw.line([(side, y + start), (side, y + min(start + 11, h))], style.COLOURS[1], 4)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    """Return the font of all figures, which comes with matplotlib."""
    return ImageFont.truetype(matplotlib.get_data_path() + "/fonts/ttf/DejaVuSans.ttf", size)
