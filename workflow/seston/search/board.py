"""A query and the organisms nearest to it, as one picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

SIDE, TEXT, GAP = 150, 34, 12  # of a cell, its two lines of text, and between cells; px
ACROSS = 8  # cells in a row
MOST_ZOOM = 4.0
TYPICAL = 75  # percentile of the organisms' lengths that fills a cell; longer ones are shrunk
PAPER, INK, FAINT, ACCENT = "#ffffff", "#1b2429", "#6b757c", "#0072B2"


@dataclass(frozen=True)
class Cell:
    """An organism on the board.

    Attributes
    ----------
    crop : bytes
        The picture, in any format that Pillow reads.
    pixel_um : float or None
        µm per pixel.
    title, subtitle : str
        The two lines below; cut where they do not fit.
    """

    crop: bytes
    pixel_um: float | None
    title: str
    subtitle: str


def draw_board(query: Cell, found: Sequence[Cell]) -> Image.Image:
    """Return the query, framed, and after it the found organisms, row by row.

    Organisms of known pixel size are drawn at one scale, told by a bar in the first cell that has
    one, the others to fit; if none has one, all are drawn at one scale of pixels, without a bar.
    What is too long for a cell at that scale is shrunk to it, in a dashed frame.
    """
    cells = [query, *found]
    pictures = [_decode(cell.crop) for cell in cells]
    known = any(cell.pixel_um for cell in cells)
    units = [cell.pixel_um if known else 1.0 for cell in cells]
    scale = _scale(units, pictures)
    rows = -(-len(cells) // ACROSS)
    across = min(ACROSS, len(cells))
    board = Image.new("RGB", (GAP + across * (SIDE + GAP), GAP + rows * (SIDE + TEXT + GAP)), PAPER)
    pen = ImageDraw.Draw(board)
    barred = next((i for i, cell in enumerate(cells) if cell.pixel_um), None)
    for number, (cell, unit, picture) in enumerate(zip(cells, units, pictures, strict=True)):
        left = GAP + number % ACROSS * (SIDE + GAP)
        top = GAP + number // ACROSS * (SIDE + TEXT + GAP)
        zoom = unit / scale if unit else np.inf
        fits = SIDE / max(picture.size)
        size = [max(1, round(side * min(zoom, fits))) for side in picture.size]
        shown = picture.resize((size[0], size[1]), Image.Resampling.BICUBIC)
        board.paste(shown, (left + (SIDE - size[0]) // 2, top + (SIDE - size[1]) // 2))
        if number == 0:
            pen.rectangle((left - 4, top - 4, left + SIDE + 3, top + SIDE + 3), outline=ACCENT)
        elif np.isfinite(zoom) and zoom > fits:
            _dashes(pen, (left, top, left + SIDE - 1, top + SIDE - 1))
        pen.text((left, top + SIDE + 5), _cut(cell.title, 12), INK, _font(12))
        pen.text((left, top + SIDE + 20), _cut(cell.subtitle, 9), FAINT, _font(9))
        if number == barred:
            _bar(pen, left, top + SIDE - 4, scale)
    return board


def _decode(crop: bytes) -> Image.Image:
    with Image.open(BytesIO(crop)) as image:
        return image.convert("RGB")


def _scale(units: Sequence[float | None], pictures: Sequence[Image.Image]) -> float:
    """Return units (µm or pixels) per pixel of the board, by those per pixel of each picture."""
    known = [(unit, max(p.size)) for unit, p in zip(units, pictures, strict=True) if unit]
    longest = np.percentile([unit * side for unit, side in known], TYPICAL, method="higher")
    return float(max(longest / SIDE, max(unit for unit, _ in known) / MOST_ZOOM))


def _bar(pen: ImageDraw.ImageDraw, left: int, bottom: int, scale: float) -> None:
    most = 0.6 * SIDE * scale
    power = 10.0 ** np.floor(np.log10(most))
    length = max(step * power for step in (1, 2, 5) if step * power <= most)
    end = left + round(length / scale)
    text = f"{length / 1000:g} mm" if length >= 1000 else f"{length:g} µm"
    pen.rectangle((left, bottom - 14, max(end, left + 9 * len(text)), bottom + 3), fill=PAPER)
    pen.line((left, bottom, end, bottom), fill=INK, width=2)
    pen.text((left, bottom - 14), text, INK, _font(10))


def _dashes(pen: ImageDraw.ImageDraw, box: tuple[int, int, int, int]) -> None:
    left, top, right, bottom = box
    for start in range(0, SIDE, 8):
        stop = min(start + 4, SIDE - 1)
        for y in (top, bottom):
            pen.line((left + start, y, left + stop, y), fill=FAINT)
        for x in (left, right):
            pen.line((x, top + start, x, top + stop), fill=FAINT)


def _cut(text: str, size: int) -> str:
    """Return the text, its middle left out where it is too long.

    Ids begin with the sample, which often tells the day, and differ at their end.
    """
    font, shown, kept = _font(size), text, len(text)
    while kept and font.getlength(shown) > SIDE:
        kept -= 1
        end = kept // 3
        shown = f"{text[: kept - end]}…{text[len(text) - end :]}"
    return shown


def _font(size: int) -> ImageFont.FreeTypeFont:
    # The figures' font; it has the letters of nearly all languages.
    path = Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")
    return ImageFont.truetype(str(path), size)
