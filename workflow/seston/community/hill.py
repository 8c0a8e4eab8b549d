"""Hill numbers of one sample, brought to fewer images or to a lower coverage.

A Hill number is the number of equally common classes that would be as diverse: of order 0 all
classes count alike, of order 1 by their share (the exponential of Shannon's entropy), of order 2
the common ones count most (the inverse of Simpson's index). Each grows with the images looked at,
so samples are compared at an equal number of images, or at an equal coverage: the share of the
organisms in the water that belong to classes found.

scikit-bio has Hill numbers of a sample as it is (the tests hold to them), but none at fewer images
and no coverage but Good's.

References
----------
Hurlbert, S. H. (1971). The nonconcept of species diversity. Ecology 52, 577-586.
Chao, A. & Jost, L. (2012). Coverage-based rarefaction and extrapolation. Ecology 93, 2533-2547.
Chao, A. et al. (2014). Rarefaction and extrapolation with Hill numbers. Ecol. Monogr. 84, 45-67.
"""

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln, xlogy

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

ORDERS = (0, 1, 2)


def rarefied(counts: Integers, images: int) -> Floats:
    r"""Return the Hill numbers of order 0, 1 and 2 expected of so many images of a sample.

    Parameters
    ----------
    counts : ndarray of int64, shape (K,)
        Images of each class in the sample.
    images : int
        Images drawn from it without return; from 1 to all.

    Returns
    -------
    ndarray of float64, shape (3,)

    Raises
    ------
    ValueError
        If the sample has fewer images.

    Notes
    -----
    Exact, nothing is drawn. With n images in the sample, X_i of class i, and K_i hypergeometric
    (n, X_i, m): order 0 is :math:`\sum_i P(K_i > 0)` (Hurlbert 1971), order 1 the exponential of
    :math:`-\sum_i E[K_i/m \log(K_i/m)]`, order 2 one over :math:`\sum_i E[(K_i/m)^2]` (Chao et
    al. 2014, eq. 5 with the expected frequency counts of eq. 4).
    """
    n = int(counts.sum())
    if not 1 <= images <= n:
        raise ValueError(f"{images} images of a sample of {n}")
    held, times = np.unique(counts[counts > 0], return_counts=True)
    found = (times * -np.expm1(_log_missed(held, n, images))).sum()
    pairs = (held * (held - 1.0) * times).sum() / max(n * (n - 1.0), 1.0)
    simpson = 1 / images + (images - 1) / images * pairs
    entropy = sum(t * _entropy(int(x), n, images) for x, t in zip(held, times, strict=True))
    return np.array([found, np.exp(entropy), 1 / simpson])


def coverage(counts: Integers, images: int | None = None) -> float:
    """Return the estimated coverage of a sample, or of so many of its images.

    Parameters
    ----------
    counts : ndarray of int64, shape (K,)
    images : int, optional
        From 0 to all; all by default.

    Returns
    -------
    float
        NaN for a sample without images.

    Notes
    -----
    Chao & Jost (2012), eq. 4a, for the whole sample (with the usual bias-corrected form where no
    class was seen twice), and for a part of it the expected coverage, eq. 4b.
    """
    n = int(counts.sum())
    images = n if images is None else images
    if not 0 <= images <= n:
        raise ValueError(f"{images} images of a sample of {n}")
    if n == 0:
        return float("nan")
    if images < n:
        held, times = np.unique(counts[counts > 0], return_counts=True)
        missed = _log_missed(held - 1, n - 1, images)  # of all but the next image
        return float(1 - (times * held / n * np.exp(missed)).sum())
    once, twice = int((counts == 1).sum()), int((counts == 2).sum())
    if not once:
        return 1.0
    # Pairs of classes seen once stand for those seen twice where there are none.
    many = (n - 1) * (once if twice else once - 1)
    return 1 - once / n * many / (many + (2 * twice or 2))


def images_for(counts: Integers, wanted: float) -> float:
    """Return how many images of a sample have a coverage; between two numbers, interpolated.

    Parameters
    ----------
    counts : ndarray of int64, shape (K,)
    wanted : float
        From 0 to the coverage of the sample.

    Returns
    -------
    float
        At least 1, because nothing is known of no image.

    Raises
    ------
    ValueError
        If the sample's coverage is lower.
    """
    few, many = 0, int(counts.sum())
    ends = 0.0, coverage(counts)
    if not wanted <= ends[1]:
        raise ValueError(f"a coverage of {wanted} of a sample that has {ends[1]}")
    while many - few > 1:
        middle = (few + many) // 2
        reached = coverage(counts, middle)
        if reached < wanted:
            few, ends = middle, (reached, ends[1])
        else:
            many, ends = middle, (ends[0], reached)
    return max(few + (wanted - ends[0]) / (ends[1] - ends[0]), 1.0)


def at_coverage(counts: Integers, wanted: float) -> Floats:
    """Return the Hill numbers of order 0, 1 and 2 at a coverage, (3,); see `images_for`."""
    images = images_for(counts, wanted)
    whole = int(images)
    less = rarefied(counts, whole)
    if images == whole:
        return less
    return less + (images - whole) * (rarefied(counts, whole + 1) - less)


def _log_missed(held: Integers, n: int, images: int) -> Floats:
    """Return the log of the chance that none of `images` of n is one of the held."""
    rest = n - held - images
    with np.errstate(invalid="ignore"):
        log = gammaln(n - held + 1.0) + gammaln(n - images + 1.0) - gammaln(n + 1.0)
        log -= gammaln(np.maximum(rest, 0) + 1.0)
    return np.where(rest < 0, -np.inf, log)


def _entropy(held: int, n: int, images: int) -> float:
    """Return what a class with `held` of n images adds to the expected entropy of some of them."""
    drawn = np.arange(max(1, images - (n - held)), min(held, images) + 1)
    chance = np.exp(
        _log_choose(held, drawn) + _log_choose(n - held, images - drawn) - _log_choose(n, images)
    )
    share = drawn / images
    return float(-(chance * xlogy(share, share)).sum())


def _log_choose(n: int, k: npt.ArrayLike) -> Floats:
    k = np.asarray(k, float)
    return gammaln(n + 1.0) - gammaln(k + 1) - gammaln(n - k + 1)
