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
    n = len(cluster)
    if not n:
        return np.empty(0, np.float32)
    order = np.lexsort((distance, cluster))
    of, far = cluster[order], distance[order]
    new_cluster = np.r_[True, of[1:] != of[:-1]]
    new_value = new_cluster | np.r_[True, far[1:] != far[:-1]]
    first, size = _runs(new_cluster)
    tied_first, tied = _runs(new_value)
    rank = tied_first - first + (tied - 1) / 2  # images nearer, ties counted half
    with np.errstate(invalid="ignore"):
        found = np.where(size > 1, 100 * rank / (size - 1), 50.0)
    percentile = np.empty(n, np.float32)
    percentile[order] = found
    return percentile


def _runs(starts: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return, for each place, the first place of its run and the run's length."""
    first = np.flatnonzero(starts)
    length = np.diff(np.r_[first, len(starts)])
    return np.repeat(first, length), np.repeat(length, length)
