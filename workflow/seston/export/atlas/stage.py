"""Stage `export-atlas`: all organisms as one table with pictures, map places and neighbours."""

import logging
from pathlib import Path

import pyarrow as pa

from seston import store
from seston.errors import SestonError
from seston.export.atlas.columns import NEEDED, Asked, atlas_schema, of_images, of_predictions
from seston.export.atlas.neighbors import Neighbors
from seston.export.atlas.thumbnails import thumbnail
from seston.export.organisms import Organisms
from seston.parts import TableReader, TableWriter
from seston.progress import Progress

log = logging.getLogger("seston")


def export_atlas(
    *,
    images: Path,
    segment_dir: Path,
    shards: list[str],
    predictions: Path | None = None,
    embeddings_dir: Path | None = None,
    index_dir: Path | None = None,
    thumbnail_px: int = 64,
    neighbors: int = 0,
    atlas: Path,
) -> None:
    """Write one row per organism with its picture, as Embedding Atlas reads it.

    Parameters
    ----------
    images : pathlib.Path
        One row per organism.
    segment_dir : pathlib.Path
        Folder with one folder per shard, with its crops.
    shards : list of str
        Names of the shards.
    predictions : pathlib.Path, optional
        What the classifier takes each organism for.
    embeddings_dir, index_dir : pathlib.Path, optional
        Embeddings of the chosen model and the index of them; needed for `neighbors`.
    thumbnail_px : int
        Longer side of a picture at most.
    neighbors : int
        Nearest organisms that are named for each; 0 = none.
    atlas : pathlib.Path
        The table to write (Parquet).
    """
    near = None
    if neighbors:
        if embeddings_dir is None or index_dir is None:
            raise SestonError(
                "neighbors need --embeddings-dir and --index-dir, of a finished run; give both, or"
                " --neighbors 0"
            )
        near = Neighbors(embeddings_dir, index_dir, neighbors)
    said = None if predictions is None else TableReader(predictions, "class_predictions")
    crops = [segment_dir / shard / "crops.parquet" for shard in shards]
    organisms = Organisms(images, crops, NEEDED)
    schema = atlas_schema(Asked(said is not None, near is not None))
    made_of = store.read_metadata(images)
    learned = store.read_metadata(predictions)["fingerprint"] if predictions else ""
    made_by = store.fingerprint("atlas", made_of["fingerprint"], learned, thumbnail_px, neighbors)
    with (
        TableWriter(atlas, schema, "atlas", made_by, clusters=made_of["clusters"]) as writer,
        Progress(len(organisms), "organisms") as progress,
    ):
        for part in organisms.parts():
            ids = part.table["image_id"]
            columns: dict[str, pa.ChunkedArray | pa.Array] = of_images(part.table)
            if said is not None and predictions is not None:
                columns |= of_predictions(_predicted(said, predictions, part.first, ids))
            small = [thumbnail(picture, thumbnail_px) for picture in part.pictures]
            columns["image"] = pa.StructArray.from_arrays(
                [pa.array(small, pa.binary()), ids.combine_chunks()], ["bytes", "path"]
            )
            if near is not None:
                columns["neighbors"] = near.of(part.first, ids)
            writer.write(pa.table(columns))
            progress.add(len(ids))
    log.info("%d organisms, %.1f MB", len(organisms), atlas.stat().st_size / 1e6)


def _predicted(said: TableReader, path: Path, first: int, ids: pa.ChunkedArray) -> pa.Table:
    inside = first + len(ids) <= len(said)
    names = ("image_id", "prediction", "corrected", "rejected")
    table = said.rows(first, len(ids), names) if inside else None
    if table is None or not table["image_id"].equals(ids):
        raise SestonError(
            f"{path}: predictions of other images than those of this run; delete it and run again"
        )
    return table
