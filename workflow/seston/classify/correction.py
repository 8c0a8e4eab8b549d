"""Which class frequencies the images of a sample are corrected by."""

from typing import Literal

import numpy as np
import numpy.typing as npt

from seston.classify.prior import em, shift

Floats = npt.NDArray[np.float64]
Prior = Literal["em", "training", "uniform"]

#: On the labels of the example, held out by days of some forty images, the cross-entropy is 0.36
#: nats with a quarter of one, 0.32 with one to four, 0.37 with fifty; without any it is 0.96.
BESIDE = 2


def sample_prior(
    kind: Prior,
    posterior: Floats,
    source: Floats,
    labels: Floats,
    learned: npt.NDArray[np.bool_] | None = None,
) -> Floats:
    """Return the class frequencies (K,) by which the images of one sample are corrected.

    Parameters
    ----------
    kind : {"em", "training", "uniform"}
        Those of the sample itself, of the labels, or all alike.
    posterior : ndarray, shape (n, K)
        Calibrated, under `source`.
    source, labels : ndarray, shape (K,)
        Class frequencies that the classifier was trained with, and those of the labels.
    learned : ndarray of bool, shape (K,), or None
        Classes that the head behind the posteriors had labels of; None: all.

    Notes
    -----
    A class that was never learned fits whatever fits no other one, and would win all of EM: it
    keeps the frequency of the labels.

    A few images tell little of the sample they are from: beside them stand `BESIDE` invented ones
    for each class, in the proportions of the labels (the mode under a Dirichlet prior).
    Without, the frequencies of a sample of one image would be those of its likeliest class, and
    the image would seem to be of it without a doubt.
    """
    if kind != "em":
        return labels if kind == "training" else np.full_like(labels, 1 / len(labels))
    known = np.ones(len(labels), bool) if learned is None else learned
    among = posterior[:, known] / posterior[:, known].sum(axis=1, keepdims=True)
    beside = 1 + BESIDE * len(labels) * labels[known]
    prior = labels.copy()
    prior[known] *= 0
    prior[known] = em(among, source[known] / source[known].sum(), alpha=beside).prior * (
        1 - prior.sum()
    )
    return prior


def corrected(posterior: Floats, source: Floats, target: Floats) -> Floats:
    """Return posteriors (n, K) under the class frequencies `target` in place of `source`."""
    with np.errstate(divide="ignore"):
        return np.exp(shift(np.log(posterior), source, target))


def corrected_by_unit(
    kind: Prior,
    posterior: Floats,
    units: npt.NDArray[np.integer],
    source: Floats,
    labels: Floats,
    learned: npt.NDArray[np.bool_] | None = None,
) -> Floats:
    """Return posteriors (n, K) under the class frequencies of each unit (a sample, a day).

    `learned` tells of each row what `sample_prior` is told of a sample; rows of a unit are alike.
    """
    out = np.empty_like(posterior)
    for unit in np.unique(units):
        there = np.flatnonzero(units == unit)
        known = None if learned is None else learned[there[0]]
        prior = sample_prior(kind, posterior[there], source, labels, known)
        out[there] = corrected(posterior[there], source, prior)
    return out
