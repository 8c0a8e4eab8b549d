"""Which organisms have their picture in the page itself, and those pictures."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from seston.arrays import ArrayFile
from seston.report.map.columns import Blocks
from seston.report.map.sheets import A_SHEET, COLUMNS, encode_sheet, resized, side_of

Integers = npt.NDArray[np.int64]


def choose_rows(
    place: npt.NDArray[np.float64], cluster: Integers, most: int, seed: int
) -> Integers:
    """Choose organisms whose pictures show the whole map: at most so many, in ascending order.

    A cluster has as many as the square root of its size is worth, so that small ones are seen as
    well, and at least one where that can be. Within it they are spread evenly: every so many-th
    along a curve that visits neighbours one after another (Z-order).

    Parameters
    ----------
    place : ndarray of float64, (n, 2)
    cluster : ndarray of int64, (n,)
    most : int
    seed : int
        Of where on the curve the steps begin.

    Returns
    -------
    ndarray of int64
        All rows if there are no more than `most`.
    """
    if len(cluster) <= most:
        return np.arange(len(cluster))
    order = np.lexsort((z_order(place), cluster))
    numbers, starts, sizes = np.unique(cluster[order], return_index=True, return_counts=True)
    starting = np.random.default_rng(seed).random(len(numbers))
    rows = [
        order[start + np.floor((np.arange(count) + begin) * size / count).astype(int)]
        for start, size, count, begin in zip(
            starts, sizes, shares(sizes, most), starting, strict=True
        )
    ]
    return np.sort(np.concatenate(rows))


def shares(sizes: Integers, most: int) -> Integers:
    """Return how many of each cluster to show, together at most so many.

    As the square root of its size, up to all of them; at least one unless there are more clusters
    than are to be shown.
    """
    least = 1 if len(sizes) <= most else 0
    low, high = 0.0, float(most)
    # The factor that uses up what there is to give: the sum grows with it.
    for _ in range(60):
        middle = (low + high) / 2
        given = np.clip(np.floor(np.sqrt(sizes) * middle), least, sizes)
        low, high = (middle, high) if given.sum() <= most else (low, middle)
    return np.clip(np.floor(np.sqrt(sizes) * low), least, sizes).astype(np.int64)


def z_order(place: npt.NDArray[np.float64]) -> Integers:
    """Return the place of each point on the Z-order curve through 65,536 × 65,536 cells."""
    low = place.min(axis=0)
    span = float((place.max(axis=0) - low).max()) or 1.0
    cells = np.rint((place - low) / span * 65_535).astype(np.int64)
    for shift, mask in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
        cells = (cells | (cells << shift)) & mask
    return cells[:, 0] | (cells[:, 1] << 1)


def take_thumbnails(
    tiles_dir: Path, shards: list[str], samples: pd.DataFrame, rows: Integers, blocks: Blocks
) -> dict[str, Any]:
    """Take the pictures of these organisms into the page.

    Parameters
    ----------
    tiles_dir : pathlib.Path
    shards : list of str
    samples : pandas.DataFrame
        With ``first``, ``count``, ``shard``, ``offset``.
    rows : ndarray of int64
        In ascending order.
    blocks : Blocks
        Takes in the sheets, and the column of the rows.

    Returns
    -------
    dict
        ``count``, ``of``, ``side``, ``columns``, ``per_sheet``, ``rows`` (a column, ascending),
        ``sheets`` (ids of blocks, each a WebP).
    """
    pictures = _pictures(tiles_dir, shards, samples, rows)
    side = pictures.shape[1]
    parts = [pictures[start : start + A_SHEET] for start in range(0, len(rows), A_SHEET)]
    return {
        "count": len(rows),
        "of": int(samples["count"].sum()),
        "side": side,
        "columns": COLUMNS,
        "per_sheet": A_SHEET,
        "rows": blocks.column("thumbnail-rows", rows, delta=True),
        "sheets": [
            blocks.add(f"thumbnails-{number}", encode_sheet(part, side), "image/webp")
            for number, part in enumerate(parts)
        ],
    }


def _pictures(
    tiles_dir: Path, shards: list[str], samples: pd.DataFrame, rows: Integers
) -> npt.NDArray[np.uint8]:
    """Return the pictures of the rows, in their order, (n, side, side, 3)."""
    first, offset, shard = (samples[name].to_numpy() for name in ("first", "offset", "shard"))
    sample = np.searchsorted(first, rows, side="right") - 1
    position = rows - first[sample] + offset[sample]
    files = (ArrayFile(tiles_dir / f"{name}.arrow", "tiles") for name in shards)
    out = np.empty((0, 1, 1, 3), np.uint8)
    # One file after another: what is mapped of it counts as memory of this process.
    for number, file in enumerate(files):
        side = side_of(file.shape[0])
        if not number:
            out = np.empty((len(rows), side, side, 3), np.uint8)
        mine = shard[sample] == number
        out[mine] = resized(file.take(position[mine]), side)
    return out
