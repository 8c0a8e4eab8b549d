"""Stage `tiles`: crops of all sizes to squares of one size."""

import io
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from seston import store
from seston.arrays import ROWS_A_BATCH, ArrayWriter
from seston.parts import TableReader
from seston.progress import Progress

log = logging.getLogger("seston")

#: Name and version of the rule below; part of the fingerprint of the tiles.
PADDING = "border-median-1"
#: Bicubic, as the backbones were trained with; on enlarging (half of the crops
#: of a FlowCam are smaller than a tile) it keeps edges that bilinear softens.
FILTER = Image.Resampling.BICUBIC


def background(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return the local background: the median of the border pixels, per channel.

    Parameters
    ----------
    pixels : ndarray of uint8, (H, W, 3)

    Returns
    -------
    ndarray of uint8, (3,)
    """
    border = np.concatenate([pixels[0], pixels[-1], pixels[1:-1, 0], pixels[1:-1, -1]])
    return np.median(border, axis=0).astype(np.uint8)


def pad_to_square(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return the crop (H, W, 3) in the middle of a square of its local background.

    A plain squash would give a chain and a sphere the same outline.
    """
    height, width = pixels.shape[:2]
    side = max(height, width)
    square = np.empty((side, side, 3), np.uint8)
    square[:] = background(pixels)
    top, left = (side - height) // 2, (side - width) // 2
    square[top : top + height, left : left + width] = pixels
    return square


def make_tile(png: bytes, size: int) -> npt.NDArray[np.uint8]:
    """Return the tile (size, size, 3) of a crop.

    Pillow's resize is antialiased and is what ``torchvision.transforms.Resize``
    does to a Pillow image, byte for byte, at a hundredth of the start-up time.
    """
    with Image.open(io.BytesIO(png)) as image:
        pixels = np.asarray(image.convert("RGB"))
    square = Image.fromarray(pad_to_square(pixels))
    return np.asarray(square.resize((size, size), FILTER))


def tiles(*, crops: Path, tiles: Path, size: int, threads: int = 1) -> None:
    """Pad the crops of one shard to squares and bring them to one size.

    Parameters
    ----------
    crops : pathlib.Path
        Crops of the shard.
    tiles : pathlib.Path
        Written: one tile per crop, in the same order.
    size : int
        Side of a tile, px.
    threads : int
        Crops worked on at the same time.
    """
    table = TableReader(crops, "crops")
    made_by = store.fingerprint("tiles", size, PADDING)
    with (
        ArrayWriter(tiles, "tiles", "tile", (size, size, 3), np.uint8, made_by) as writer,
        ThreadPoolExecutor(threads) as pool,
        Progress(len(table), "images") as progress,
    ):
        for batch in table.parts(["image_id", "crop"], ROWS_A_BATCH):
            ids: Sequence[str] = batch["image_id"].to_pylist()
            rows = list(pool.map(lambda png: make_tile(png, size), batch["crop"].to_pylist()))
            if rows:
                writer.write(ids, np.stack(rows))
                progress.add(len(rows))
