"""How odd an image is within its own cluster: the percentile of its distance."""

import numpy as np
import numpy.typing as npt


def distance_percentile(
    cluster: npt.NDArray[np.integer], distance: npt.NDArray[np.floating]
) -> npt.NDArray[np.float32]:
    """Return the percentile of each image's distance to the centroid, within its cluster.

    The share of the cluster's other images that lie nearer, in percent; of images at the same
    distance, half count as nearer (so ties share the mean of their percentiles).

    Parameters
    ----------
    cluster : ndarray of int, shape (n,)
    distance : ndarray of float, shape (n,)
        To the image's own centroid; finite.

    Returns
    -------
    ndarray of float32, shape (n,)
        From 0 (nearest to the centroid) to 100 (farthest); 50 for the only image of a cluster.
    """
    percentile = np.empty(len(cluster), np.float32)
    order = np.lexsort((distance, cluster))
    starts = np.flatnonzero(np.diff(cluster[order])) + 1
    for members in np.split(order, starts) if len(order) else []:
        _, tied_with, tied = np.unique(distance[members], return_inverse=True, return_counts=True)
        rank = np.cumsum(tied) - tied + (tied - 1) / 2  # images nearer, ties counted half
        others = len(members) - 1
        percentile[members] = 100 * rank[tied_with] / others if others else 50.0
    return percentile
