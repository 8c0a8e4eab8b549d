"""Which images are worth a label: uncertain, unlike each other, from all over the clusters."""

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

#: Images of a cluster that are looked at, for each one that is chosen: the most uncertain.
LOOKED_AT = 50
#: Uncertainty that is taken for granted, so that a cluster which seems certain is looked at too.
LEAST = 0.02


def quotas(cluster: Integers, uncertainty: Floats, n: int) -> Integers:
    """Return how many of `n` images are chosen from each cluster (C,).

    In proportion to the root of its size times its mean uncertainty: large clusters get more, but
    do not own the labels. None gets more than it has; what is left over goes to the others.

    Parameters
    ----------
    cluster : ndarray of int64, shape (m,)
        Of each candidate, from 0.
    uncertainty : ndarray, shape (m,)
        0 to 1.
    n : int
    """
    size = np.bincount(cluster)
    mean = np.bincount(cluster, np.maximum(uncertainty, LEAST)) / np.maximum(size, 1)
    pull = np.sqrt(size) * mean
    given = np.zeros_like(size)
    while (left := min(n, int(size.sum())) - int(given.sum())) > 0:
        open_ = given < size
        exact = np.where(open_, pull, 0) / pull[open_].sum() * left
        more = np.minimum(np.floor(exact + 1e-9).astype(np.int64), size - given)
        if not more.any():  # less than one each: the largest remainders
            first = np.argsort(-exact, kind="stable")[:left]
            more[first] = 1
        given = given + more
    return given


def choose(
    rows: Rows, uncertainty: Floats, near: Rows, count: int, rng: np.random.Generator
) -> Integers:
    """Return `count` of m images of a cluster, the one most worth a label first.

    Each is the one of greatest uncertainty times distance from what is labelled or chosen
    already (weighted farthest-first traversal; Gonzalez 1985).

    Parameters
    ----------
    rows : ndarray of float32, shape (m, d)
        Embeddings of the candidates.
    uncertainty : ndarray, shape (m,)
    near : ndarray of float32, shape (l, d)
        Labelled images of the cluster; perhaps none.
    count : int
        At most m.
    rng : numpy.random.Generator
        Of the order in which images of the same uncertainty are looked at.
    """
    mixed = rng.permutation(len(rows))
    looked_at = mixed[np.argsort(-uncertainty[mixed], kind="stable")[: LOOKED_AT * count]]
    some = rows[looked_at]
    pull = np.maximum(uncertainty[looked_at], LEAST)
    apart = np.full(len(some), np.inf)
    for one in near:
        apart = np.minimum(apart, np.linalg.norm(some - one, axis=1))
    chosen: list[int] = []
    for _ in range(count):
        # Nothing is near yet: the most uncertain one, or of equal ones the most typical.
        worth = pull * apart if np.isfinite(apart).all() else pull - 1e-9 * _apart(some)
        worth[chosen] = -np.inf
        chosen.append(int(np.argmax(worth)))
        apart = np.minimum(apart, np.linalg.norm(some - some[chosen[-1]], axis=1))
    return looked_at[chosen]


def _apart(rows: Rows) -> Floats:
    """Return the distances (m,) from the mean, the largest 1."""
    found = np.linalg.norm(rows - rows.mean(axis=0), axis=1).astype(np.float64)
    return found / max(found.max(), 1e-30)
