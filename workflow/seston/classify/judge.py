"""Stage `judge`: how right a classifier is, and how sure, by its answers about the unseen."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd

from seston import store
from seston.classify.calibration import Kind
from seston.classify.calibration_error import adaptive_ece, brier, classwise_ece, ece, nll
from seston.classify.calibration_error import reliability as reliability_of
from seston.classify.correction import Prior
from seston.classify.held_out import Answers, answers, deployed, reject
from seston.classify.risk import Reject, aurc, risk_coverage
from seston.classify.saved import Classifier, read_classifier
from seston.classify.scores import confusion as confusion_of
from seston.classify.scores import log_count_error
from seston.tsv import write_tsv

log = logging.getLogger("seston")

STAGES = ("raw", "calibrated", "corrected")
TINY = 1e-12  # scores of the one-versus-rest form may be 0
CURVE = 200  # points of a curve at most

SCORES = [
    "calibration", "correction", "images", "units", "micro", "micro_low", "micro_high", "macro",
    "macro_low", "macro_high", "nll", "brier", "ece", "adaptive_ece", "classwise_ece",
    "log_count_error", "note",
]  # fmt: skip
CLASSES = [
    "class", "labelled", "units", "recall", "recall_low", "recall_high", "precision",
    "recall_corrected", "precision_corrected", "true_count", "counted", "expected_raw",
    "expected_corrected", "classwise_ece",
]  # fmt: skip
CONFUSION = ["correction", "true", "predicted", "count"]


def judge(
    *,
    classifier: Path,
    prior: Prior,
    max_error: float,
    confidence: float,
    seed: int,
    scores: Path,
    classes: Path,
    confusion: Path,
    reliability: Path,
    risk: Path,
    report: Path,
) -> None:
    """Score the held-out answers of a classifier: raw, calibrated and corrected.

    Each answer is of a head, and of a calibrator, that saw nothing of the organism's fold.
    Intervals are over the units that were kept together (days or samples).

    Parameters
    ----------
    classifier : Path
        What was learned, with its held-out answers.
    prior : {"em", "training", "uniform"}
        How images are corrected in this run; what is called corrected is by it, with em in each
        unit, as in each sample of new images.
    max_error : float
        Of the answers that are given, at most this share is expected to be wrong.
    confidence : float
        Of the intervals, such as 0.95.
    seed : int
        Of the draws of units.
    scores : Path
        Written: how right it is, by calibration and correction.
    classes : Path
        Written: the same of each class.
    confusion : Path
        Written: which class is taken for which.
    reliability : Path
        Written: how often answers of like confidence are right.
    risk : Path
        Written: how many errors are left where the least sure answers are not given.
    report : Path
        Written: how it was judged, and what is rejected.
    """
    learned = read_classifier(classifier)
    kind = learned.calibrator.kind
    kinds: tuple[Kind, ...] = get_args(Kind)
    found = {one: answers(learned, one) for one in kinds}
    lines = [line for one in kinds for line in _score_lines(one, found[one], seed, confidence)]
    write_tsv(dict(zip(SCORES, zip(*lines, strict=True), strict=True)), scores)
    stages = {
        "raw": found["none"]["none"],
        "calibrated": found[kind]["none"],
        "corrected": deployed(learned, prior),
    }
    _write_classes(learned, stages, seed, confidence, classes)
    _write_confusion(learned, found[kind], confusion)
    parts = [
        reliability_of(one.sure, one.right, confidence_level=confidence, units=one.units)
        .assign(stage=stage) for stage, one in stages.items()
    ]  # fmt: skip
    write_tsv(_stage_first(parts), reliability)
    write_tsv(
        _stage_first([_curve(one).assign(stage=stage) for stage, one in stages.items()]), risk
    )
    _write_report(
        learned, stages["corrected"], reject(learned, prior, max_error), max_error, report
    )


def _score_lines(
    kind: Kind, answers: dict[str, Answers], seed: int, confidence: float
) -> Iterator[tuple[object, ...]]:
    for correction, one in answers.items():
        found = one.scores(seed, confidence)
        note = (
            "rows do not sum to 1: for comparison only" if correction == "one_versus_rest" else ""
        )
        yield (
            kind, correction, len(one.codes), found.units,
            *map(float, (*found.micro, *found.macro)),
            nll(np.log(np.maximum(one.posterior, TINY)), one.votes),
            brier(one.posterior, one.votes),
            ece(one.sure, one.right), adaptive_ece(one.sure, one.right),
            float(classwise_ece(one.posterior, one.votes).mean()),
            log_count_error(one.posterior.sum(axis=0), one.votes.sum(axis=0)), note,
        )  # fmt: skip


def _write_classes(
    learned: Classifier, stages: dict[str, Answers], seed: int, confidence: float, path: Path
) -> None:
    raw, calibrated, last = (stages[stage] for stage in STAGES)
    before, after = calibrated.scores(seed, confidence), last.scores(seed, confidence)
    votes, units = raw.votes, raw.units
    homes = [len(np.unique(units[votes[:, k] > 0])) for k in range(votes.shape[1])]
    columns = [
        learned.card.classes, learned.card.counts, homes, *before.recall, before.precision.value,
        after.recall.value, after.precision.value, votes.sum(axis=0),
        np.bincount(last.said, minlength=votes.shape[1]), raw.posterior.sum(axis=0),
        last.posterior.sum(axis=0), classwise_ece(last.posterior, votes),
    ]  # fmt: skip
    write_tsv(dict(zip(CLASSES, columns, strict=True)), path)


def _write_confusion(learned: Classifier, answers: dict[str, Answers], path: Path) -> None:
    names = learned.card.classes
    lines = [
        (correction, names[true], names[said], int(number))
        for correction, one in answers.items() if correction != "one_versus_rest"
        for (true, said), number in np.ndenumerate(confusion_of(one.codes, one.said, len(names)))
    ]  # fmt: skip
    write_tsv(dict(zip(CONFUSION, zip(*lines, strict=True), strict=True)), path)


def _curve(answers: Answers) -> pd.DataFrame:
    """Return the curve of errors against coverage, at `CURVE` coverages at most."""
    found = risk_coverage(answers.sure, answers.right)
    places = np.linspace(0, len(found) - 1, min(CURVE, len(found))).round().astype(int)
    return found.iloc[places]


def _stage_first(parts: list[pd.DataFrame]) -> dict[str, pd.Series]:
    together = pd.concat(parts)
    return {"stage": together.pop("stage"), **dict(together)}


def _write_report(
    learned: Classifier, last: Answers, left_out: Reject, max_error: float, path: Path
) -> None:
    card = learned.card
    told = {
        "unit": card.unit_kind,
        "units": len(np.unique(last.units)),
        "folds": len(np.unique(learned.held_out.folds)),
        "head": card.kind,
        "columns": card.columns,
        "setting": card.setting,
        "sampling": card.sampling,
        "calibration": card.calibration,
        "max_error": max_error,
        # Where nothing was sure enough, all stay unclassified: the threshold is above 1.
        "reject": {
            name: value if np.isfinite(value) else None
            for name, value in left_out._asdict().items()
        },
        "aurc": aurc(last.sure, last.right),
        "fingerprint": learned.fingerprint,
    }
    store.write_text(json.dumps(told, indent=1) + "\n", path)
    log.info(
        "judge: %d labelled organisms of %d %ss; answers from %.2f on are given: %.0f %%, of which"
        " %.1f %% are wrong (at most %.1f)", len(last.codes), told["units"], card.unit_kind,
        left_out.threshold, 100 * left_out.coverage, 100 * left_out.error,
        100 * left_out.error_high,
    )  # fmt: skip
