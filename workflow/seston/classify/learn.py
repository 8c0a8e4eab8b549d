"""Stage `classifier`: a head on embeddings, learned from labels, and what it says of the unseen."""

import logging
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from seston import store
from seston.classify.calibration import Kind
from seston.classify.crossfit import CrossFitted, Learner, cross_fit
from seston.classify.embedded import positions_of
from seston.classify.held_out import calibrator
from seston.classify.linear import PENALTIES, path
from seston.classify.measured import Measured, gains, measured_of
from seston.classify.prior import smooth
from seston.classify.references import References
from seston.classify.sampling import Sampling, training_prior
from seston.classify.saved import Card, Classifier, HeldOut
from seston.cluster.shards import EmbeddingShards
from seston.labels.manifest import Labelled, read_labelled
from seston.tsv import write_tsv

log = logging.getLogger("seston")

Floats = npt.NDArray[np.float64]
HeadKind = Literal["linear", "mlp"]
TRIED = ["fold", "setting", "nll", "macro_recall", "chosen"]


def classifier(
    *,
    labelled: Path,
    embeddings_dir: Path,
    shards: list[str],
    head: HeadKind,
    sampling: Sampling,
    calibration: Kind,
    seed: int,
    saved: Path,
    held_out: Path,
    search: Path,
    columns: list[str] | None = None,
    segment_dir: Path | None = None,
    threads: int = 1,
) -> None:
    """Learn a classifier from labels, and what can be said of it without flattering it.

    What is used on other images learns from all labels. What is said of it comes from heads that
    each saw nothing of one fold of days (or samples): their answers about that fold are
    calibrated, scored and counted. The strength of the penalty is chosen by what the answers
    cost at the class frequencies of the labels, in folds that the judged one has no part in.

    Parameters
    ----------
    labelled : Path
        The labels, and how they are split.
    embeddings_dir : Path
        Folder of the embeddings.
    shards : list of str
        Their shards.
    head : {"linear", "mlp"}
        What is learned: one matrix, or two with a bend between them.
    sampling : {"natural", "sqrt", "balanced", "logit_adjusted"}
        How often each class is seen in training.
    calibration : {"none", "temperature", "vector", "bcts"}
        How its answers are made as sure as they are right.
    seed : int
        Of the start of an MLP, and of which labelled organisms others are held against.
    saved : Path
        Written: the classifier.
    held_out : Path
        Written: each labelled organism's logits from a head that never saw its fold.
    search : Path
        Written: the settings that were tried, and what each cost.
    columns : list of str
        Measurements to learn from beside the embedding; "auto" is size, shape and grey levels.
    segment_dir : Path
        Folder with ``<shard>/crops.parquet``, for these.
    threads : int
        CPU threads.
    """
    labels = read_labelled(labelled)
    embeddings = EmbeddingShards(embeddings_dir, shards)
    positions = positions_of(labels.ids, embeddings, labelled)
    measured, values = measured_of(columns or (), embeddings, segment_dir, positions)
    settings, learn = _learner(head, seed, gains(embeddings.dim, measured))
    x = embeddings.take(positions)
    fitted = cross_fit(measured.beside(x, values), labels.votes, labels.folds, learn, sampling)
    learned = _classifier(
        labels, x, fitted, embeddings, measured, head, settings[fitted.final], sampling,
        calibration, seed,
    )  # fmt: skip
    _write_search(fitted, labels, settings, search)
    _write_held_out(labels, fitted, learned, held_out)
    learned.write(saved)
    log.info(
        "classifier: %d classes from %d organisms of %d %ss; %s; held-out cross-entropy %.3f"
        " nats and macro recall %.3f at the frequencies of the labels",
        len(labels.classes), len(labels.ids), len(labels.unit_names), labels.kind,
        settings[fitted.final], fitted.tried[fitted.final].score("nll"),
        1 - fitted.tried[fitted.final].score("macro_recall"),
    )  # fmt: skip


def _learner(head: HeadKind, seed: int, gain: Floats) -> tuple[list[str], Learner]:
    """Return the names of the settings that are tried, and what learns with each."""
    if head == "linear":
        names = [f"penalty {penalty:g}" for penalty in PENALTIES]
        return names, lambda x, votes, weights, offset: path(
            x, votes, weights, offset=offset, gains=gain
        )
    from seston.classify.mlp import SETTINGS, mlp_path  # torch, only where it is asked for

    return list(SETTINGS), lambda x, votes, weights, offset: mlp_path(
        x, votes, weights, offset=offset, gains=gain, seed=seed
    )


def _classifier(
    labels: Labelled, x: npt.NDArray[np.float32], fitted: CrossFitted, embeddings: EmbeddingShards,
    measured: Measured, head: HeadKind, setting: str, sampling: Sampling, calibration: Kind,
    seed: int,
) -> Classifier:  # fmt: skip
    counts = labels.votes.sum(axis=0)
    source, target = training_prior(counts, sampling), smooth(counts)
    fit = calibrator(calibration, fitted.logits, labels.votes, source, target)
    card = Card(
        classes=labels.classes,
        embeddings=embeddings.fingerprint,
        dim=embeddings.dim,
        kind=head,
        sampling=sampling,
        calibration=calibration,
        setting=setting,
        counts=tuple(counts.tolist()),
        training_prior=tuple(source.tolist()),
        label_prior=tuple(target.tolist()),
        scale=tuple(fit.scale.tolist()),
        bias=tuple(fit.bias.tolist()),
        unit_kind=labels.kind,
        columns=measured.columns,
        centre=measured.centre,
    )
    units = labels.units.astype(np.int64)
    references = References.draw(x, labels.codes, units, seed)
    held = HeldOut(
        fitted.logits, labels.votes, units, labels.folds.astype(np.int64),
        references.distance(x, apart=units),
    )  # fmt: skip
    return Classifier(card, fitted.head, held, references)


def _write_search(fitted: CrossFitted, labels: Labelled, settings: list[str], search: Path) -> None:
    lines: list[tuple[object, ...]] = [
        ("all", name, one.score("nll"), 1 - one.score("macro_recall"), int(place == fitted.final))
        for place, (name, one) in enumerate(zip(settings, fitted.tried, strict=True))
    ]
    # What was chosen without each fold, for the answers about it.
    lines += [
        (fold, settings[place], None, None, 1)
        for fold, place in zip(np.unique(labels.folds).tolist(), fitted.chosen, strict=True)
    ]
    write_tsv(dict(zip(TRIED, zip(*lines, strict=True), strict=True)), search)


def _write_held_out(labels: Labelled, fitted: CrossFitted, learned: Classifier, path: Path) -> None:
    numbers = pa.array(fitted.logits.astype(np.float32).ravel())
    table = pa.table(
        {
            "image_id": labels.ids.cast(pa.string()),
            "fold": labels.folds.astype(np.int32),
            "logits": pa.FixedSizeListArray.from_arrays(numbers, len(labels.classes)),
        }
    )
    store.write_table(table, path, table.schema, "held_out", learned.fingerprint)
