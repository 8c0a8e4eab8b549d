"""Stage `predict`: what a classifier says of every organism of a shard."""

import json
import logging
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.special import softmax

from seston import store
from seston.classify.saved import read_classifier
from seston.cluster.shards import EmbeddingShards
from seston.progress import Progress

log = logging.getLogger("seston")

#: What the columns hold: probabilities of all classes, as they were learned and calibrated.
STEPS = ("raw", "calibrated")
LEAST = np.finfo(np.float32).tiny


def predict(
    *, embeddings: Path, classifier: Path, predictions: Path, segment_dir: Path | None = None
) -> None:
    """Give each organism of a shard its probabilities, raw and calibrated.

    Beside them stands how far the nearest labelled organism is (1 - cosine), and whether a
    measurement is missing that the classifier learned from. The probabilities
    hold at the class frequencies that the classifier was trained with; those of each sample are
    found later, from all of its organisms together.

    Parameters
    ----------
    embeddings : Path
        The embeddings of one shard.
    classifier : Path
        What was learned, by this run or another; its embeddings must be of the same model.
    predictions : Path
        The table to write: one row per image.
    segment_dir : Path
        Folder with ``<shard>/crops.parquet``, for a classifier that learned from measurements too.
    """
    points = EmbeddingShards(embeddings.parent, [embeddings.stem])
    points.require_usable()
    learned = read_classifier(classifier)
    learned.require_embeddings(embeddings, points.fingerprint, points.dim)
    classes, calibrated = len(learned.card.classes), learned.calibrator
    found = {name: np.empty((len(points), classes), np.float32) for name in STEPS}
    distance = np.empty(len(points), np.float32)
    measured = learned.measured.read(points, segment_dir)
    lacking = np.isnan(measured).sum(axis=1) > 0
    if missing := int(lacking.sum()):
        log.warning(
            "%s: %d of %d organisms lack a measurement that the classifier learned from (%s); the"
            " mean of the labelled ones stands for it, and answers are less right than is said",
            embeddings.stem, missing, len(points), ", ".join(learned.card.columns),
        )  # fmt: skip
    start = 0
    with Progress(len(points), "images") as progress:
        for block in points.blocks():
            some = slice(start, start + len(block))
            logits = learned.head(learned.measured.beside(block, measured[some]))
            found["raw"][some] = softmax(logits, axis=1)
            found["calibrated"][some] = softmax(calibrated(logits), axis=1)
            distance[some] = learned.references.distance(block)
            start += len(block)
            progress.add(len(block))
    # Of the classes that are out of the question something is left, of which there are logarithms.
    columns = {
        name: as_lists(np.maximum(values, LEAST)[points.order]) for name, values in found.items()
    }
    columns["distance"] = distance[points.order]
    columns["lacking"] = lacking[points.order]
    table = pa.table({"image_id": points.ids, **columns})
    store.write_table(
        table, predictions, table.schema, "predictions", learned.fingerprint,
        classes=json.dumps(learned.card.classes), embeddings=points.fingerprint,
    )  # fmt: skip


def as_lists(values: npt.NDArray[np.float32]) -> pa.FixedSizeListArray:
    """Return rows (n, K) as a column."""
    return pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), values.shape[1])


def as_rows(column: pa.ChunkedArray) -> npt.NDArray[np.float32]:
    """Return such a column as rows (n, K)."""
    width = column.type.list_size
    flat = [chunk.flatten().to_numpy() for chunk in column.chunks]
    return np.concatenate([np.empty(0, np.float32), *flat]).reshape(-1, width)
