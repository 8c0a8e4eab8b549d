"""Small pictures side by side in one WebP file."""

import io
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from PIL import Image

from seston.arrays import ArrayFile

#: Pictures in a row of a sheet, and in a whole one.
COLUMNS = 32
A_SHEET = COLUMNS * COLUMNS
#: Largest side of a picture, px. Tiles that are larger are made smaller.
SIDE = 64
#: Of the encoder. 60: the loss is invisible at this size, and a picture takes some 180 bytes.
QUALITY, EFFORT = 60, 4

Tiles = npt.NDArray[np.uint8]


def encode_sheet(tiles: Tiles, side: int = SIDE, columns: int = COLUMNS) -> bytes:
    """Return a WebP with the tiles row by row, as many rows as they need.

    It is always so many pictures wide; what is left over of the last row is black.

    Parameters
    ----------
    tiles : ndarray of uint8, (n, S, S, 3)
        At least one.
    side : int
        Side of a picture in the sheet, px.
    columns : int
        Pictures in a row.
    """
    count = len(tiles)
    rows = -(-count // columns)
    sheet = np.zeros((rows * columns, side, side, 3), np.uint8)
    sheet[:count] = resized(tiles, side)
    lines = sheet.reshape(rows, columns, side, side, 3).transpose(0, 2, 1, 3, 4)
    image = Image.fromarray(lines.reshape(rows * side, columns * side, 3))
    out = io.BytesIO()
    image.save(out, "WEBP", quality=QUALITY, method=EFFORT)
    return out.getvalue()


def sheets(file: ArrayFile, side: int) -> Iterator[bytes]:
    """Yield sheets of all tiles of a file, `A_SHEET` a sheet, the last one with the rest."""
    for start in range(0, len(file), A_SHEET):
        yield encode_sheet(file.take(np.arange(start, min(start + A_SHEET, len(file)))), side)


def side_of(tile: int) -> int:
    """Return the side of the pictures made of tiles with this side, px."""
    return min(tile, SIDE)


def resized(tiles: Tiles, side: int) -> Tiles:
    """Return tiles (n, S, S, 3) with another side, px."""
    if tiles.shape[1] == side or not len(tiles):
        return tiles.reshape(len(tiles), side, side, 3)
    small = (Image.fromarray(tile).resize((side, side), Image.Resampling.LANCZOS) for tile in tiles)
    return np.stack([np.asarray(tile) for tile in small])
