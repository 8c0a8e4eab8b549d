"""Stage `export-ifcb-scores`: what the classifier says of each IFCB bin, a file per bin."""

import json
import logging
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from seston import store
from seston.errors import SestonError
from seston.export.ifcb_scores.bins import Bin, bins_of
from seston.export.ifcb_scores.class_file import Scores, write_class_file
from seston.folders import whole_folder
from seston.parts import TableReader
from seston.progress import Progress
from seston.schemas import PREDICTIONS

log = logging.getLogger("seston")

_SCORE = "p_"


def export_ifcb_scores(
    *, predictions: Path, judge: Path, images: Path, samples: Path, folder: Path
) -> None:
    """Write the scores of all classes for each organism of each IFCB bin.

    Scores are the corrected probabilities, by which images are classified in all tables.

    Parameters
    ----------
    predictions : pathlib.Path
        What the classifier takes each organism for, with the probabilities of all classes.
    judge : pathlib.Path
        The report about the classifier, with the threshold below which nothing is said.
    images : pathlib.Path
        One row per organism.
    samples : pathlib.Path
        One row per sample.
    folder : pathlib.Path
        The folder to write: ``D<year>/D<year>_<day>/<bin>_class.h5``.
    """
    said, organisms = TableReader(predictions, "class_predictions"), TableReader(images, "images")
    made = store.read_metadata(predictions)["fingerprint"]
    head, threshold = _judged(judge, made)
    model = f"seston-{head}-{made[:12]}"
    columns = [
        name
        for name in pq.read_schema(predictions).names
        if name.startswith(_SCORE) and name not in PREDICTIONS.names
    ]
    classes = [name.removeprefix(_SCORE) for name in columns]
    ids = pa.Table.from_batches(said.parts(["image_id"], 1 << 16))["image_id"]
    bins, empty = bins_of(samples, organisms, ids)
    needed = ("image_id", "prediction", "rejected", *columns)
    with whole_folder(folder) as out, Progress(len(bins), "bins") as progress:
        for one in bins:
            rows = said.rows(one.rows.first, one.rows.rows, needed)
            same = organisms.rows(one.rows.first, one.rows.rows, ("image_id", "frame"))
            if not rows["image_id"].equals(same["image_id"]):
                raise SestonError(
                    f"{predictions} and {images} do not hold the same images; one of them is out of"
                    " date: delete both and run again"
                )
            path = out / one.path
            path.parent.mkdir(parents=True, exist_ok=True)
            write_class_file(
                path, _scores(rows, columns, one), classes,
                threshold=threshold, model=model, lid=one.lid, taken=one.taken,
            )  # fmt: skip
            progress.add(1)
    log.info("scores of %d classes for %d bins", len(classes), len(bins))
    if empty:
        log.info("%d bins without organisms have no file", empty)
    foreign = [name for name in classes if not name.isascii()]
    if foreign:
        log.warning(
            "the IFCB dashboard reads names of classes as ASCII and refuses %s: give them another"
            " name by labels.merge", ", ".join(map(repr, foreign)),
        )  # fmt: skip


def _scores(rows: pa.Table, columns: list[str], of: Bin) -> Scores:
    ids = rows["image_id"].to_pylist()
    numbers = [name.removeprefix(f"{of.rows.sample}/") for name in ids]
    wrong = [image for image, number in zip(ids, numbers, strict=True) if not number.isdecimal()]
    if wrong:
        raise SestonError(
            f"{wrong[0]}: expected the number of an image of an IFCB; delete results/segment and"
            " run again"
        )
    return Scores(
        np.array(numbers, np.int32),
        np.stack([rows[name].to_numpy() for name in columns], axis=1),
        rows["prediction"].to_pylist(),
        rows["rejected"].to_numpy(),
    )


def _judged(path: Path, made: str) -> tuple[str, float]:
    """Return the kind of the classifier, and the score from which on images are classified.

    Probabilities are held against it as float32; so it is given as the number that they met.
    """
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        threshold, found, head = told["reject"]["threshold"], told["fingerprint"], told["head"]
        least = float(np.float32(np.inf if threshold is None else threshold))
    except FileNotFoundError as error:
        raise SestonError(f"{path}: file not found") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SestonError(
            f"{path}: not readable as the report about a classifier ({error!r}); delete it and run"
            " again"
        ) from error
    if found != made:
        raise SestonError(
            f"{path} is about the classifier {found[:12]}, but the predictions are of {made[:12]};"
            " delete the older and run again"
        )
    return head, least
