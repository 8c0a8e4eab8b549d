"""The columns of the atlas: those of the table of images that a viewer of maps has a use for."""

from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from seston import schemas

#: Taken as they are.
_KEPT = (
    "image_id", "cluster", "coarse", "density_cluster", "label", "sample", "site", "group",
    "instrument", "esd_um", "esd_px", "feret_max_um", "biovolume_um3", "solidity", "mean_grey",
    "focus", "distance_percentile", "notes",
)  # fmt: skip
#: Of the table of images.
NEEDED = (*_KEPT, "map_x", "map_y", "name", "datetime", "timestamp")

_BEFORE = [
    schemas.IMAGES.field("image_id"),
    ("x", pa.float32()),
    ("y", pa.float32()),
    ("date", pa.timestamp("us")),  # of the image, else of its sample
    ("name", pa.string()),  # of its cluster; "cluster 12" where nobody named it
    *[schemas.IMAGES.field(name) for name in _KEPT[1:]],
]
_PREDICTED = [("prediction", pa.string()), ("probability", pa.float32())]
#: As `datasets` of Hugging Face stores pictures; viewers know them by it.
_PICTURE = ("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())]))
#: Rows of this table, from 0, the nearest first; see docs/exports-atlas.md for the source.
_NEAR = (
    "neighbors",
    pa.struct([("ids", pa.list_(pa.int64())), ("distances", pa.list_(pa.float32()))]),
)


class Asked(NamedTuple):
    """Which columns there are beside those of the table of images and the picture."""

    predictions: bool
    neighbors: bool


def atlas_schema(asked: Asked) -> pa.Schema:
    """Return the columns of the atlas, in order."""
    predicted = _PREDICTED if asked.predictions else []
    return pa.schema([*_BEFORE, *predicted, _PICTURE, *([_NEAR] if asked.neighbors else [])])


def of_images(table: pa.Table) -> dict[str, pa.ChunkedArray]:
    """Return the columns that come from the table of images, by name.

    Parameters
    ----------
    table : pyarrow.Table
        With the columns `NEEDED`.
    """
    number = pc.binary_join_element_wise("cluster", table["cluster"].cast(pa.string()), " ")
    named = pc.greater(pc.binary_length(pc.fill_null(table["name"], "")), 0)
    return {
        **{name: table[name] for name in _KEPT},
        "x": table["map_x"],
        "y": table["map_y"],
        "date": pc.coalesce(table["timestamp"], table["datetime"]),
        "name": pc.if_else(named, table["name"], number),
    }


def of_predictions(table: pa.Table) -> dict[str, pa.ChunkedArray]:
    """Return class and corrected probability; no class where it is unclassified.

    Parameters
    ----------
    table : pyarrow.Table
        ``prediction``, ``corrected`` and ``rejected``.
    """
    nothing = pa.scalar(None, pa.string())
    return {
        "prediction": pc.if_else(table["rejected"], nothing, table["prediction"]),
        "probability": table["corrected"],
    }
