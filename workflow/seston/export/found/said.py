"""What each image is said to be, and by whom: the words of Darwin Core for it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from seston import __version__, store
from seston.errors import SestonError
from seston.labels.sets import labels_of
from seston.parts import TableReader

Kind = Literal["name", "prediction", "label"]
#: The community's words for `identificationVerificationStatus` (tdwg/dwc-qa 185).
PREDICTED, VALIDATED = "PredictedByMachine", "ValidatedByHuman"
_ROWS = 1 << 16  # of one column at a time


class Said(Protocol):
    """What images are said to be.

    Attributes
    ----------
    classes : tuple of str
        All that can be said, in the order of the alphabet.
    status : str
        `PREDICTED` or `VALIDATED`.
    by : str
        What said it, for people: program, version and fingerprint.
    needed : tuple of str
        Columns of the table of images.
    partial : bool
        Images of no class may belong to any: counts of a sample that has such are lower bounds.
    """

    classes: tuple[str, ...]
    status: str
    by: str
    needed: tuple[str, ...]
    partial: bool

    def codes(self, batch: pa.RecordBatch, first: int) -> npt.NDArray[np.int64]:
        """Return the place of each image's class in `classes`; -1 where nothing is said.

        Parameters
        ----------
        batch : pyarrow.RecordBatch, n rows
            Of the table of images, with ``image_id`` and `needed`.
        first : int
            Place of the first one among all images.
        """
        ...


class Recorded:
    """A column of the table of images: names of clusters, or classes of the instrument's files.

    Neither says that a person looked at this very image.
    """

    status = PREDICTED

    def __init__(self, images: Path, column: str) -> None:
        self.needed: tuple[str, ...] = (column,)
        self.partial = column == "label"
        found: set[str] = set()
        for batch in TableReader(images, "images").parts([column], _ROWS):
            found |= {*pc.unique(batch[column]).to_pylist()}
        self.classes = tuple(sorted(name for name in found if name))
        clusters = store.read_metadata(images).get("clusters", "")
        self.by = f"Seston {__version__}, " + (
            f"named clusters {clusters[:12]}" if column == "name" else "as the instrument recorded"
        )

    def codes(self, batch: pa.RecordBatch, first: int) -> npt.NDArray[np.int64]:
        """See `Said`."""
        return _codes(batch[self.needed[0]], self.classes)


class Labels:
    """Labels of tables, on which all who gave one agree; somebody looked at each."""

    status = VALIDATED
    needed: tuple[str, ...] = ()
    partial = True

    def __init__(self, images: Path, files: Sequence[Path]) -> None:
        ids = store.read_table(images, "images", ["image_id"])["image_id"]
        found, self.note = labels_of(files, ids)
        self.classes = tuple(sorted({*found.values()}))
        self.by = ", ".join(path.name for path in files)
        place = {name: code for code, name in enumerate(self.classes)}
        self._codes = np.full(len(ids), -1, np.int64)
        self._codes[list(found)] = [place[name] for name in found.values()]

    def codes(self, batch: pa.RecordBatch, first: int) -> npt.NDArray[np.int64]:
        """See `Said`."""
        return self._codes[first : first + len(batch)]


class Predictions:
    """The classes of the classifier; what it left unclassified is of none."""

    status = PREDICTED
    needed: tuple[str, ...] = ()
    partial = False

    def __init__(self, path: Path) -> None:
        self._path = path
        self._table = TableReader(path, "class_predictions")
        # A class that was never predicted has its column too: it could have been.
        columns = pq.read_schema(path).names
        self.classes = tuple(
            sorted(name.removeprefix("p_") for name in columns if name.startswith("p_"))
        )
        self.by = (
            f"Seston {__version__}, classifier {store.read_metadata(path)['fingerprint'][:12]}"
        )

    def codes(self, batch: pa.RecordBatch, first: int) -> npt.NDArray[np.int64]:
        """See `Said`; raises `SestonError` if the predictions are of other images."""
        read = ("image_id", "prediction", "rejected")
        inside = first + len(batch) <= len(self._table)
        said = self._table.rows(first, len(batch), read) if inside else None
        if said is None or said["image_id"].to_pylist() != batch["image_id"].to_pylist():
            raise SestonError(
                f"{self._path}: predictions of other images than those of this run; delete it and"
                " run again"
            )
        sure = pc.if_else(said["rejected"], pa.scalar(None, pa.string()), said["prediction"])
        return _codes(sure, self.classes)


def said_of(
    kind: Kind, images: Path, predictions: Path | None, labels: Sequence[Path], export: str
) -> Said:
    """Return who says what images are.

    Parameters
    ----------
    kind : {"name", "prediction", "label"}
    images : pathlib.Path
        The table of images.
    predictions : pathlib.Path or None
    labels : sequence of pathlib.Path
        Tables of labels; without one, label means the instrument's own classes.
    export : str
        Section of the settings, for messages.

    Raises
    ------
    SestonError
        If predictions are asked for and there are none; or a table is faulty.
    """
    if kind == "prediction":
        if predictions is None:
            raise SestonError(
                f"config: export.{export}.category is 'prediction', but there is no classifier; set"
                " classify.head, or another category"
            )
        return Predictions(predictions)
    if kind == "label":
        return Labels(images, labels) if labels else Recorded(images, "label")
    return Recorded(images, "name")


def _codes(names: pa.Array | pa.ChunkedArray, classes: Sequence[str]) -> npt.NDArray[np.int64]:
    found = pc.fill_null(pc.index_in(names, pa.array(classes, pa.string())), -1)
    return np.asarray(found).astype(np.int64)
