"""The classifier as a file: tensors beside a card of what it is for, and how far to trust it.

All that later stages need of the labels is in it, so that a classifier can be used on new images
without them. It answers about embeddings of one model only, and refuses all others.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load, save

from seston import store
from seston.classify.calibration import Calibrator, Kind
from seston.classify.heads import Head
from seston.classify.measured import Measured
from seston.classify.references import References
from seston.errors import SestonError

Floats = npt.NDArray[np.float64]
KIND = "classifier"


@dataclass(frozen=True)
class Card:
    """What a classifier says of itself.

    Attributes
    ----------
    classes : tuple of str
        K of them, in the order of all its numbers.
    embeddings : str
        Fingerprint of the embeddings it was learned on: the model and the transform of images.
    dim : int
        Length of an embedding.
    kind, sampling, calibration : str
        The settings: of the head, of training, of the calibrator.
    setting : str
        Of the head, as the search chose it.
    counts : tuple of float
        Labels of each class; parts of one where annotators differ.
    training_prior : tuple of float
        Class frequencies under which its answers are posteriors.
    label_prior : tuple of float
        Class frequencies of the labels, of none 0.
    scale, bias : tuple of float
        Of the calibrator.
    unit_kind : str
        What was kept together when it was judged: "day", "sample", ...
    columns : tuple of str
        Measurements that it takes behind the embedding.
    centre : tuple of float
        What stands for each where it is missing.
    """

    classes: tuple[str, ...]
    embeddings: str
    dim: int
    kind: str
    sampling: str
    calibration: Kind
    setting: str
    counts: tuple[float, ...]
    training_prior: tuple[float, ...]
    label_prior: tuple[float, ...]
    scale: tuple[float, ...]
    bias: tuple[float, ...]
    unit_kind: str
    columns: tuple[str, ...] = ()
    centre: tuple[float, ...] = ()


@dataclass(frozen=True)
class HeldOut:
    """The labelled organisms, and what heads that never saw their fold say of them.

    Attributes
    ----------
    logits : ndarray of float64, shape (n, K)
        Not calibrated, under the training prior.
    votes : ndarray of float64, shape (n, K)
        Shares of the annotators.
    units, folds : ndarray of int64, shape (n,)
    distance : ndarray of float32, shape (n,)
        From the nearest reference of another unit.
    """

    logits: Floats
    votes: Floats
    units: npt.NDArray[np.int64]
    folds: npt.NDArray[np.int64]
    distance: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Classifier:
    """A head with its card, the held-out answers behind all that is said of it, and references."""

    card: Card
    head: Head
    held_out: HeldOut
    references: References

    @property
    def calibrator(self) -> Calibrator:
        """What makes its logits as sure as they are right."""
        return Calibrator(
            self.card.calibration, np.array(self.card.scale), np.array(self.card.bias)
        )

    @property
    def measured(self) -> Measured:
        """What it takes beside embeddings."""
        return Measured(self.card.columns, self.card.centre)

    @property
    def training_prior(self) -> Floats:
        """Class frequencies (K,) under which its answers are posteriors."""
        return np.array(self.card.training_prior)

    @property
    def label_prior(self) -> Floats:
        """Class frequencies (K,) of the labels, of none 0."""
        return np.array(self.card.label_prior)

    @property
    def fingerprint(self) -> str:
        """What it is, over card and tensors."""
        # Without measurements it is what it was before there were any.
        card = {name: cell for name, cell in asdict(self.card).items() if cell != ()}
        text = json.dumps(card, sort_keys=True)
        tensors = sorted(self._tensors().items())
        return store.fingerprint(KIND, text, *((name, x.tobytes()) for name, x in tensors))

    def require_embeddings(self, path: Path, fingerprint: str, dim: int) -> None:
        """Raise `SestonError` unless these embeddings are of the model that it was learned on."""
        if (fingerprint, dim) != (self.card.embeddings, self.card.dim):
            raise SestonError(
                f"{path}: embeddings of another model ({fingerprint[:12]}, {dim} numbers"
                f" each) than the classifier was learned on ({self.card.embeddings[:12]},"
                f" {self.card.dim}): its answers would mean nothing; use the model of the run that"
                " made it (cluster.frozen), or learn it again from labels"
            )

    def write(self, path: Path) -> None:
        """Write it: the same classifier is the same bytes."""
        text = json.dumps(asdict(self.card), sort_keys=True)
        tags = store.tags(KIND, self.fingerprint, {"card": text})
        data = save(self._tensors(), tags)
        # The library writes the metadata in another order each time.
        length = int.from_bytes(data[:8], "little")
        header = json.dumps(json.loads(data[8 : 8 + length]), sort_keys=True).encode()
        header += b" " * (-len(header) % 8)
        with store.atomic(path) as temporary:
            temporary.write_bytes(len(header).to_bytes(8, "little") + header + data[8 + length :])

    def _tensors(self) -> dict[str, npt.NDArray]:
        parts = {
            "head": self.head.tensors(),
            "held_out": vars(self.held_out),
            "references": vars(self.references),
        }
        return {
            f"{part}.{name}": np.ascontiguousarray(values)
            for part, tensors in parts.items()
            for name, values in tensors.items()
        }


def read_classifier(path: Path) -> Classifier:
    """Read a classifier, and check that its content is what was written.

    Raises
    ------
    SestonError
        If the file is missing, damaged or no classifier.
    """
    try:
        data = Path(path).read_bytes()
        tensors = load(data)
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    except FileNotFoundError as error:
        raise SestonError(f"{path}: file not found") from error
    except (OSError, SafetensorError, ValueError) as error:
        raise SestonError(
            f"{path}: not a readable classifier ({error}); delete it and run again"
        ) from error
    found = {
        key.removeprefix("seston."): value for key, value in header.get("__metadata__", {}).items()
    }
    store.require_kind(path, found, KIND)
    values: dict[str, Any] = json.loads(found["card"])
    values |= {key: tuple(value) for key, value in values.items() if isinstance(value, list)}
    card = Card(**values)
    parts: dict[str, dict[str, npt.NDArray]] = {}
    for name, tensor in tensors.items():
        part, _, inner = name.partition(".")
        parts.setdefault(part, {})[inner] = tensor
    head = Head.of(parts["head"])
    classifier = Classifier(
        card, head, HeldOut(**parts["held_out"]), References(**parts["references"])
    )
    if classifier.fingerprint != found["fingerprint"]:
        raise SestonError(f"{path}: its content is not what was written; make or copy it again")
    return classifier
