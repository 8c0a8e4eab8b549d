"""Crops of chosen organisms, out of files that may be larger than the memory."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from seston import store
from seston.errors import SestonError

READ = 4096  # crops in memory at a time


def read_crops(crops: Path, ids: list[str]) -> dict[str, tuple[float | None, bytes]]:
    """Return µm per pixel and PNG bytes of these images of a shard, a block at a time.

    Raises
    ------
    SestonError
        If the file is missing or damaged, or does not hold them all.
    """
    found: dict[str, tuple[float | None, bytes]] = {}
    wanted = pa.array(ids, pa.string())
    try:
        store.require_kind(crops, store.read_metadata(crops), "crops")
        # Not `read_table`: the crops of a shard may be larger than the memory of the job.
        file = pq.ParquetFile(crops, page_checksum_verification=True)
        for batch in file.iter_batches(READ, columns=["image_id", "pixel_um", "crop"]):
            kept = batch.filter(pc.is_in(batch["image_id"], wanted))
            columns = (kept[name].to_pylist() for name in ("image_id", "pixel_um", "crop"))
            found |= {name: (um, crop) for name, um, crop in zip(*columns, strict=True)}
    except FileNotFoundError as error:
        raise SestonError(f"{crops}: file not found") from error
    except (pa.ArrowInvalid, OSError) as error:
        raise SestonError(
            f"{crops}: not a readable Parquet file ({error}); delete it and run again"
        ) from error
    missing = [name for name in ids if name not in found]
    if missing:
        raise SestonError(
            f"{crops} lacks {len(missing)} images that were asked for, such as {missing[0]}; it is"
            " older or newer than what names them: delete both and run again"
        )
    return found
