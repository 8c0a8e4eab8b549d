"""So many images of each cluster, few enough to be held in memory together."""

import numpy as np
import numpy.typing as npt

BYTES = 2**27  # of the rows of all clusters together


def per_cluster(at_most: int, k: int, dim: int) -> int:
    """Return how many images of each of k clusters may be held, at least 1, at most `at_most`."""
    return max(1, min(at_most, BYTES // (4 * dim * k)))


def draw_each(
    cluster: npt.NDArray[np.integer], at_most: int, seed: int | list[int]
) -> npt.NDArray[np.int64]:
    """Draw at most so many images of each cluster.

    Parameters
    ----------
    cluster : ndarray of int, shape (n,)
        Of images in the order of their ids, so that other shards give the same draw.
    at_most : int
        Images of a cluster.
    seed : int or list of int

    Returns
    -------
    ndarray of int64
        Places in `cluster`, ascending.
    """
    order = np.random.default_rng(seed).permutation(len(cluster))
    by_cluster = order[np.argsort(cluster[order], kind="stable")]
    _, first, sizes = np.unique(cluster[by_cluster], return_index=True, return_counts=True)
    rank = np.arange(len(cluster)) - np.repeat(first, sizes)
    return np.sort(by_cluster[rank < at_most])
