"""How many images are of each class: four ways, by what they take for granted.

``count`` takes each image for its likeliest class, and ``probabilistic`` adds up probabilities:
both take the classes to be as frequent as among the labelled images, and lean towards that where
they are not. ``pacc`` undoes what is known to be taken for what, and ``em`` finds the frequencies
under which the posteriors are most likely: both take only the looks of each class to be the same
as among the labelled images.
"""

from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from scipy.optimize import nnls

from seston.classify.prior import shift
from seston.classify.quantifier import Floats, Quantifier

Method = Literal["em", "pacc", "probabilistic", "count"]

_SUM = 1e3  # weight of the condition that shares sum to 1


def classify_and_count(posterior: npt.NDArray) -> Floats:
    """Return the share of images of which each class is the likeliest (K,)."""
    classes = posterior.shape[1]
    return np.bincount(posterior.argmax(axis=1), minlength=classes) / max(len(posterior), 1)


def probabilistic(posterior: npt.NDArray) -> Floats:
    """Return the mean posterior (K,) (Bella et al. 2010, ICDM)."""
    return posterior.mean(axis=0)


def adjusted(mean: npt.NDArray, transfer: npt.NDArray) -> Floats:
    """Return the frequencies (K,) that explain a mean posterior best (PACC).

    Parameters
    ----------
    mean : ndarray, shape (K,)
        Mean posterior of the images.
    transfer : ndarray, shape (K, K)
        Mean posterior of each class (rows) over held-out images of each class (columns).

    Returns
    -------
    ndarray, shape (K,)
        Of least squared distance of ``transfer @ frequencies`` from `mean`, none below 0, sum 1
        (Bella et al. 2010, ICDM; on the simplex as Bunse 2022, LQ workshop).
    """
    rows = np.vstack([transfer, np.full(len(mean), _SUM)])
    found, _ = nnls(rows, np.append(mean, _SUM))
    return found / found.sum()


def expectation_maximisation(posterior: npt.NDArray, source: npt.NDArray) -> Floats:
    """Return the frequencies (K,) of greatest likelihood: where `seston.classify.prior.em` ends."""
    return most_likely(posterior / source, np.ones(len(posterior)), source)


def estimate(method: Method, logits: npt.NDArray, quantifier: Quantifier) -> Floats:
    """Return the share of each class among n images.

    Parameters
    ----------
    method : {"em", "pacc", "probabilistic", "count"}
    logits : ndarray, shape (n, K)
        Or log-probabilities before calibration; n at least 1.
    quantifier : Quantifier

    Returns
    -------
    ndarray, shape (K,)
        Sums to 1.
    """
    posterior = quantifier.posterior(logits)
    if method == "em":
        return expectation_maximisation(posterior, quantifier.source)
    if method == "pacc":
        return adjusted(posterior.mean(axis=0), quantifier.transfer)
    corrected = under(posterior, quantifier.source, quantifier.prior)
    if method == "probabilistic":
        return probabilistic(corrected)
    if method == "count":
        return classify_and_count(corrected)
    raise ValueError(f"no method {method!r}; there are {', '.join(get_args(Method))}")


def unbounded(mean: npt.NDArray, transfer: npt.NDArray) -> Floats:
    """Return frequencies that may be below 0; directions of which next to nothing is seen are 0."""
    return np.linalg.lstsq(transfer, mean, rcond=1e-3)[0]


def most_likely(ratio: npt.NDArray, weights: npt.NDArray, start: npt.NDArray) -> Floats:
    r"""Return the frequencies of greatest likelihood, as `seston.classify.prior.em` in fewer steps.

    Parameters
    ----------
    ratio : ndarray, shape (n, K)
        Posteriors over the prior they were learned under.
    weights : ndarray, shape (n,)
        How often each image counts.
    start : ndarray, shape (K,)
        Where the search starts; above 0.

    Notes
    -----
    The maximum of :math:`\sum_i w_i \log \sum_k \pi_k r_{ik}` on the simplex is that of the same
    less :math:`\sum w \sum_k \pi_k` where no :math:`\pi_k` is below 0. Each round goes to the
    maximum there of its second-order expansion, or part of the way (Kim, Carbonetto, Stephens &
    Anitescu 2020, J. Comput. Graph. Stat. 29:261): some six rounds instead of hundreds.
    """
    total = weights.sum()
    prior = start / start.sum()
    # Plain steps of EM first: from where a common class seemed a millionth, others lead nowhere.
    for _ in range(3):
        prior = prior * (weights @ (ratio / (ratio @ prior)[:, None])) / total
    for _ in range(100):
        slopes = ratio / (ratio @ prior)[:, None]
        slope = weights @ slopes
        bend = slopes.T @ (weights[:, None] * slopes)
        # For classes that no image can be of, and for those of a few images that can be of nothing
        # else: slopes are then as steep as such a class seemed rare, and rounding grows with them.
        bend[np.diag_indices_from(bend)] += 1e-9 * total + 1e-12 * bend.diagonal().max()
        root = np.linalg.cholesky(bend)
        target, _ = nnls(root.T, np.linalg.solve(root, 2 * slope - total))
        way = target - prior
        gain = (slope - total) @ way
        if gain <= 1e-12 * total:
            break
        length = 1.0
        before = weights @ np.log(ratio @ prior) - total * prior.sum()
        while length > 1e-6:
            tried = prior + length * way
            with np.errstate(divide="ignore"):
                after = weights @ np.log(ratio @ tried) - total * tried.sum()
            if after >= before + 0.1 * length * gain:
                break
            length /= 2
        prior = tried
    return prior / prior.sum()


def under(posterior: npt.NDArray, source: npt.NDArray, target: npt.NDArray) -> Floats:
    """Return posteriors (n, K), some of them perhaps 0, under another prior."""
    with np.errstate(divide="ignore"):
        return np.exp(shift(np.log(posterior), source, target))
