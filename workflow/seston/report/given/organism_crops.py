"""Crops of organisms that a table names, wherever they lie; and how the page shows them."""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from PIL import Image

from seston import store
from seston.crops import read_crops
from seston.errors import SestonError
from seston.report.drawing.mosaics import Crop, decode
from seston.report.drawing.pictures import Picture

THUMB = 200  # pixels of a thumbnail's longer side
MOST_ZOOM = 4.0


def find_crops(segment_dir: Path, shards: Sequence[str], ids: Iterable[str]) -> dict[str, Crop]:
    """Return the crops of these organisms.

    Parameters
    ----------
    segment_dir : Path
        Folder with ``<shard>/crops.parquet``.
    shards : sequence of str
        Where to look.
    ids : iterable of str

    Raises
    ------
    SestonError
        If an organism is in none of the shards, or a file is unreadable.
    """
    wanted, found = set(ids), dict[str, Crop]()
    for shard in sorted(shards):
        if not wanted - found.keys():
            break
        path = segment_dir / shard / "crops.parquet"
        there = store.read_table(path, "crops", ["image_id"])["image_id"]
        mine = there.filter(pc.is_in(there, pa.array(sorted(wanted), pa.string()))).to_pylist()
        if mine:
            found |= {one: decode(crop, um) for one, (um, crop) in read_crops(path, mine).items()}
    if missing := sorted(wanted - found.keys()):
        raise SestonError(
            f"{segment_dir}: no crop of {missing[0]} in any shard of this run; the table that names"
            " it is older or newer than the crops: delete it and run again"
        )
    return found


def thumbnail(crop: Crop) -> Picture:
    """Return a crop as the page shows it, its longer side `THUMB` pixels where zoom allows."""
    zoom = min(MOST_ZOOM, THUMB / max(crop.image.size))
    size = (max(1, round(crop.image.width * zoom)), max(1, round(crop.image.height * zoom)))
    buffer = BytesIO()
    crop.image.resize(size, Image.Resampling.LANCZOS).save(buffer, "WEBP", quality=72, method=4)
    return Picture(f"data:image/webp;base64,{b64encode(buffer.getvalue()).decode()}", *size)
