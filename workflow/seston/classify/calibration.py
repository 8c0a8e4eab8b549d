"""Making a classifier as sure of itself as it is right.

A calibrator has one or a few numbers that are fitted to held-out images, never to those the
classifier learned from. Where the classifier learned under another prior than the held-out
images have, its posteriors are calibrated *through* the correction of the prior: what is to fit
is the corrected posterior. Fitting first and correcting afterwards leaves errors in the counts.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from scipy.special import log_softmax

Floats = npt.NDArray[np.float64]
Kind = Literal["none", "temperature", "vector", "bcts"]

#: The strength by which scales are pulled to 1 and biases to 0, of the weight of one image: it
#: keeps the scale finite where held-out images are all right, and the bias of a class of a few
#: images small; a hundred images overrule it.
PULL = 1.0
LEAST_SCALE = 0.01  # temperature 100: all classes the same


@dataclass(frozen=True)
class Calibrator:
    """Calibrated logits: ``scale * log_softmax(logits) + bias``.

    Attributes
    ----------
    kind : {"none", "temperature", "vector", "bcts"}
        Nothing; one temperature; a scale and a bias of each class; one temperature and a bias of
        each class (bias-corrected temperature scaling).
    scale, bias : ndarray, shape (K,)
        1 / temperature, and what is added; biases sum to 0.

    Notes
    -----
    The scale works on log-probabilities, so that raw probabilities are enough to calibrate anew.
    """

    kind: Kind
    scale: Floats
    bias: Floats

    def __call__(self, logits: npt.NDArray) -> Floats:
        """Return calibrated logits (n, K); they are not normalised."""
        return self.scale * log_softmax(np.asarray(logits, dtype=np.float64), axis=1) + self.bias


def fit(
    kind: Kind,
    logits: npt.NDArray,
    votes: npt.NDArray,
    *,
    log_ratio: npt.NDArray | None = None,
    weights: npt.NDArray | None = None,
    start: Calibrator | None = None,
) -> Calibrator:
    r"""Fit a calibrator to held-out images.

    Parameters
    ----------
    kind : {"none", "temperature", "vector", "bcts"}
    logits : ndarray, shape (n, K)
        Of images that the classifier has not seen.
    votes : ndarray, shape (n, K)
        Their classes; rows sum to 1, and are shares where experts do not agree.
    log_ratio : ndarray of shape (K,) or None
        Logarithm of the frequencies of the classes among these images over those the classifier
        learned under: the correction that the posteriors are calibrated through. None: no
        correction.
    weights : ndarray of shape (n,) or None
        How much each image counts; None is 1.
    start : Calibrator or None
        Of the same kind; where the search starts, which changes how long it takes.

    Returns
    -------
    Calibrator
        One that changes nothing if `kind` is none or no image counts.

    Notes
    -----
    Minimises :math:`-\sum_i w_i \sum_k v_{ik} \log \mathrm{softmax}(s \circ z_i + b + r)_k` and
    `PULL` times :math:`(\bar s - 1)^2 + \sum_k (s_k - \bar s)^2 + \sum_k b_k^2`, which is convex in
    *s* and *b*, to convergence (Guo et al. 2017, ICML: temperature and vector scaling; Alexandari
    et al. 2020, ICML: BCTS).
    """
    if kind not in get_args(Kind):
        raise ValueError(f"no calibration {kind!r}")
    classes = logits.shape[1]
    counted = np.ones(len(logits)) if weights is None else np.asarray(weights, dtype=np.float64)
    if kind == "none" or not counted.sum() > 0:
        return Calibrator(kind, np.ones(classes), np.zeros(classes))
    z = log_softmax(np.asarray(logits, dtype=np.float64), axis=1)
    offset = np.zeros(classes) if log_ratio is None else np.asarray(log_ratio, dtype=np.float64)
    data = _Data(z, np.asarray(votes, dtype=np.float64), counted, offset)
    ties = _ties(kind, classes)
    first = start or Calibrator(kind, np.ones(classes), np.zeros(classes))
    begin = np.linalg.lstsq(ties, np.concatenate([first.scale, first.bias]), rcond=None)[0]
    scale, bias = np.split(ties @ _newton(data, ties, begin), 2)
    return Calibrator(kind, scale, bias)


@dataclass(frozen=True)
class _Data:
    """Log-probabilities and votes (n, K), weights (n,) of the images, and the correction (K,)."""

    z: Floats
    votes: Floats
    weights: Floats
    offset: Floats


def _ties(kind: Kind, classes: int) -> Floats:
    """Return how scales and biases (2 K) follow from the numbers that are fitted."""
    one, each, none = np.ones((classes, 1)), np.eye(classes), np.zeros((classes, classes))
    if kind == "temperature":
        return np.vstack([one, np.zeros_like(one)])
    if kind == "bcts":
        return np.block([[one, none], [np.zeros_like(one), each]])
    return np.eye(2 * classes)


def _newton(data: _Data, ties: Floats, begin: Floats) -> Floats:
    """Minimise the loss by Newton's method, scales kept above `LEAST_SCALE` by projection."""
    least = np.where(ties[: len(ties) // 2].any(axis=0), LEAST_SCALE, -np.inf)
    place = np.maximum(begin, least)
    value, slope, bend = _loss(data, ties, place)
    for _ in range(100):
        free = (place > least) | (slope < 0)
        step = np.zeros_like(place)
        step[free] = np.linalg.solve(bend[np.ix_(free, free)], -slope[free])
        if -slope @ step <= 1e-12 * max(abs(value), 1):
            break
        length = 1.0
        while length > 1e-10:
            tried = np.maximum(place + length * step, least)
            found = _loss(data, ties, tried)
            if found[0] <= value + 1e-4 * slope @ (tried - place):
                break
            length /= 2
        else:  # rounding is all that is left
            break
        place, (value, slope, bend) = tried, found
    return place


def _loss(data: _Data, ties: Floats, place: Floats) -> tuple[float, Floats, Floats]:
    """Return the penalised loss, its gradient and its Hessian at the numbers that are fitted."""
    scale, bias = np.split(ties @ place, 2)
    classes = len(scale)
    log_p = log_softmax(scale * data.z + bias + data.offset, axis=1)
    p = np.exp(log_p)
    w = data.weights[:, None]
    # Derivatives by the scale and bias of each class; p z stands beside p.
    sides = np.hstack([p * data.z, p])
    slope = np.concatenate(
        [(w * (p - data.votes) * data.z).sum(axis=0), (w * (p - data.votes)).sum(axis=0)]
    )
    bend = -sides.T @ (w * sides)
    own = np.arange(classes)
    bend[own, own] += (w * p * data.z**2).sum(axis=0)
    bend[own, classes + own] += (w * p * data.z).sum(axis=0)
    bend[classes + own, own] += (w * p * data.z).sum(axis=0)
    bend[classes + own, classes + own] += (w * p).sum(axis=0)
    # (mean scale - 1)² + sum (scale - mean)² + sum bias²
    pull = np.eye(2 * classes)
    pull[:classes, :classes] += 1 / classes**2 - 1 / classes
    away = np.concatenate([scale - 1, bias])
    value = PULL * away @ pull @ away - np.vdot(w * data.votes, log_p)
    slope += 2 * PULL * pull @ away
    bend += 2 * PULL * pull
    return float(value), ties.T @ slope, ties.T @ bend @ ties
