"""What a posterior becomes where classes are more or less frequent than they were in training.

A classifier that learned from balanced classes believes each class to be as frequent as any
other. Bayes' theorem puts that right once the true frequencies (the prior) are known, and
expectation maximisation finds them from the posteriors themselves, if these are calibrated.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp

Floats = npt.NDArray[np.float64]


def smooth(counts: npt.ArrayLike, strength: float = 1.0) -> Floats:
    r"""Return class frequencies that leave none of the classes out.

    Parameters
    ----------
    counts : array_like, shape (K,)
        Images of each class; not all 0 if `strength` is 0.
    strength : float
        How many images the uniform prior counts for, all classes together.

    Returns
    -------
    ndarray, shape (K,)
        :math:`(n_k + s / K) / (n + s)`, the mean of a Dirichlet posterior. With one image in
        all the prior says next to nothing against any count (Berger, Bernardo & Sun 2015,
        Bayesian Analysis 10:189); one for each class would triple a class of five in a thousand.
    """
    known = np.asarray(counts, dtype=np.float64)
    total = known.sum() + strength
    if not total > 0:
        raise ValueError("no image of any class, and no strength of the uniform prior")
    return (known + strength / len(known)) / total


def shift(log_posterior: npt.NDArray, source: npt.NDArray, target: npt.NDArray) -> Floats:
    r"""Return posteriors under another prior.

    Parameters
    ----------
    log_posterior : ndarray, shape (n, K)
        Logarithms of the posteriors under `source`, or these plus any number per row (logits).
    source, target : ndarray, shape (K,) or broadcastable
        The prior that the posteriors were learned under, and the one wanted. Where `source`
        is 0, so must `target` be.

    Returns
    -------
    ndarray of float64, shape (n, K)
        Normalised logarithms; -inf for classes that `target` rules out.

    Notes
    -----
    :math:`p'_k = p_k \pi'_k / \pi_k / \sum_j p_j \pi'_j / \pi_j` (Saerens, Latinne &
    Decaestecker 2002, Neural Computation 14:21; Elkan 2001, IJCAI).
    """
    source, target = np.asarray(source, dtype=np.float64), np.asarray(target, dtype=np.float64)
    if np.any((source <= 0) & (target > 0)):
        raise ValueError("a class that the source prior rules out cannot come back")
    with np.errstate(divide="ignore"):
        ratio = np.log(target) - np.log(np.where(target > 0, source, 1))
    moved = np.asarray(log_posterior, dtype=np.float64) + ratio
    return moved - logsumexp(moved, axis=1, keepdims=True)


def one_versus_rest(posterior: npt.NDArray, source: npt.NDArray, target: npt.NDArray) -> Floats:
    r"""Return the correction as Schanz et al. (2023) have it, for comparison only.

    Parameters
    ----------
    posterior : ndarray, shape (n, K)
    source, target : ndarray, shape (K,)

    Returns
    -------
    ndarray of float64, shape (n, K)
        Scores between 0 and 1 whose rows **do not sum to 1**.

    Notes
    -----
    Each class against all others together,
    :math:`a p / (a p + b (1 - p))` with :math:`a = \pi'/\pi` and :math:`b = (1-\pi')/(1-\pi)`.
    That takes the mixture of the others to be the same under both priors, which it is not as
    soon as one of them dominates; for two classes it equals `shift`.
    """
    p = np.asarray(posterior, dtype=np.float64)
    own = target / source * p
    return own / (own + (1 - target) / (1 - source) * (1 - p))


@dataclass(frozen=True)
class Em:
    """A prior found by expectation maximisation.

    Attributes
    ----------
    prior : ndarray, shape (K,)
    posterior : ndarray, shape (n, K)
        Under that prior.
    log_likelihood : ndarray
        Of the priors of all steps, up to a constant, with the logarithm of the Dirichlet
        density if there is one; it never falls.
    converged : bool
    """

    prior: Floats
    posterior: Floats
    log_likelihood: Floats
    converged: bool


def em(
    posterior: npt.NDArray,
    source: npt.NDArray,
    *,
    alpha: npt.NDArray | float | None = None,
    tolerance: float = 1e-8,
    most: int = 5000,
) -> Em:
    r"""Find how frequent the classes are in a set of images.

    Parameters
    ----------
    posterior : ndarray, shape (n, K)
        Calibrated posteriors of the images under `source`.
    source : ndarray, shape (K,)
        Above 0.
    alpha : ndarray of shape (K,), float or None
        Parameters of a Dirichlet prior of the frequencies, at least 1; None is all 1, the
        greatest likelihood.
    tolerance : float
        The search ends when no frequency moves by more.
    most : int
        Steps at most; `Em.converged` tells whether they were enough.

    Returns
    -------
    Em
        Without images and `alpha`, the source.

    Notes
    -----
    Saerens, Latinne & Decaestecker (2002), Neural Computation 14:21. The likelihood is concave
    in the frequencies, so the end does not depend on the start. Classifiers that are too
    sure of themselves lead it far astray: calibrate first (Alexandari, Kundaje & Shrikumar
    2020, ICML).
    """
    ratio = np.asarray(posterior, dtype=np.float64) / source
    extra = np.broadcast_to(np.zeros(1) if alpha is None else np.asarray(alpha) - 1.0, len(source))
    if np.any(extra < 0):
        raise ValueError("alpha below 1 has no greatest density")
    prior = np.array(source, dtype=np.float64)
    if not len(ratio) + extra.sum():
        return Em(prior, ratio, np.zeros(0), True)
    course, moved = [], np.inf
    for _ in range(most):
        chance = ratio @ prior
        course.append(_log_density(chance, prior, extra))
        new = prior * (ratio.T @ (1 / chance)) + extra
        new /= new.sum()
        moved = np.abs(new - prior).max()
        prior = new
        if moved <= tolerance:
            break
    corrected = ratio * prior
    corrected /= corrected.sum(axis=1, keepdims=True)
    return Em(prior, corrected, np.array(course), moved <= tolerance)


def _log_density(chance: Floats, prior: Floats, extra: Floats) -> float:
    told = extra > 0  # 0 log 0 = 0
    return float(np.log(chance).sum() + (extra[told] * np.log(prior[told])).sum())
