"""What the answers of one variant are worth, raw and corrected, and how they fall on days."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import log_softmax

from seston.classify.calibration import fit
from seston.classify.calibration_error import classwise_ece, ece, nll
from seston.classify.correction import corrected, sample_prior
from seston.classify.prior import one_versus_rest
from seston.classify.scores import confusion, macro, micro
from seston.classify.task import Task
from seston.classify.trial import Trial

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

#: As the network answers; as Schanz et al. (2023) correct; calibrated on validation and corrected
#: by Bayes' theorem; the same with the class frequencies that the test part itself tells.
CORRECTIONS = ("none", "one_versus_rest", "multiclass", "em")
_TINY = 1e-12  # scores of the one-versus-rest form may be 0


class Figures(NamedTuple):
    """The figures of a row of `label_efficiency.tsv`."""

    micro: float
    macro: float
    nll: float
    ece: float
    classwise_ece: float


def posteriors(trial: Trial, task: Task) -> dict[str, Floats]:
    """Return the probabilities (t, K) of the classes of the test part, by correction.

    Rows of ``one_versus_rest`` do not sum to 1.
    """
    natural = task.natural
    ratio = np.log(natural) - np.log(trial.prior)
    truth = task.targets[task.validation]
    calibrated = fit("temperature", trial.validation, truth, log_ratio=ratio)(trial.test)
    raw = np.exp(log_softmax(trial.test, axis=1))
    under_prior = np.exp(log_softmax(calibrated, axis=1))
    # A class that was never learned explains whatever looks like no other: it would win all of EM.
    under_prior[:, task.counts == 0] = 0
    under_prior /= under_prior.sum(axis=1, keepdims=True)
    of_test = sample_prior("em", under_prior, trial.prior, natural)
    return {
        "none": raw,
        "one_versus_rest": one_versus_rest(raw, trial.prior, natural),
        "multiclass": corrected(under_prior, trial.prior, natural),
        "em": corrected(under_prior, trial.prior, of_test),
    }


def majority(votes: Floats) -> Codes:
    """Return the class (n,) of most votes; -1 where the first two have equally many."""
    first = votes.argmax(axis=1)
    most = votes[np.arange(len(votes)), first]
    return np.where(np.isclose(votes, most[:, None]).sum(axis=1) > 1, -1, first)


def figures(posterior: Floats, votes: Floats) -> Figures:
    """Return how right and how sure these answers about organisms with these votes are."""
    said = posterior.argmax(axis=1)
    matrix = confusion(majority(votes), said, votes.shape[1])
    right = votes[np.arange(len(said)), said]
    return Figures(
        micro(matrix),
        macro(matrix),
        nll(np.log(np.maximum(posterior, _TINY)), votes),
        ece(posterior.max(axis=1), right),
        float(np.nanmean(classwise_ece(posterior, votes))),
    )


class ByUnit(NamedTuple):
    """Organisms that were found and asked, by unit and class: (U, K) each."""

    right: Floats
    asked: Floats


def by_unit(posterior: Floats, votes: Floats, units: Codes, count: int) -> ByUnit:
    """Count right answers by unit (of `count`) and class; those without a majority are left out."""
    truth = majority(votes)
    known = truth >= 0
    truth, units, said = truth[known], units[known], posterior.argmax(axis=1)[known]
    classes = votes.shape[1]

    def counted(those: npt.NDArray[np.bool_]) -> Floats:
        cells = units[those] * classes + truth[those]
        return np.bincount(cells, minlength=count * classes).reshape(count, classes).astype(float)

    return ByUnit(counted(said == truth), counted(np.ones(len(truth), bool)))


def recalls_of_draws(found: ByUnit, drawn: Floats) -> tuple[Floats, Floats]:
    """Return micro and macro recall (B,) when units are drawn so often, (B, U).

    A class that a draw misses is left out of it; NaN where nothing is asked.
    """
    right, asked = drawn @ found.right, drawn @ found.asked
    there = asked > 0
    recall = np.where(there, right / np.where(there, asked, 1), 0)
    classes, images = there.sum(axis=1), asked.sum(axis=1)
    nothing = images == 0
    macro = recall.sum(axis=1) / np.maximum(classes, 1)
    micro = right.sum(axis=1) / np.maximum(images, 1)
    return np.where(nothing, np.nan, micro), np.where(nothing, np.nan, macro)
