"""Ward's tree of clusters that hold different numbers of images.

scipy and scikit-learn take each point to weigh one; centroids of k-means weigh what their
clusters hold, and a small cluster joins a large one at a lower cost than two large ones do.
"""

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import pdist, squareform

Floats = npt.NDArray[np.float64]
_NEXT_TO_NOTHING = 1e-9  # images that an empty cluster counts as


def ward(centroids: npt.NDArray[np.floating], sizes: npt.NDArray[np.int64]) -> Floats:
    r"""Join clusters two by two, each time where the mean squared distance grows the least.

    Parameters
    ----------
    centroids : ndarray of float, shape (k, P)
    sizes : ndarray of int64, shape (k,)
        Images of each cluster. Empty ones join what is near, first and at a height of nearly 0.

    Returns
    -------
    ndarray of float64, shape (k - 1, 4)
        As scipy's linkage matrix: the two joined (0 to k - 1 are the clusters, k + i what
        row i made), the height, and how many clusters that makes one, by ascending height.
        The square of a height is what the join adds to the mean squared distance of all images
        to their centroid; all squares together are the mean squared distance between centroids
        and the mean of all images.

    Notes
    -----
    Joining *a* and *b*, with shares :math:`w` of the images, adds
    :math:`\frac{w_a w_b}{w_a + w_b} |c_a - c_b|^2` (Ward 1963). These costs follow the recurrence
    of Lance and Williams whatever the weights; chains of nearest neighbours (Murtagh 1983) find
    all joins in time and memory of order k².
    """
    k = len(centroids)
    weights = np.maximum(sizes, _NEXT_TO_NOTHING) / max(sizes.sum(), _NEXT_TO_NOTHING)
    costs = squareform(pdist(centroids.astype(np.float64), "sqeuclidean"))
    for cluster, weight in enumerate(weights):
        costs[cluster] *= weight * weights / (weight + weights)
    np.fill_diagonal(costs, np.inf)
    joins = np.empty((k - 1, 3))
    chain: list[int] = []
    for row in range(k - 1):
        if not chain:
            chain = [int(np.flatnonzero(weights)[0])]
        while True:
            tip = chain[-1]
            near = int(costs[tip].argmin())
            # Of equal costs the one we came from, or the chain would run in circles.
            if len(chain) > 1 and costs[tip, chain[-2]] <= costs[tip, near]:
                break
            chain.append(near)
        into, gone = chain.pop(), chain.pop()
        joins[row] = into, gone, costs[into, gone]
        _join(costs, weights, into, gone)
    return _numbered(joins)


def _join(costs: Floats, weights: Floats, into: int, gone: int) -> None:
    """Let one cluster take another in: what it costs to join it with any third from now on."""
    a, b, both = weights[into], weights[gone], costs[into, gone]
    thirds = np.flatnonzero(weights)
    thirds = thirds[(thirds != into) & (thirds != gone)]
    c = weights[thirds]
    new = ((a + c) * costs[into, thirds] + (b + c) * costs[gone, thirds] - c * both) / (a + b + c)
    costs[into, thirds] = costs[thirds, into] = new
    costs[gone], costs[:, gone] = np.inf, np.inf
    weights[into], weights[gone] = a + b, 0.0


def _numbered(joins: Floats) -> Floats:
    """Order joins of rows (row, row, cost) by cost and number what they make."""
    k = len(joins) + 1
    joins = joins[np.argsort(joins[:, 2], kind="stable")]
    merges = np.empty((k - 1, 4))
    top = np.arange(2 * k - 1)  # of a node, one that took it in: paths to the root
    clusters = np.ones(2 * k - 1)
    for row, (one, other, cost) in enumerate(joins):
        left, right = sorted((_root(top, int(one)), _root(top, int(other))))
        top[[left, right]] = k + row
        clusters[k + row] = clusters[left] + clusters[right]
        merges[row] = left, right, np.sqrt(max(cost, 0.0)), clusters[k + row]
    return merges


def _root(top: npt.NDArray[np.int64], node: int) -> int:
    while top[node] != node:
        top[node] = top[top[node]]
        node = int(top[node])
    return node


def images_of(merges: Floats, sizes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the images of every node: the k clusters, then what each row made."""
    images = np.append(sizes, np.zeros(len(merges), np.int64))
    for row, (left, right) in enumerate(merges[:, :2].astype(np.int64)):
        images[len(sizes) + row] = images[left] + images[right]
    return images


def cut(merges: Floats, sizes: npt.NDArray[np.int64], groups: int) -> npt.NDArray[np.int64]:
    """Return the group of each cluster (k,) where the tree has this many; 0 holds most images."""
    k = len(sizes)
    top = np.arange(2 * k - 1)
    for row, pair in enumerate(merges[: k - groups, :2].astype(np.int64)):
        top[pair] = k + row
    roots = np.array([_root(top, cluster) for cluster in range(k)])
    _, found = np.unique(roots, return_inverse=True)
    largest_first = np.argsort(-np.bincount(found, sizes), kind="stable")
    return np.argsort(largest_first)[found]
