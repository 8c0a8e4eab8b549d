"""What EcoTaxa is told of each organism itself: where, when, how large, in which cluster."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from seston import schemas
from seston.errors import SestonError
from seston.export.ecotaxa.cells import Texts, number
from seston.export.ecotaxa.rules import (
    FILE,
    ID_MOST,
    LATITUDE,
    LONGITUDE,
    NUMBER,
    OBJECT,
    TEXT,
    Column,
)

#: Columns of the table of images that go by another name there.
_RENAMED = {"x": "bx", "y": "by", "w": "width", "h": "height"}
_TEXTS = ("mask", "notes", "name", "label", "frame")
_NUMBERS = (
    *_RENAMED, "pixel_um", *(name for name in schemas.MEASUREMENTS.names if name != "diatom"),
    *schemas.FRINGE_CORRECTED.names, "cluster", "distance", "margin", "distance_percentile",
    "coarse", "map_x", "map_y", "density_cluster",
)  # fmt: skip
#: Of samples.tsv.
_PLACE = {
    LATITUDE: "latitude", LONGITUDE: "longitude",
    "object_depth_min": "depth_m", "object_depth_max": "depth_m",
}  # fmt: skip


class Objects:
    """The columns of organisms, without their category.

    Attributes
    ----------
    columns : tuple of Column
        Those that no organism fills are left out.
    needed : tuple of str
        Columns of the table of images.

    Parameters
    ----------
    images : pathlib.Path
        The table of images.
    samples : mapping of str to mapping of str to str
        Lines of samples.tsv.
    texts : Texts
    """

    def __init__(
        self, images: Path, samples: Mapping[str, Mapping[str, str]], texts: Texts
    ) -> None:
        filled = _filled(images)
        self._texts, self._samples = texts, samples
        self._said = [name for name in _TEXTS if name in filled]
        self._measured = [name for name in _NUMBERS if name in filled]
        self._places = [
            name for name, of in _PLACE.items() if any(row[of] for row in samples.values())
        ]
        self.needed = ("image_id", "timestamp", *self._measured, *self._said)
        free = [
            *((name, NUMBER) for name in self._measured),
            *((name, TEXT) for name in self._said),
        ]
        self.columns = (
            Column(FILE, TEXT),
            Column("img_rank", NUMBER),
            Column(OBJECT, TEXT),
            *(Column(name, NUMBER) for name in self._places),
            Column("object_date", TEXT),
            Column("object_time", TEXT),
            *(Column(f"object_{_RENAMED.get(name, name)}", kind) for name, kind in free),
        )

    def cells(self, sample: str, table: pa.Table, files: Sequence[str]) -> list[Sequence[str]]:
        """Return the cells of organisms, column by column.

        Parameters
        ----------
        sample : str
        table : pyarrow.Table
            Their rows of the table of images.
        files : sequence of str
            Their pictures.

        Raises
        ------
        SestonError
            If EcoTaxa could not keep one of their ids.
        """
        _require_ids(table["image_id"])
        row, rows = self._samples[sample], len(table)
        counted = datetime.fromisoformat(row["datetime"])
        when = [time or counted for time in table["timestamp"].to_pylist()]
        return [
            files,
            ["0"] * rows,
            table["image_id"].to_pylist(),
            *([_place(name, row[_PLACE[name]])] * rows for name in self._places),
            [f"{time:%Y%m%d}" for time in when],
            [f"{time:%H%M%S}" for time in when],
            *([number(value) for value in table[name].to_pylist()] for name in self._measured),
            *(
                [self._texts(f"object_{name}", text) for text in table[name].to_pylist()]
                for name in self._said
            ),
        ]


def _place(name: str, text: str) -> str:
    """Return a place; depths in metres below the surface, whatever sign the sheet gives them."""
    return text.removeprefix("-") if "depth" in name else text


def _filled(images: Path) -> set[str]:
    """Return the columns in which at least one organism has something; no row is read."""
    facts = pq.read_metadata(images)
    found = set()
    for group in range(facts.num_row_groups):
        for place in range(facts.num_columns):
            column = facts.row_group(group).column(place)
            about = column.statistics
            known = about is not None and about.has_null_count
            absent = known and about.null_count == column.num_values
            blank = known and about.has_min_max and about.max == ""
            if not (absent or blank):
                found.add(column.path_in_schema)
    return found


def _require_ids(ids: pa.ChunkedArray) -> None:
    lost = pc.match_substring_regex(ids, r"^\s|\s$|[\x00-\x1f\x7f]")
    wrong = ids.filter(pc.or_(lost, pc.greater(pc.utf8_length(ids), ID_MOST)))
    if len(wrong):
        raise SestonError(
            f"image {wrong[0].as_py()!r}: EcoTaxa keeps ids of at most {ID_MOST} characters,"
            " without line ends or tabs, or blanks at their ends: this organism could not be found"
            " again; rename its file or folder, and run again"
        )
