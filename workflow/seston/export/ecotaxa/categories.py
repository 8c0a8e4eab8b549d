"""What each organism is taken for, and how sure that is: EcoTaxa wants both or neither."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Protocol

import pyarrow as pa

from seston import store
from seston.errors import SestonError
from seston.export.ecotaxa.cells import Texts, number
from seston.export.ecotaxa.rules import CATEGORY, NUMBER, STATUS, TEXT, TEXT_MOST, Column
from seston.labels.sets import labels_of
from seston.parts import TableReader

Kind = Literal["none", "name", "prediction", "label"]
PREDICTED, VALIDATED = "predicted", "validated"
_BOTH = (Column(CATEGORY, TEXT), Column(STATUS, TEXT))


class Categories(Protocol):
    """Where categories come from: columns of the export, and their cells."""

    columns: tuple[Column, ...]
    needed: tuple[str, ...]

    def cells(self, table: pa.Table, first: int) -> list[Sequence[str]]:
        """Return the cells of organisms, column by column.

        Parameters
        ----------
        table : pyarrow.Table
            Rows of the table of images, with ``image_id`` and `needed`.
        first : int
            Place of the first one among all images.
        """
        ...


class Nothing:
    """No categories."""

    columns: tuple[Column, ...] = ()
    needed: tuple[str, ...] = ()

    def cells(self, table: pa.Table, first: int) -> list[Sequence[str]]:
        """See `Categories`."""
        return []


class Recorded:
    """A column of the table of images: names of clusters, or classes of the instrument's files.

    Neither says that a person looked at this very image.
    """

    columns: tuple[Column, ...] = _BOTH

    def __init__(self, column: str) -> None:
        self.needed: tuple[str, ...] = (column,)

    def cells(self, table: pa.Table, first: int) -> list[Sequence[str]]:
        """See `Categories`."""
        return _with_status(table[self.needed[0]].to_pylist(), PREDICTED)


class Labels:
    """Labels of tables, on which all who gave one agree; somebody looked at each."""

    columns: tuple[Column, ...] = _BOTH
    needed: tuple[str, ...] = ()

    def __init__(self, images: Path, files: Sequence[Path]) -> None:
        ids = store.read_table(images, "images", ["image_id"])["image_id"]
        self._labels, self.note = labels_of(files, ids)

    def cells(self, table: pa.Table, first: int) -> list[Sequence[str]]:
        """See `Categories`."""
        names = [self._labels.get(place) for place in range(first, first + len(table))]
        return _with_status(names, VALIDATED)


class Predictions:
    """The classes of the classifier; what it left unclassified has no category."""

    columns: tuple[Column, ...] = (
        *_BOTH,
        Column("object_prediction", TEXT),
        Column("object_probability", NUMBER),
        Column("object_entropy", NUMBER),
    )
    needed: tuple[str, ...] = ()

    def __init__(self, path: Path, texts: Texts) -> None:
        self._path, self._texts = path, texts
        self._table = TableReader(path, "class_predictions")

    def cells(self, table: pa.Table, first: int) -> list[Sequence[str]]:
        """See `Categories`; raises `SestonError` if the predictions are of other images."""
        read = ("image_id", "prediction", "corrected", "entropy", "rejected")
        inside = first + len(table) <= len(self._table)
        said = self._table.rows(first, len(table), read) if inside else None
        if said is None or not said["image_id"].equals(table["image_id"]):
            raise SestonError(
                f"{self._path}: predictions of other images than those of this run; delete it and"
                " run again"
            )
        names, rejected = said["prediction"].to_pylist(), said["rejected"].to_pylist()
        sure = [None if no else name for name, no in zip(names, rejected, strict=True)]
        return [
            *_with_status(sure, PREDICTED),
            [self._texts("object_prediction", name) for name in names],
            [number(value) for value in said["corrected"].to_pylist()],
            [number(value) for value in said["entropy"].to_pylist()],
        ]


def categories_of(
    kind: Kind, images: Path, predictions: Path | None, labels: Sequence[Path], texts: Texts
) -> Categories:
    """Return where categories of this kind come from.

    Raises
    ------
    SestonError
        If they are those of a classifier, and there is none; or a table of labels is faulty.
    """
    if kind == "prediction":
        if predictions is None:
            raise SestonError(
                "config: export.ecotaxa.category is 'prediction', but there is no classifier; set"
                " classify.head, or another category"
            )
        return Predictions(predictions, texts)
    if kind == "label":
        return Labels(images, labels) if labels else Recorded("label")
    return Recorded("name") if kind == "name" else Nothing()


def _with_status(names: Sequence[str | None], status: str) -> list[Sequence[str]]:
    """Return categories and their status; a category is never changed, since it comes back."""
    for name in filter(None, {*names}):
        if len(name) > TEXT_MOST or not name.isprintable():
            raise SestonError(
                f"class {name!r}: EcoTaxa takes categories of at most {TEXT_MOST} characters on one"
                " line; rename it"
            )
    return [[name or "" for name in names], [status if name else "" for name in names]]
