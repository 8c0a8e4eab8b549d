"""Whether clusters come back when other images are drawn from the same water."""

from itertools import combinations

import numpy as np
import numpy.typing as npt
from scipy import stats
from sklearn.metrics import adjusted_rand_score

from seston.cluster.nearest import Nearest
from seston.cluster.train import train

Floats = npt.NDArray[np.float64]
CONFIDENCE = 0.95


def cluster_stability(
    sample: npt.NDArray[np.float32],
    centroids: npt.NDArray[np.float32],
    bootstraps: int,
    iterations: int,
    spherical: bool,
    seed: int,
    weights: npt.NDArray[np.float32] | None = None,
) -> tuple[Floats, Floats, Floats, npt.NDArray[np.int64]]:
    """Return how well each cluster of a clustering is found again in bootstrap samples.

    Each bootstrap draws as many images as the sample has, with return, and clusters them
    anew, from new first centroids. Of the images drawn, those of a cluster are compared with
    the cluster found that resembles them most, by Jaccard's index: images in both over images
    in either, each image counted once. Hennig takes a mean below 0.6 for no cluster to rely
    on and from 0.75 on for a valid one.

    Parameters
    ----------
    sample : ndarray of float32, shape (m, P)
        Images drawn from all that were clustered, as they were clustered (unit vectors
        if spherical). The fewer, the less stable clusters look.
    centroids : ndarray of float32, shape (k, P)
        The clustering in question.
    bootstraps : int
        Reclusterings.
    iterations : int
        Lloyd iterations of each.
    spherical : bool
        Keep centroids at length 1.
    seed : int
    weights : ndarray of float32, shape (m,), optional
        How much each image counts in the clustering in question; so it does in the others.

    Returns
    -------
    mean, low, high : ndarray of float64, shape (k,)
        Jaccard's index and the 95 % interval of its mean over bootstraps (Student's t,
        kept within 0 and 1). NaN where no bootstrap had an image of the cluster; the
        interval also where only one had.
    in_how_many : ndarray of int64, shape (k,)
        Bootstraps with an image of the cluster.

    Notes
    -----
    Hennig, C. (2007). Cluster-wise assessment of cluster stability. Computational
    Statistics & Data Analysis 52, 258-271.
    """
    own = Nearest(centroids).one(sample)[0]
    rng = np.random.default_rng([seed, 2007])
    found = np.empty((bootstraps, len(centroids)))
    for row in found:
        drawn = rng.integers(len(sample), size=len(sample))
        once = np.unique(drawn)
        k = min(len(centroids), len(once))
        rows = sample[drawn if weights is None else by_weight(drawn, weights, rng)]
        again, _ = train(rows, k, iterations, spherical, int(rng.integers(2**31)))
        found_again = Nearest(again).one(sample[once])[0]
        row[:] = best_match(own[once], found_again, len(centroids))
    return *interval_of_mean(found), np.isfinite(found).sum(axis=0)


def by_weight(
    drawn: npt.NDArray[np.int64],
    weights: npt.NDArray[np.float32],
    generator: np.random.Generator,
) -> npt.NDArray[np.int64]:
    """Return as many images, each of those drawn as often as its weight says, rounded up or down.

    Systematic sampling, as k-means draws its own sample (`balance.draw_by_weight`).

    Parameters
    ----------
    drawn : ndarray of int64, shape (d,)
        Rows of a sample, with or without repetition.
    weights : ndarray of float32, shape (m,)
        Of all rows of the sample.
    generator : numpy.random.Generator
    """
    cumulated = np.cumsum(weights[drawn], dtype=np.float64)
    steps = (generator.random() + np.arange(len(drawn))) * (cumulated[-1] / len(drawn))
    return drawn[np.minimum(np.searchsorted(cumulated, steps, side="right"), len(drawn) - 1)]


def best_match(
    labels: npt.NDArray[np.int64], others: npt.NDArray[np.int64], clusters: int
) -> Floats:
    """Return the greatest Jaccard index of each cluster with any of another clustering.

    Parameters
    ----------
    labels, others : ndarray of int64, shape (n,)
        The two clusterings of the same images, from 0 on.
    clusters : int
        How many the first has, with or without images.

    Returns
    -------
    ndarray of float64, shape (clusters,)
        NaN for a cluster without images.
    """
    if not len(labels):
        return np.full(clusters, np.nan)
    pairs, both = np.unique(np.stack([labels, others]), axis=1, return_counts=True)
    sizes, other_sizes = np.bincount(labels, minlength=clusters), np.bincount(others)
    either = sizes[pairs[0]] + other_sizes[pairs[1]] - both
    best = np.where(sizes > 0, 0.0, np.nan)
    np.fmax.at(best, pairs[0], both / either)
    return best


def interval_of_mean(values: Floats) -> tuple[Floats, Floats, Floats]:
    """Return mean and 95 % interval over the rows (B, k), as far as they are not NaN.

    Student's t, kept within 0 and 1; NaN where fewer than two values say how they scatter.
    """
    count = np.isfinite(values).sum(axis=0)
    some, several = np.maximum(count, 1), np.maximum(count - 1, 1)
    mean = np.where(count > 0, np.nansum(values, axis=0) / some, np.nan)
    spread = np.sqrt(np.nansum((values - mean) ** 2, axis=0) / several)
    half = stats.t.ppf((1 + CONFIDENCE) / 2, several) * spread / np.sqrt(some)
    half = np.where(count > 1, half, np.nan)
    return mean, np.clip(mean - half, 0, 1), np.clip(mean + half, 0, 1)


def agreement(clusterings: list[npt.NDArray[np.int64]]) -> tuple[float, float, float]:
    """Return how far clusterings of the same images agree: mean over all pairs, and interval.

    Parameters
    ----------
    clusterings : list of B ndarray of int64, shape (n,)

    Returns
    -------
    mean, low, high : float
        Adjusted Rand index (1 = the same, 0 = as by chance) and its 95 % interval, from the
        jackknife over clusterings, since pairs that share one are not independent. The
        interval is NaN for fewer than three, all are for fewer than two.

    Notes
    -----
    Of bootstrap samples this is the stability of Fang & Wang (2012), Computational Statistics &
    Data Analysis 56, 468-477, by an index that allows for chance.
    """
    count = len(clusterings)
    if count < 2:
        return np.nan, np.nan, np.nan
    pairs = np.zeros((count, count))
    for one, other in combinations(range(count), 2):
        pairs[one, other] = adjusted_rand_score(clusterings[one], clusterings[other])
    mean = float(pairs.sum() / (count * (count - 1) / 2))
    if count < 3:
        return mean, np.nan, np.nan
    without = pairs.sum() - pairs.sum(axis=0) - pairs.sum(axis=1)
    without /= (count - 1) * (count - 2) / 2
    error = np.sqrt((count - 1) * np.var(without))
    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, count - 1)) * error
    return mean, float(np.clip(mean - half, -1, 1)), float(np.clip(mean + half, -1, 1))
