"""Measurements of organisms that are clustered by, beside their embeddings."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from seston import store
from seston.cluster.shards import EmbeddingShards
from seston.errors import SestonError
from seston.schemas import CROPS

LOG = "log_"  # before the name of a column: its natural logarithm


def read_columns(
    embeddings: EmbeddingShards,
    segment_dir: Path,
    columns: Sequence[str],
    setting: str = "cluster.columns",
) -> npt.NDArray[np.float64]:
    """Return measurements of all images, in the order of the files of their embeddings.

    Parameters
    ----------
    embeddings : EmbeddingShards
    segment_dir : Path
        Folder with ``<shard>/crops.parquet``.
    columns : sequence of str
        Numeric columns of the crops; ``log_esd_um`` is the natural logarithm of ``esd_um``.
    setting : str
        Where the user named them.

    Returns
    -------
    ndarray of float64, shape (n, C)
        NaN where there is no finite number, or no logarithm.

    Raises
    ------
    SestonError
        If a column does not exist or is no number, or an image is not among the crops.
    """
    names = [_source(column, setting) for column in columns]
    parts = [np.empty((0, len(columns)))]
    for shard, ids in embeddings.ids_by_shard():
        path = segment_dir / shard / "crops.parquet"
        crops = store.read_table(path, "crops", ["image_id", *dict.fromkeys(names)])
        places = pc.index_in(ids.combine_chunks(), crops["image_id"])
        if places.null_count:
            missing = ids.filter(pc.is_null(places))[0].as_py()
            raise SestonError(
                f"{path} lacks {places.null_count} images that have an embedding, such as"
                f" {missing}; delete the older of the two and run again"
            )
        parts.append(np.stack([_numbers(crops[name].take(places)) for name in names], axis=1))
    values = np.concatenate(parts)
    for number, column in enumerate(columns):
        if column not in CROPS.names:
            with np.errstate(divide="ignore", invalid="ignore"):
                values[:, number] = np.log(values[:, number])
    values[~np.isfinite(values)] = np.nan
    return values


def _source(column: str, setting: str) -> str:
    name = column if column in CROPS.names else column.removeprefix(LOG)
    kind = CROPS.field(name).type if name in CROPS.names else None
    if kind is None or not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        numeric = [
            field.name
            for field in CROPS
            if pa.types.is_integer(field.type) or pa.types.is_floating(field.type)
        ]
        raise SestonError(
            f"{setting}: found {column!r}, expected a measurement, perhaps with {LOG} before"
            f" it: {', '.join(numeric)}"
        )
    return name


def _numbers(column: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    return column.cast(pa.float64()).to_numpy(zero_copy_only=False)
