"""The table of all organisms: crops, clusters, names and places of the map joined, by sample."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from seston import schemas, store
from seston.cluster.percentile import distance_percentile
from seston.errors import SestonError
from seston.joined import Joined
from seston.naming.table import Called
from seston.parts import TableWriter
from seston.progress import Progress
from seston.sheet import Sample

OF_SAMPLE = ("site", "group", "instrument", "datetime", "latitude", "longitude", "depth_m")
_OF_CROPS = [name for name in schemas.CROPS.names if name not in ("roi", "crop")]
_GROUP = 1 << 16  # rows that are compressed together: 40 MB


def image_table(
    crops: pa.Table,
    clusters: pa.Table,
    called: Called,
    places: pa.Table,
    sample: Sample,
) -> pa.Table:
    """Join the crops of a sample with clusters and map places (all in the same order) and names.

    Returns
    -------
    pyarrow.Table
        The columns of `schemas.IMAGES`, then the further columns of the sheet.
    """
    columns = {name: crops[name] for name in crops.column_names}
    for name in OF_SAMPLE:
        value = pa.scalar(getattr(sample, name), schemas.IMAGES.field(name).type)
        columns[name] = pa.repeat(value, len(crops))
    columns |= {name: clusters[name] for name in clusters.column_names}
    columns["coarse"] = called.coarse.take(clusters["cluster"])
    columns["name"] = called.names.take(clusters["cluster"])
    columns |= {"map_x": places["x"], "map_y": places["y"]}
    columns["density_cluster"] = places["density_cluster"]
    for name, text in sample.metadata.items():
        columns[name] = pa.repeat(pa.scalar(text, pa.string()), len(crops))
    return pa.table(columns)


def write_images(
    joined: Joined,
    called: Called,
    map: Path,
    segment_dir: Path,
    samples: Sequence[Sample],
    images: Path,
    made_by: str,
) -> None:
    """Write the table of all organisms, one sample in memory at a time.

    Parameters
    ----------
    joined : Joined
    called : Called
        Names and coarse groups of the clusters.
    map : pathlib.Path
        A place and a density cluster per organism.
    segment_dir : pathlib.Path
        Where the crops are, for messages.
    samples : sequence of Sample
    images : pathlib.Path
        The table to write.
    made_by : str
        Its fingerprint.

    Raises
    ------
    SestonError
        If the map is of other organisms.
    """
    places = store.read_table(map, "map").replace_schema_metadata()
    cluster, distance = (joined.clusters[name].to_numpy() for name in ("cluster", "distance"))
    percentile = pa.array(distance_percentile(cluster, distance))
    clusters = joined.clusters.append_column("distance_percentile", percentile)
    more = [(name, pa.string()) for name in metadata_columns(samples)]
    schema = pa.schema([*schemas.IMAGES, *more])
    of, start = {sample.sample: sample for sample in samples}, 0
    with (
        TableWriter(
            images, schema, "images", made_by, _GROUP, clusters=called.clustering
        ) as writer,
        Progress(len(joined), "organisms") as progress,
    ):
        for name, crops in joined.samples(_OF_CROPS):
            here = places.slice(start, len(crops))
            if len(places) != len(joined) or not here["image_id"].equals(crops["image_id"]):
                raise SestonError(
                    f"{map} ({len(places)} rows) and {segment_dir} ({len(joined)} rows) do not hold"
                    " the same images; one of them is out of date: delete both and run again"
                )
            assigned = clusters.slice(start, len(crops))
            writer.write(image_table(crops, assigned, called, here, of[name]))
            start += len(crops)
            progress.add(len(crops))


def metadata_columns(samples: Sequence[Sample]) -> list[str]:
    """Return the further columns of the sheet, of which all are text."""
    return list(samples[0].metadata) if samples else []
