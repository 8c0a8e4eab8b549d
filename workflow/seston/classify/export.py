"""Command `export-classifier`: a saved classifier for other programs."""

import json
import logging
from pathlib import Path

import numpy as np
from scipy.special import softmax

from seston import store
from seston.classify.onnx_file import INPUT, OUTPUTS, onnx_model
from seston.classify.saved import Classifier, read_classifier
from seston.errors import SestonError

log = logging.getLogger("seston")

#: Probabilities by two programs may differ by this: both compute in float32.
AGREE = 1e-4
TRIED = 256


def export_classifier(classifier: Path, /, *, onnx: Path = Path("classifier.onnx")) -> None:
    """Write a classifier as ONNX, and check that it answers as before.

    The file takes embeddings of the model that the classifier was learned on, behind each the
    measurements of its metadata (`columns`; `centre` where one is missing), and gives the
    probabilities of the classes at its training frequencies, raw and calibrated. Its metadata hold
    the classes and what is needed to correct for other frequencies.

    Parameters
    ----------
    classifier : Path
        ``classifier.safetensors`` of a run.
    onnx : Path
        The file to write.
    """
    learned = read_classifier(classifier)
    card = learned.card
    facts = {
        "classes": json.dumps(card.classes),
        "training_prior": json.dumps(card.training_prior),
        "label_prior": json.dumps(card.label_prior),
        "embeddings": card.embeddings,
        "columns": json.dumps(card.columns),
        "centre": json.dumps(card.centre),
        "fingerprint": learned.fingerprint,
    }
    data = onnx_model(learned.head, learned.calibrator, facts)
    apart = _apart(learned, data)
    if apart is not None and apart > AGREE:
        raise SestonError(
            f"{onnx}: not written: its probabilities would differ from the classifier's by"
            f" {apart:.2g}; tell the authors"
        )
    with store.atomic(onnx) as temporary:
        temporary.write_bytes(data)
    checked = "not checked, as OpenVINO is not installed"
    if apart is not None:
        checked = f"probabilities of {TRIED} embeddings agree within {apart:.1g} (OpenVINO)"
    log.info(
        "%s: %d classes from %d numbers; %s", onnx, len(card.classes), learned.head.dim, checked
    )


def _apart(learned: Classifier, data: bytes) -> float | None:
    """Return by how much another program's probabilities differ at most; None if there is none."""
    try:
        import openvino
    except ImportError:
        return None
    card, rows = learned.card, learned.references.rows[:TRIED].astype(np.float32)
    # Of several lengths: references are directions, and answers to some would all be certain.
    rows = rows * np.geomspace(1, 100, len(rows), dtype=np.float32)[:, None]
    measured = np.tile(np.array(card.centre), (len(rows), 1))
    measured *= np.linspace(0.5, 1.5, len(rows))[:, None]
    rows = learned.measured.beside(rows, measured)
    logits = learned.head(rows)
    expected = softmax(logits, axis=1), softmax(learned.calibrator(logits), axis=1)
    core = openvino.Core()
    hint = {"INFERENCE_PRECISION_HINT": "f32"}
    found = core.compile_model(core.read_model(data), "CPU", hint)({INPUT: rows})
    return max(
        float(np.abs(found[name] - one).max()) for name, one in zip(OUTPUTS, expected, strict=True)
    )
