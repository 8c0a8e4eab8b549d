"""How well clusters stand apart, asked of some images and answered by all of a sample."""

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

Floats = npt.NDArray[np.float64]


def silhouettes(
    distances: npt.NDArray[np.float32],
    asked: npt.NDArray[np.int64],
    labels: npt.NDArray[np.int64],
    clusters: int,
) -> Floats:
    """Return the silhouette of some images of a clustered sample.

    Parameters
    ----------
    distances : ndarray of float32, shape (q, m)
        From the images asked to all of the sample; fastest if its transpose is contiguous.
    asked : ndarray of int64, shape (q,)
        Their rows in the sample.
    labels : ndarray of int64, shape (m,)
        The cluster of each image of the sample.
    clusters : int
        How many there are, with or without images.

    Returns
    -------
    ndarray of float64, shape (q,)
        :math:`(b - a) / max(a, b)`: *a* is the mean distance to the others of the own cluster,
        *b* the least mean distance to another one (Rousseeuw 1987). 0 for an image alone in its
        cluster; NaN if there is no other cluster.
    """
    sizes = np.bincount(labels, minlength=clusters)
    each = np.ones(len(labels), np.float32), labels, np.arange(len(labels) + 1)
    sums = (csr_array(each, (len(labels), clusters)).T @ distances.T).T
    own, rows = labels[asked], np.arange(len(asked))
    within = sums[rows, own] / np.maximum(sizes[own] - 1, 1)
    means = np.where(sizes > 0, sums / np.maximum(sizes, 1), np.inf)
    means[rows, own] = np.inf
    beyond = means.min(axis=1)
    if (sizes > 0).sum() < 2:
        return np.full(len(asked), np.nan)
    larger = np.maximum(within, beyond)
    found = (beyond - within) / np.where(larger > 0, larger, 1)
    return np.where(sizes[own] > 1, found, 0.0)
