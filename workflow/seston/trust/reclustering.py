"""The stability of clusters, where the images at hand are those that were clustered."""

import logging
from typing import Any

import numpy as np
import numpy.typing as npt

from seston.cluster.balance import image_weights
from seston.cluster.points import Points
from seston.cluster.stability import cluster_stability

log = logging.getLogger("seston")

RECLUSTERED = 20_000  # images that are drawn and clustered again
ITERATIONS = 10  # of each reclustering
OTHERS = (
    "The clusters were found in other images than these (those of an earlier run): clustering"
    " these again would tell how the water has changed, not whether to rely on the clusters."
)


def stability(
    points: Points, facts: dict, centroids: npt.NDArray[np.float32], bootstraps: int, seed: int
) -> tuple[npt.NDArray[np.float64], dict[str, Any]]:
    """Cluster images again and again, as they were clustered, if they were.

    Parameters
    ----------
    points : Points
    facts : dict
        The report of k-means: `shards` with their images, `balance`, `spherical`.
    centroids : ndarray of float32, shape (k, D)
    bootstraps : int
        Reclusterings.
    seed : int

    Returns
    -------
    jaccard : ndarray of float64, shape (3, k)
        Mean, low and high (see `cluster_stability`); NaN where the images are others.
    told : dict
        Images and reclusterings (0 if there were none), and why there were none.
    """
    k = len(centroids)
    if facts["shards"] != dict(zip(points.names, points.counts, strict=True)):
        log.info("trust: no stability. %s", OTHERS)
        nothing = {"stability_of": 0, "stability_why": OTHERS, "bootstraps": 0}
        return np.full((3, k), np.nan), nothing
    log.info("trust: %d reclusterings", bootstraps)
    drawn = points.draw(RECLUSTERED, np.random.default_rng([seed, 37]))
    weights = image_weights(points, facts["balance"], k, np.random.default_rng([seed, 43]))
    mean, low, high, _ = cluster_stability(
        points.take(drawn),
        centroids,
        bootstraps,
        ITERATIONS,
        bool(facts["spherical"]),
        seed,
        None if weights is None else weights[drawn],
    )
    told = {"stability_of": len(drawn), "stability_why": "", "bootstraps": bootstraps}
    return np.stack([mean, low, high]), told
