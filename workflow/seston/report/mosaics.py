"""Boards of organisms at their true relative size, with scale bars in µm.

A board is packed like a museum drawer: one magnification for all, shelves of
organisms by falling height. Organisms whose pixel sizes differ by more than
four times (a microscope and a lake camera, say) or are unknown lie in
separate bands, each with its own scale bar.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

from seston.report import style
from seston.report.wording import THIN, micrometres

WIDTH, HEIGHT = 1000, 470  # of a board, in its pixels
GAP, FOOT = 10, 70  # between organisms; for a scale bar
MARGIN, HEAD = 20, 62  # around a board; for its name
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


def paint(bands: Sequence[Band]) -> npt.NDArray[np.uint8]:
    """Return the board as an image (rows, `WIDTH`, 3), white where nothing lies."""
    board = Image.new("RGB", (WIDTH, bands[-1].foot + FOOT), "white")
    for band in bands:
        for one in band.placed:
            x, y, w, h = one.box
            board.paste(one.crop.image.resize((w, h), Image.Resampling.BICUBIC), (x, y))
    return np.asarray(board)


def nice_length(most: float) -> float:
    """Return the largest of 1, 2, 5, 10, ... that is not above `most`."""
    power = 10.0 ** np.floor(np.log10(most))
    return float(max(step * power for step in (1, 2, 5) if step * power <= most * (1 + 1e-9)))


def draw_mosaic(boards: dict[str, list[Crop]]) -> Figure:
    """Draw the boards of one cluster below each other, each under its name.

    A pixel of a board is a pixel of the figure at `style.DPI`.
    """
    drawers = {name: pack(crops) for name, crops in boards.items()}
    pictures = {name: paint(bands) for name, bands in drawers.items()}
    across, down = WIDTH + 2 * MARGIN, sum(HEAD + len(p) for p in pictures.values())
    figure = Figure(figsize=(across / style.DPI, down / style.DPI), dpi=style.DPI)
    bottom = down
    for name, bands in drawers.items():
        high = len(pictures[name])
        bottom -= HEAD + high
        axes = figure.add_axes((MARGIN / across, bottom / down, WIDTH / across, high / down))
        axes.imshow(pictures[name], extent=(0, WIDTH, high, 0), aspect="auto", interpolation="none")
        axes.text(0, -16, name, fontsize=8.5, va="baseline")
        style.bare(axes)
        for band in bands:
            _scale_bar(axes, band)
            for x, y, w, h in (one.box for one in band.placed if one.shrunk):
                edge = Rectangle((x, y), w, h, fill=False, ls="--", ec=style.COLOURS[1], lw=0.8)
                axes.add_patch(edge)
    return figure


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


def _scale_bar(axes: Axes, band: Band) -> None:
    y = band.foot + 26
    if not np.isfinite(band.um_per_pixel):
        axes.text(0, y, "pixel size unknown: relative size in pixels", fontsize=8, va="center")
        return
    length = nice_length(0.3 * WIDTH * band.um_per_pixel)
    end = length / band.um_per_pixel
    axes.plot([0, end], [y, y], color=style.INK, lw=1.6, solid_capstyle="butt")
    axes.text(end + 12, y, micrometres(length).replace(THIN, " "), fontsize=8, va="center")
