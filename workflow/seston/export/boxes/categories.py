"""What each box is said to hold."""

from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from seston.errors import SestonError
from seston.parts import TableReader

Kind = Literal["name", "prediction", "none"]
#: Of all boxes with `none`, and of what a classifier left open.
ORGANISM, UNCLASSIFIED = "organism", "unclassified"
_ROWS = 1 << 16


class Categories:
    """Categories of organisms, in the order of the table of images.

    Attributes
    ----------
    names : list of str
        All categories, sorted.

    Parameters
    ----------
    kind : {"name", "prediction", "none"}
    images : pathlib.Path
        The table of images.
    predictions : pathlib.Path or None

    Raises
    ------
    SestonError
        If predictions are asked for and there are none.
    """

    def __init__(self, kind: Kind, images: Path, predictions: Path | None) -> None:
        if kind == "prediction" and predictions is None:
            raise SestonError(
                "config: export.boxes.category is 'prediction', but there is no classifier; set"
                " classify.head, or another category"
            )
        self._kind = kind
        self._path = images if predictions is None or kind != "prediction" else predictions
        of = "class_predictions" if kind == "prediction" else "images"
        self._table = TableReader(self._path, of)
        self._columns = {
            "name": ("name", "cluster"), "prediction": ("prediction", "rejected"), "none": (),
        }[kind]  # fmt: skip
        found = {ORGANISM} if kind == "none" else set[str]()
        if kind != "none":
            for batch in self._table.parts(self._columns, _ROWS):
                found.update(pc.unique(self._texts(pa.table(batch))).to_pylist())
        self.names = sorted(found)

    def of(self, first: int, ids: pa.ChunkedArray) -> npt.NDArray[np.int64]:
        """Return the place in `names` of organisms, given their first row and their ids."""
        if self._kind == "none":
            return np.zeros(len(ids), np.int64)
        inside = first + len(ids) <= len(self._table)
        table = self._table.rows(first, len(ids), ("image_id", *self._columns)) if inside else None
        if table is None or not table["image_id"].equals(ids):
            raise SestonError(
                f"{self._path}: predictions of other images than those of this run; delete it and"
                " run again"
            )
        places = pc.index_in(self._texts(table), pa.array(self.names, pa.string()))
        return places.to_numpy().astype(np.int64)

    def _texts(self, table: pa.Table) -> pa.ChunkedArray:
        if self._kind == "prediction":
            unsure = pc.or_(table["rejected"], pc.is_null(table["prediction"]))
            return pc.if_else(unsure, UNCLASSIFIED, table["prediction"])
        named = pc.greater(pc.binary_length(pc.fill_null(table["name"], "")), 0)
        number = pc.binary_join_element_wise("cluster", table["cluster"].cast(pa.string()), " ")
        return pc.if_else(named, table["name"], number)
