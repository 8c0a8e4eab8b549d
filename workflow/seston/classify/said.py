"""What a classifier says of all images: read shard by shard, and written for people."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.special import xlogy

from seston import store
from seston.classify.predict import as_rows
from seston.classify.saved import Classifier
from seston.errors import SestonError
from seston.id_order import in_order
from seston.schemas import PREDICTIONS

Rows = npt.NDArray[np.float32]


class Said(NamedTuple):
    """Probabilities of n images, by ascending id.

    Attributes
    ----------
    ids : pyarrow.ChunkedArray of string
    raw, calibrated : ndarray of float32, shape (n, K)
        At the class frequencies that the classifier was trained with.
    distance : ndarray of float32, shape (n,)
        From the nearest labelled organism.
    lacking : ndarray of bool, shape (n,)
        A measurement is missing that the classifier learned from.
    """

    ids: pa.ChunkedArray
    raw: Rows
    calibrated: Rows
    distance: Rows
    lacking: npt.NDArray[np.bool_]


def read_said(folder: Path, shards: Sequence[str], learned: Classifier) -> Said:
    """Read the predictions of all shards.

    Raises
    ------
    SestonError
        If a file is missing or damaged, or another classifier made it.
    """
    paths = [folder / f"{name}.parquet" for name in sorted(shards)]
    if store.common_fingerprint(paths) != learned.fingerprint:
        raise SestonError(
            f"{folder}: predictions of another classifier than {learned.fingerprint[:12]}; delete"
            " the folder and run again"
        )
    together = in_order([store.read_table(path, "predictions") for path in paths])
    return Said(
        together["image_id"], as_rows(together["raw"]), as_rows(together["calibrated"]),
        together["distance"].to_numpy(), together["lacking"].to_numpy(),
    )  # fmt: skip


def write_said(
    said: Said, corrected: Rows, prior: pa.Array, threshold: float, learned: Classifier, path: Path
) -> None:
    """Write what each image is taken for: the class of the highest corrected probability.

    Parameters
    ----------
    said : Said
    corrected : ndarray of float32, shape (n, K)
    prior : pyarrow.Array of string
        What each was corrected by.
    threshold : float
        Less sure answers are marked as rejected.
    learned : Classifier
    path : Path
    """
    best, every = corrected.argmax(axis=1), np.arange(len(corrected))
    names = learned.card.classes
    columns = {
        "image_id": said.ids,
        "prediction": pa.array(names, pa.string()).take(pa.array(best)),
        "raw": said.raw[every, best],
        "calibrated": said.calibrated[every, best],
        "corrected": corrected[every, best],
        "entropy": -xlogy(corrected, corrected).sum(axis=1),
        "rejected": corrected[every, best] < threshold,
        "prior": prior,
    }
    probabilities = {f"p_{name}": corrected[:, place] for place, name in enumerate(names)}
    table = pa.table(columns | probabilities)
    store.write_table(table, path, PREDICTIONS, "class_predictions", learned.fingerprint)
