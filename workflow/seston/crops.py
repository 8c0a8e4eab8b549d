"""Crops of chosen organisms, out of files that may be larger than the memory."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from seston.errors import SestonError
from seston.parts import TableReader


def read_crops(crops: Path, ids: list[str]) -> dict[str, tuple[float | None, bytes]]:
    """Return µm per pixel and PNG bytes of these images of a shard, a block at a time.

    Raises
    ------
    SestonError
        If the file is missing or damaged, or does not hold them all.
    """
    found: dict[str, tuple[float | None, bytes]] = {}
    wanted = pa.array(ids, pa.string())
    for batch in TableReader(crops, "crops").parts(["image_id", "pixel_um", "crop"]):
        kept = batch.filter(pc.is_in(batch["image_id"], wanted))
        columns = (kept[name].to_pylist() for name in ("image_id", "pixel_um", "crop"))
        found |= {name: (um, crop) for name, um, crop in zip(*columns, strict=True)}
    missing = [name for name in ids if name not in found]
    if missing:
        raise SestonError(
            f"{crops} lacks {len(missing)} images that were asked for, such as {missing[0]}; it is"
            " older or newer than what names them: delete both and run again"
        )
    return found
