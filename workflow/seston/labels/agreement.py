"""What several people say of the same image: shares, agreement, and what is most likely true.

Throughout, *said* (n, A) has the class that each of A annotators gave to each of n images, by
number, and -1 where one gave none.
"""

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.special import log_softmax

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

#: How many images of a class the confusions of all annotators count for beside one's own.
SHARED = 1.0
_TRACE = 1e-9  # a confusion that never happened, so that it has a logarithm


def vote_counts(said: npt.NDArray[np.integer], classes: int) -> Integers:
    """Return how many annotators gave each class to each image (n, K)."""
    image, _ = np.nonzero(said >= 0)
    cells = image * classes + said[said >= 0]
    return np.bincount(cells, minlength=len(said) * classes).reshape(len(said), classes)


def vote_shares(said: npt.NDArray[np.integer], classes: int) -> Floats:
    """Return the share of the annotators that gave each class to each image (n, K).

    Rows sum to 1; an image that nobody labelled has a row of zeros.
    """
    counts = vote_counts(said, classes)
    return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)


def weighted_accuracy(votes: npt.NDArray, predicted: npt.NDArray[np.integer]) -> float:
    r"""Return the accuracy of Schanz et al. (2023), for comparison with theirs.

    Parameters
    ----------
    votes : ndarray, shape (n, K)
        Shares, no row all 0.
    predicted : ndarray of int, shape (n,)

    Returns
    -------
    float
        Mean of :math:`v_{\hat y} / \max_k v_k`: 1 for the class of most votes, whether all or only
        a third of the annotators gave it. Held against confidences, it makes a classifier that
        knows the shares exactly look unsure of itself, and favours false confidence: calibrate
        by `expected_agreement`.
    """
    return float((_own(votes, predicted) / votes.max(axis=1)).mean())


def expected_agreement(votes: npt.NDArray, predicted: npt.NDArray[np.integer]) -> float:
    """Return the chance that an annotator drawn at random says what was predicted.

    Parameters
    ----------
    votes : ndarray, shape (n, K)
    predicted : ndarray of int, shape (n,)
    """
    return float(_own(votes, predicted).mean())


def any_annotator(said: npt.NDArray[np.integer], predicted: npt.NDArray[np.integer]) -> float:
    """Return the share of the images for which at least one annotator says what was predicted."""
    return float((said == predicted[:, None]).any(axis=1).mean())


def fleiss_kappa(said: npt.NDArray[np.integer], classes: int) -> float:
    """Return how far annotators agree beyond chance: 1 always, 0 as by chance.

    Fleiss (1971), Psychological Bulletin 76:378, over the images with two labels or more; each
    image counts the same. NaN without such images, or where all labels are of one class.
    """
    counts = vote_counts(said, classes).astype(np.float64)
    counts = counts[counts.sum(axis=1) >= 2]
    if not len(counts):
        return float("nan")
    raters = counts.sum(axis=1)
    agreed = ((counts * (counts - 1)).sum(axis=1) / (raters * (raters - 1))).mean()
    share = counts.sum(axis=0) / counts.sum()
    return _beyond(float(agreed), float(share @ share))


def krippendorff_alpha(said: npt.NDArray[np.integer], classes: int) -> float:
    """Return Krippendorff's alpha for nominal data: 1 always agreed, 0 as by chance.

    Krippendorff (2004), Content Analysis, chapter 11. Unlike `fleiss_kappa` it takes chance as
    drawing without return, so that it is fair to a few images, and pairs of labels count the same.
    NaN without images of two labels, or where all labels are of one class.
    """
    counts = vote_counts(said, classes).astype(np.float64)
    counts = counts[counts.sum(axis=1) >= 2]
    if not len(counts):
        return float("nan")
    total = counts.sum()
    agreed = ((counts * (counts - 1)).sum(axis=1) / (counts.sum(axis=1) - 1)).sum() / total
    of_class = counts.sum(axis=0)
    chance = (of_class * (of_class - 1)).sum() / (total * (total - 1))
    return _beyond(float(agreed), float(chance))


def dawid_skene(
    said: npt.NDArray[np.integer], classes: int, *, tolerance: float = 1e-6, most: int = 500
) -> Floats:
    r"""Return how likely each class is the true one of each image, by who said what.

    Parameters
    ----------
    said : ndarray of int, shape (n, A)
    classes : int
        K.
    tolerance : float
        The search ends when no probability moves by more.
    most : int
        Steps at most.

    Returns
    -------
    ndarray of float64, shape (n, K)
        Rows sum to 1.

    Notes
    -----
    Dawid & Skene (1979), Applied Statistics 28:20: each annotator *a* takes class *j* for *l* with
    the probability :math:`c_{ajl}`; expectation maximisation, from the vote shares, finds these,
    the frequencies of the classes and the probabilities of each image. Each row of a matrix has
    the mean row of all annotators added, as if it were `SHARED` images more, so that somebody
    who labelled a few images is taken to be like the others.
    """
    seen = [np.flatnonzero(given >= 0) for given in said.T]
    labels = [
        csr_array((np.ones(len(rows)), (rows, given[rows])), (len(said), classes))
        for rows, given in zip(seen, said.T, strict=True)
    ]
    truth = vote_shares(said, classes)
    truth[truth.sum(axis=1) == 0] = 1 / classes
    for _ in range(most):
        before = truth
        counts = [(label.T @ before).T for label in labels]  # true class, said class
        together = sum(counts, np.full((classes, classes), _TRACE))
        mean = together / together.sum(axis=1, keepdims=True)
        log_truth = np.log(np.maximum(before.mean(axis=0), _TRACE)) + np.zeros_like(before)
        for label, own in zip(labels, counts, strict=True):
            confused = own + SHARED * mean
            confused /= confused.sum(axis=1, keepdims=True)
            log_truth += label @ np.log(confused).T
        truth = np.exp(log_softmax(log_truth, axis=1))
        if np.abs(truth - before).max() <= tolerance:
            break
    return truth


def _own(votes: npt.NDArray, predicted: npt.NDArray[np.integer]) -> npt.NDArray:
    return votes[np.arange(len(votes)), predicted]


def _beyond(agreed: float, chance: float) -> float:
    return (agreed - chance) / (1 - chance) if chance < 1 else float("nan")
