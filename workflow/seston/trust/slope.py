"""Whether embeddings change with a measurement within clusters, or only seem to."""

import numpy as np
import numpy.typing as npt

from seston.cluster.points import Points
from seston.trust.drawing import draw_each, per_cluster

Floats = npt.NDArray[np.float64]

LEAST = 20  # images of a cluster that has a slope of its own
FEWEST = 5  # such clusters: the median of fewer follows any one of them
DRAWN = 1000  # images of a cluster that are looked at
PERMUTED = 19  # times: what noise alone surpasses once in 20 (5 %)


def typical(
    products: npt.NDArray[np.floating], squares: Floats, sizes: npt.NDArray[np.integer]
) -> Floats:
    """Return the median over clusters, number by number, of their regression slopes (..., D).

    The median, because a cluster that one odd day made holds many kinds: there light goes
    with the kind, and its slope is that from kind to kind. 0 where fewer than `FEWEST` clusters
    have a slope.

    Parameters
    ----------
    products : ndarray of float, shape (..., k, D)
        Of each cluster, residuals of the measurement times embeddings, summed over images.
    squares : ndarray of float64, shape (k,)
        Sum of the squared residuals.
    sizes : ndarray of int, shape (k,)
    """
    told = (sizes >= LEAST) & (squares > 0)
    if told.sum() < FEWEST:
        return np.zeros((*products.shape[:-2], products.shape[-1]))
    return np.median(products[..., told, :] / squares[told, None], axis=-2)


def beyond_chance(
    points: Points, cluster: npt.NDArray[np.int64], k: int, measured: list[Floats], seed: int
) -> npt.NDArray[np.bool_]:
    """Tell whether embeddings change with each measurement more than by chance.

    Noise has a slope too, and it points along the axes in which embeddings vary most, as the
    steps between clusters do. So the typical slope must be longer than each of `PERMUTED` that
    the same images have with the measurement shuffled within their clusters.

    Parameters
    ----------
    points : Points
    cluster : ndarray of int64, shape (n,)
        By ascending id, as the measurements.
    k : int
        Clusters, empty ones included.
    measured : list of q ndarray of float64, shape (n,)
        NaN where not known.
    seed : int
        For the images looked at (at most `DRAWN` of a cluster) and the shuffling.

    Returns
    -------
    ndarray of bool, shape (q,)
    """
    drawn = draw_each(cluster, per_cluster(DRAWN, k, points.dim), [seed, 47])
    rows, of = points.take(points.order[drawn]), cluster[drawn]
    members = [np.flatnonzero(of == number) for number in range(k)]
    generator = np.random.default_rng([seed, 53])
    return np.array(
        [_stands_out(rows, members, values[drawn], generator) for values in measured], bool
    )


def _stands_out(
    rows: npt.NDArray[np.float32],
    members: list[npt.NDArray[np.intp]],
    values: Floats,
    generator: np.random.Generator,
) -> bool:
    """Compare the first slope, that of the values as they are, with those of shuffled ones."""
    k, dim = len(members), rows.shape[1]
    products, squares = np.zeros((1 + PERMUTED, k, dim), np.float32), np.zeros(k)
    sizes = np.zeros(k, np.int64)
    for number, all_ in enumerate(members):
        mine = all_[np.isfinite(values[all_])]
        sizes[number] = len(mine)
        if len(mine) < LEAST:
            continue
        residual = values[mine] - values[mine].mean()
        squares[number] = residual @ residual
        shuffled = generator.permuted(np.tile(residual, (PERMUTED, 1)), axis=1)
        products[:, number] = np.vstack([residual, shuffled]) @ rows[mine].astype(np.float64)
    lengths = np.linalg.norm(typical(products, squares, sizes), axis=-1)
    return bool(lengths[0] > lengths[1:].max())
