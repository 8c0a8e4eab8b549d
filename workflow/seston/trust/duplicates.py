"""Images with an almost identical twin: a particle stuck in the cell, an organism taken twice.

Embeddings cannot prove that two images show one thing; they tell how nearly alike they are. The
threshold comes from the noise of a camera: the same tile again with noise of 2 grey levels
lies at 0.13 to 0.23 (median) of the root mean square distance within clusters from itself,
moved by a pixel at 0.2 to 0.45, and only 1 % of a lake's or a FlowCam's images have any other
image within 0.2 to 0.23 (median nearest neighbour: 0.5 to 0.6).
"""

import numpy as np
import numpy.typing as npt

from seston.cluster.points import Points
from seston.progress import Progress
from seston.trust.drawing import draw_each

TWIN = 0.2  # of the root mean square distance to the own centroid, over all clusters
#: Images of a cluster that are asked: a share is right to within 0.06 (95 %). Of very many
#: clusters fewer are (`drawing.per_cluster`).
QUERIES = 300


def near_duplicates(
    points: Points,
    cluster: npt.NDArray[np.int64],
    k: int,
    radius: float,
    asked: int,
    seed: int,
) -> npt.NDArray[np.float64]:
    """Return the share of each cluster's images that have a twin in the cluster.

    Of at most `asked` images a cluster, drawn by the seed, each is compared with all images of
    its cluster, so the share does not shrink with the sample.

    Parameters
    ----------
    points : Points
    cluster : ndarray of int64, shape (n,)
        In file order.
    k : int
        Clusters, empty ones included.
    radius : float
        Root mean square distance to the own centroid, over all images.
    asked : int
        Images of a cluster.
    seed : int

    Returns
    -------
    ndarray of float64, shape (k,)
        NaN for empty clusters; 0 for a cluster of one image.
    """
    drawn = draw_each(cluster[points.order], asked, [seed, 23])
    positions = np.sort(points.order[drawn])
    of = cluster[positions]
    rows = points.take(positions)
    queries_of = [np.flatnonzero(of == number) for number in range(k)]
    nearest = np.full(len(rows), np.inf, np.float32)
    start = 0
    with Progress(len(points), "images") as progress:
        for block in points.blocks():
            here = cluster[start : start + len(block)]
            by_cluster = np.argsort(here, kind="stable")
            numbers, firsts = np.unique(here[by_cluster], return_index=True)
            parts = np.split(by_cluster, firsts[1:])
            for number, members in zip(numbers, parts, strict=True):
                mine = queries_of[number]
                squares = _squares(rows[mine], block[members])
                squares[positions[mine, None] == start + members] = np.inf  # not with itself
                nearest[mine] = np.minimum(nearest[mine], squares.min(axis=1))
            start += len(block)
            progress.add(len(block))
    twin = nearest <= (TWIN * radius) ** 2
    with np.errstate(invalid="ignore"):
        return np.bincount(of, twin, k) / np.bincount(of, minlength=k)


def _squares(a: npt.NDArray[np.float32], b: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the squared distances of rows.

    In float32 the difference of large squares is wrong by some 1e-6 of them, far below a
    twin's (a 6th of a cluster's radius squared), unless clusters are points; then all are twins.
    """
    squares = np.square(a).sum(axis=1)[:, None] - 2 * (a @ b.T)
    squares += np.square(b).sum(axis=1)
    return np.maximum(squares, 0, out=squares)
