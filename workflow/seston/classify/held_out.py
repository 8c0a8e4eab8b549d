"""What is said of labelled organisms by heads and calibrators that never saw their fold."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import softmax

from seston.classify.calibration import Calibrator, Kind, fit
from seston.classify.correction import Prior, corrected, corrected_by_unit
from seston.classify.prior import one_versus_rest
from seston.classify.risk import Reject, reject_below
from seston.classify.saved import Classifier
from seston.classify.scores import Scores, score
from seston.labels.votes import codes_of

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

#: As it answers; as Schanz et al. (2023) correct; at the class frequencies of the labels; at those
#: found in each day or sample.
CORRECTIONS = ("none", "one_versus_rest", "multiclass", "em")
CONFIDENCE = 0.95  # of the error that the reject option states


@dataclass(frozen=True)
class Answers:
    """What was said of the labelled organisms by heads and calibrators that never saw their fold.

    Attributes
    ----------
    posterior : ndarray, shape (n, K)
    votes : ndarray, shape (n, K)
        The truth.
    codes : ndarray of int64, shape (n,)
        Class of most votes; -1 = equally divided.
    units : ndarray of int64, shape (n,)
    """

    posterior: Floats
    votes: Floats
    codes: Integers
    units: Integers

    @property
    def said(self) -> Integers:
        """The likeliest class (n,)."""
        return self.posterior.argmax(axis=1)

    @property
    def sure(self) -> Floats:
        """Its probability (n,)."""
        return self.posterior.max(axis=1)

    @property
    def right(self) -> Floats:
        """The share of the annotators that say so too (n,)."""
        return self.votes[np.arange(len(self.votes)), self.said]

    def scores(self, seed: int, confidence: float) -> Scores:
        """Return recalls and precisions with intervals over units."""
        classes = self.votes.shape[1]
        return score(self.codes, self.said, self.units, classes, seed=seed, confidence=confidence)


def answers(learned: Classifier, kind: Kind) -> dict[str, Answers]:
    """Return the answers by `CORRECTIONS`, calibrated in this way."""
    held, source, labels = learned.held_out, learned.training_prior, learned.label_prior
    logits = cross_calibrated(kind, held.logits, held.votes, held.folds, source, labels)
    posterior = softmax(logits, axis=1)
    found = {
        "none": posterior,
        "one_versus_rest": one_versus_rest(posterior, source, labels),
        "multiclass": corrected(posterior, source, labels),
        "em": corrected_by_unit(
            "em", posterior, held.units, source, labels, classes_seen(held.votes, held.folds)
        ),
    }
    codes = codes_of(held.votes)
    return {name: Answers(one, held.votes, codes, held.units) for name, one in found.items()}


def deployed(learned: Classifier, prior: Prior) -> Answers:
    """Return the answers as a run gives them: calibrated, and corrected in each unit.

    Parameters
    ----------
    learned : Classifier
    prior : {"em", "training", "uniform"}
        What answers are corrected by; with em as in each sample, so here in each unit.
    """
    held, source, labels = learned.held_out, learned.training_prior, learned.label_prior
    logits = cross_calibrated(
        learned.card.calibration, held.logits, held.votes, held.folds, source, labels
    )
    seen = classes_seen(held.votes, held.folds)
    found = corrected_by_unit(prior, softmax(logits, axis=1), held.units, source, labels, seen)
    return Answers(found, held.votes, codes_of(held.votes), held.units)


def reject(learned: Classifier, prior: Prior, max_error: float) -> Reject:
    """Return from which corrected probability on an answer is given.

    Parameters
    ----------
    learned : Classifier
    prior : {"em", "training", "uniform"}
    max_error : float
        Share of the answers given that may be wrong.
    """
    last = deployed(learned, prior)
    return reject_below(last.sure, last.right, max_error, CONFIDENCE)


def classes_seen(votes: Floats, folds: npt.NDArray[np.integer]) -> npt.NDArray[np.bool_]:
    """Return of which classes (n, K) the head that answers about each organism had labels."""
    names, fold = np.unique(folds, return_inverse=True)
    elsewhere = [votes[folds != name].sum(axis=0) > 0 for name in names]
    return np.array(elsewhere)[fold]


def calibrator(
    kind: Kind, logits: Floats, votes: Floats, source: Floats, target: Floats
) -> Calibrator:
    """Fit a calibrator through the correction from class frequencies `source` to `target`."""
    return fit(kind, logits, votes, log_ratio=np.log(target) - np.log(source))


def cross_calibrated(
    kind: Kind,
    logits: Floats,
    votes: Floats,
    folds: npt.NDArray[np.integer],
    source: Floats,
    target: Floats,
) -> Floats:
    """Return calibrated logits: those of each fold by a calibrator fitted to the others.

    Parameters
    ----------
    kind : {"none", "temperature", "vector", "bcts"}
    logits, votes : ndarray, shape (n, K)
        Held-out logits under `source`, and the truth.
    folds : ndarray of int, shape (n,)
    source, target : ndarray, shape (K,)
        Class frequencies behind the logits, and those of the labels.
    """
    out = np.empty_like(logits)
    for fold in np.unique(folds):
        there = folds == fold
        out[there] = calibrator(kind, logits[~there], votes[~there], source, target)(logits[there])
    return out
