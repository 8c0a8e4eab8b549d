"""How well clusters that were found without labels agree with labels."""

import numpy as np
import numpy.typing as npt
from sklearn.cluster import KMeans
from sklearn.metrics import (
    adjusted_mutual_info_score,
    adjusted_rand_score,
    normalized_mutual_info_score,
)
from sklearn.metrics.cluster import contingency_matrix

MEASURES = ("nmi", "ami", "ari", "purity")
SEEDS = 3


def purity(labels: npt.NDArray[np.integer], clusters: npt.NDArray[np.integer]) -> float:
    """Return the share of organisms whose label is the commonest one in their cluster."""
    return float(contingency_matrix(labels, clusters).max(axis=0).sum() / len(labels))


def agreement(
    labels: npt.NDArray[np.integer], clusters: npt.NDArray[np.integer]
) -> tuple[float, float, float, float]:
    """Return NMI (arithmetic mean), AMI, ARI and purity; the first three do not care for names."""
    return (
        float(normalized_mutual_info_score(labels, clusters)),
        float(adjusted_mutual_info_score(labels, clusters)),
        float(adjusted_rand_score(labels, clusters)),
        purity(labels, clusters),
    )


def kmeans_agreement(
    rows: npt.NDArray[np.float32], labels: npt.NDArray[np.int64], seed: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Cluster into as many clusters as there are classes, and compare.

    Parameters
    ----------
    rows : ndarray of float32, shape (n, d)
        As they are, with their lengths: so the workflow clusters them too.
    labels : ndarray of int64, shape (n,)
    seed : int

    Returns
    -------
    found, by_chance : ndarray of float64, shape (SEEDS, 4)
        `MEASURES` for each of several starts, and after shuffling the labels: more than
        nothing, since purity and NMI grow with the number of clusters.
    """
    rng = np.random.default_rng([seed, 11])
    found, by_chance = [], []
    for start in range(SEEDS):
        classes = len(np.unique(labels))
        means = KMeans(classes, n_init=1, random_state=(seed + start) % 2**32).fit(rows)
        found.append(agreement(labels, means.labels_))
        by_chance.append(agreement(rng.permutation(labels), means.labels_))
    return np.array(found), np.array(by_chance)
