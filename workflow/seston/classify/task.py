"""What a variant is to learn, and what it is asked: rows of the manifest with their targets."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from seston.classify.calibration import fit
from seston.classify.calibration_error import nll
from seston.classify.prior import shift, smooth
from seston.classify.sampling import Sampling, training_prior
from seston.classify.variants import Variant
from seston.errors import SestonError
from seston.labels.manifest import TEST, Labelled, training_rows, validation_rows

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Task:
    """One training and what it is judged by.

    Attributes
    ----------
    classes : tuple of str
        K of them, whether or not there are images of all.
    targets : ndarray, shape (n, K)
        What is learned, of all rows of the manifest; rows sum to 1 where there is anything.
    truth : ndarray, shape (n, K)
        What the test part is judged by: the vote shares of all annotators.
    training, validation, test : ndarray of int64
        Rows of the manifest; test ascending.
    """

    classes: tuple[str, ...]
    targets: Floats
    truth: Floats
    training: Places
    validation: Places
    test: Places

    @property
    def counts(self) -> Floats:
        """Labels of each class to learn from, (K,)."""
        return self.targets[self.training].sum(axis=0)

    @property
    def natural(self) -> Floats:
        """Class frequencies (K,) of the labels, none of them 0: what is known of the prior."""
        return smooth(self.counts)

    def with_validation(self) -> "Task":
        """Return the task of learning from the labels of the validation part too."""
        return replace(self, training=np.sort(np.concatenate([self.training, self.validation])))

    def prior(self, sampling: Sampling) -> Floats:
        """Return the class frequencies (K,) that logits learned with this sampling stand under."""
        found = training_prior(self.counts, sampling)
        return np.where(found > 0, found, self.natural)

    def cost(self, logits: Floats, sampling: Sampling) -> float:
        """Return what answers (v, K) about validation cost: the smaller, the better a setting.

        Cross-entropy at the class frequencies of the labels, once the answers are calibrated
        through that correction. Without the correction, what was trained on balanced classes would
        be judged by how little it leans to rare ones; without calibration, a network by how sure it
        is of itself, which is put right afterwards anyway (Berta, Holzmüller, Jordan & Bach 2025,
        arXiv 2501.19195). Infinite where an answer is no number.
        """
        if not np.isfinite(logits).all():
            return np.inf
        truth, prior = self.targets[self.validation], self.prior(sampling)
        ratio = np.log(self.natural) - np.log(prior)
        calibrated = fit("temperature", logits, truth, log_ratio=ratio)(logits)
        return nll(shift(calibrated, prior, self.natural), truth)


def task_of(
    labelled: Labelled, variant: Variant, fraction: float, seed: int, noise: Sequence[str] = ()
) -> Task:
    """Return what a variant learns from a fraction of the labels.

    Parameters
    ----------
    labelled : Labelled
    variant : Variant
    fraction : float
        Of the labels of each class, nested: a smaller one is part of a larger. Above 1 so many
        labels of each class.
    seed : int
        Place of the split among those of the manifest, from 0.
    noise : sequence of str
        Classes that are no organisms, for binary variants.

    Raises
    ------
    SestonError
        If the variant asks for several annotators, or noise, and there is none; or if nothing is
        left to learn from or to judge by.
    """
    truth = labelled.votes
    targets, classes = _targets(labelled, variant, seed), labelled.classes
    if variant.binary:
        merged = _merged(labelled.classes, noise)
        classes, truth, targets = ("noise", "organism"), truth @ merged, targets @ merged
    told = targets.sum(axis=1) > 0
    training = training_rows(labelled, seed, fraction)
    validation = validation_rows(labelled, seed, fraction)
    found = Task(
        classes, targets, truth, training[told[training]], validation[told[validation]],
        np.flatnonzero(labelled.parts[seed] == TEST),
    )  # fmt: skip
    for part, rows in (("training", found.training), ("validation", found.validation)):
        if not len(rows):
            raise SestonError(
                f"label_efficiency: {variant.name} has no {part} labels at fraction {fraction:g}"
                f" (seed {seed}); take a larger fraction, or label more"
            )
    return found


def _targets(labelled: Labelled, variant: Variant, seed: int) -> Floats:
    """Return what is learned: shares, or one annotator's word; rows of 0 where there is none."""
    if variant.said_by == "all":
        return labelled.votes
    said = labelled.said
    if len(labelled.annotators) < 2:
        raise SestonError(
            f"classify.efficiency.variants: {variant.name} compares annotators, but all labels are"
            " of one; leave it out, or give labels with a column annotator"
        )
    given = said >= 0
    if variant.said_by == "one":
        word = said[:, given.sum(axis=0).argmax()]
    else:
        chance = np.random.default_rng([seed, len(said)]).random(said.shape)
        word = said[np.arange(len(said)), np.where(given, chance, -1.0).argmax(axis=1)]
    targets = np.zeros(labelled.votes.shape)
    rows = np.flatnonzero(word >= 0)
    targets[rows, word[rows]] = 1.0
    return targets


def _merged(classes: Sequence[str], noise: Sequence[str]) -> Floats:
    """Return the matrix (K, 2) that sends each class to noise or organism."""
    unknown = [name for name in noise if name not in classes]
    kept = [name for name in classes if name not in noise]
    if unknown or not noise or not kept:
        found = f"unknown: {', '.join(unknown)}" if unknown else f"found {list(noise)}"
        raise SestonError(
            f"classify.efficiency.noise: {found}; binary variants need some, not all, of the"
            f" classes {', '.join(classes)} named here"
        )
    is_noise = np.isin(np.array(classes), np.array(noise))
    return np.stack([is_noise, ~is_noise], axis=1).astype(np.float64)
