"""The organisms of a run as the map takes them: in the order of their ids, sample by sample."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from seston import store
from seston.arrays import ArrayFile
from seston.errors import SestonError

_OF_IMAGES = ("image_id", "cluster", "coarse", "name", "map_x", "map_y", "density_cluster")
_OF_SAMPLE = ("sample", "site", "group", "datetime")
#: Numbers that measure nothing; what the map calls x and y is not the place in the frame.
_PLACES = {"x", "y", "w", "h", "map_x", "map_y", "cluster", "coarse", "density_cluster"}


@dataclass(frozen=True, eq=False)
class Points:
    """All n organisms.

    Attributes
    ----------
    rois : pyarrow.Array of string
        Their names within their samples: the id is ``<sample>/<roi>``.
    place : ndarray of float64, (n, 2)
        On the map.
    cluster, density : ndarray of int64, (n,)
        Density cluster -1 is noise.
    measured : dict of str to ndarray of float64, (n,)
        NaN where a measurement is unknown.
    clusters : pandas.DataFrame
        One row for each cluster that has members: ``cluster``, ``name``, ``coarse``, ``count``.
    samples : pandas.DataFrame
        One row for each sample that has organisms, in their order: ``sample``, ``site``,
        ``group``, ``datetime``, ``first`` (row of its first organism), ``count``.
    clustering : str
        Fingerprint.
    """

    rois: pa.Array
    place: npt.NDArray[np.float64]
    cluster: npt.NDArray[np.int64]
    density: npt.NDArray[np.int64]
    measured: dict[str, npt.NDArray[np.float64]]
    clusters: pd.DataFrame
    samples: pd.DataFrame
    clustering: str

    def __len__(self) -> int:
        return len(self.cluster)


def read_points(images: Path, clustering: str, measurements: list[str]) -> Points:
    """Read what the map shows from the table of organisms.

    Parameters
    ----------
    images : pathlib.Path
    clustering : str
        Fingerprint of the clustering that the table must be of.
    measurements : list of str
        Columns of numbers.

    Raises
    ------
    SestonError
        If the table is missing, damaged or of another clustering, holds nothing, or a
        measurement is not a column of numbers.
    """
    table = store.read_table(images, "images", [*_OF_IMAGES, *_OF_SAMPLE])
    found = store.metadata(table.schema).get("clusters", "")
    if found != clustering:
        raise SestonError(
            f"{images} is of clustering {found[:12]}, expected {clustering[:12]}; delete it and"
            " run again"
        )
    if not len(table):
        raise SestonError(f"{images} holds no organism: there is nothing to show on a map")
    cluster = table["cluster"].to_numpy().astype(np.int64)
    return Points(
        _after_sample(table["image_id"]),
        np.column_stack([table[name].to_numpy().astype(float) for name in ("map_x", "map_y")]),
        cluster,
        table["density_cluster"].to_numpy().astype(np.int64),
        _measured(images, measurements),
        _clusters(table, cluster),
        _samples(table.select(_OF_SAMPLE)),
        clustering,
    )


def shard_places(tiles_dir: Path, shards: list[str], points: Points) -> pd.DataFrame:
    """Return where the tiles of each sample are: number of its shard, and row of its first tile.

    Returns
    -------
    pandas.DataFrame
        ``shard`` and ``offset``, one row for each sample of `points`, in their order.

    Raises
    ------
    SestonError
        If the tiles are not those of these organisms, or not all of one kind.
    """
    paths = [tiles_dir / f"{shard}.arrow" for shard in shards]
    store.common_fingerprint(paths)
    rows = {name: row for row, name in enumerate(points.samples["sample"])}
    first, count = (points.samples[name].to_numpy() for name in ("first", "count"))
    places = np.full((len(rows), 2), -1)
    for number, path in enumerate(paths):
        ids = ArrayFile(path, "tiles").ids
        rois = _after_sample(ids)
        for name, offset, tiles in _runs(_sample_of(ids)).itertuples(index=False):
            row = rows.get(name, -1)
            same = row >= 0 and places[row, 0] < 0 and tiles == count[row]
            if not same or not rois.slice(offset, tiles).equals(
                points.rois.slice(first[row], tiles)
            ):
                raise SestonError(
                    f"{path}: its tiles of sample {name} are not those of the organisms in the"
                    " table; one of them is out of date: delete both and run again"
                )
            places[row] = number, offset
    lost = np.flatnonzero(places[:, 0] < 0)
    if len(lost):
        raise SestonError(
            f"{tiles_dir} holds no tiles of {len(lost)} samples of the table of organisms, such as"
            f" {points.samples['sample'].iloc[lost[0]]}; delete the table and run again"
        )
    return pd.DataFrame(places, columns=["shard", "offset"])


def _measured(images: Path, measurements: list[str]) -> dict[str, npt.NDArray[np.float64]]:
    with store.readable(images):
        schema = pq.read_schema(images)
    for name in measurements:
        known = name in schema.names and name not in _PLACES
        if not known or not _is_number(schema.field(name).type):
            raise SestonError(
                f"report.measurements: {name!r} is not a column of numbers in the table of"
                " organisms; docs/measurements.md lists them"
            )
    table = store.read_table(images, "images", measurements) if measurements else None
    return {name: _floats(table[name]) for name in measurements} if table else {}


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)


def _floats(column: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    whole = pc.cast(column, pa.int8()) if pa.types.is_boolean(column.type) else column
    return pc.cast(whole, pa.float64()).to_numpy()


def _clusters(table: pa.Table, cluster: npt.NDArray[np.int64]) -> pd.DataFrame:
    _, first, counts = np.unique(cluster, return_index=True, return_counts=True)
    found = table.select(["cluster", "name", "coarse"]).take(pa.array(first)).to_pandas()
    return found.assign(count=counts)


def _after_sample(ids: pa.ChunkedArray) -> pa.Array:
    return pc.replace_substring_regex(ids, "(?s)^[^/]*/", "").combine_chunks()


def _sample_of(ids: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.replace_substring_regex(ids, "(?s)/.*$", "")


def _samples(table: pa.Table) -> pd.DataFrame:
    runs = _runs(table["sample"])
    found = table.take(pa.array(runs["first"])).to_pandas()
    return found.assign(first=runs["first"].to_numpy(), count=runs["count"].to_numpy())


def _runs(values: pa.ChunkedArray) -> pd.DataFrame:
    """Return ``value``, ``first`` and ``count`` of each run of equal texts."""
    codes = pc.dictionary_encode(values).combine_chunks()
    indices = codes.indices.to_numpy(zero_copy_only=False)
    first = np.flatnonzero(np.diff(indices, prepend=-1))
    count = np.diff(first, append=len(indices))
    names = codes.dictionary.take(pa.array(indices[first])).to_pylist()
    return pd.DataFrame({"value": names, "first": first, "count": count})
