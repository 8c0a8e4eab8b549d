"""Stage `sprites`: all organisms of a shard as small pictures, which the map shows on hover."""

import logging
import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from seston.arrays import ArrayFile
from seston.errors import SestonError
from seston.folders import whole_folder
from seston.report.map.sheets import A_SHEET, COLUMNS, sheets, side_of

log = logging.getLogger("seston")


def sprites(*, tiles: Path, folder: Path) -> None:
    """Pack the tiles of one shard into sheets of small pictures.

    Parameters
    ----------
    tiles : pathlib.Path
        Tiles of the shard.
    folder : pathlib.Path
        Written: ``0000.webp`` and so on, 1,024 organisms each (32 by 32), in the order of
        the tiles.
    """
    file = ArrayFile(tiles, "tiles")
    size = 0
    with whole_folder(folder) as new:
        for number, sheet in enumerate(sheets(file, side_of(file.shape[0]))):
            (new / _name(number)).write_bytes(sheet)
            size += len(sheet)
    log.info("%d organisms, %.1f MB", len(file), size / 1e6)


def sprite_facts(
    sprites_dir: Path, html: Path, shards: list[str], counts: npt.NDArray[np.integer], side: int
) -> dict[str, Any]:
    """Return how the page finds the sprites from where it is.

    Parameters
    ----------
    sprites_dir : pathlib.Path
        Folder with a folder of sprites for each shard.
    html : pathlib.Path
        The page.
    shards : list of str
    counts : ndarray of integers
        Organisms of each shard.
    side : int
        Of a picture, px.

    Raises
    ------
    SestonError
        If a sheet is missing.
    """
    for shard, count in zip(shards, counts.tolist(), strict=True):
        for number in range(-(-int(count) // A_SHEET)):
            sheet = sprites_dir / shard / _name(number)
            if not sheet.is_file():
                raise SestonError(f"{sheet}: file not found; delete {sheet.parent} and run again")
    return {
        "folder": Path(os.path.relpath(sprites_dir, html.parent)).as_posix(),
        "side": side,
        "columns": COLUMNS,
        "per_sheet": A_SHEET,
        "shards": shards,
    }


def _name(number: int) -> str:
    """Return the name of a sheet's file; the page makes the same of the number."""
    return f"{number:04d}.webp"
