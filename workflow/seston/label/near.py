"""Which images outside of a cluster look most like it."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from seston.cluster.shards import EmbeddingShards
from seston.search.lookup import Lookup

#: So many of a cluster's most typical images stand for it.
STAND = 64
#: So many times the images asked for are ranked again by exact distances.
AGAIN = 2

Rows = npt.NDArray[np.int64]


def near(
    lookup: Lookup, typical: npt.NDArray[np.integer], count: int, left_out: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int64]:
    """Return the rows of the images nearest to a cluster, the nearest first.

    All of the index is read: a fifth of a second with a million images.

    Parameters
    ----------
    lookup : Lookup
        Its ranks are rows of the table of images: both are in order of the ids.
    typical : ndarray of int, shape (m,)
        Rows of the cluster's images, the most typical first; the mean embedding of the first
        `STAND` of them is what others are near to.
    count : int
        At most so many.
    left_out : ndarray of bool, shape (n,)
        Images that are not asked for: those of the cluster, those with a label.
    """
    if not len(typical):
        return np.empty(0, np.int64)
    rows = lookup.rows.take(lookup.rows.order[typical[:STAND]])
    return lookup.nearest(rows.mean(axis=0), count, left_out).ranks


def near_each(
    embeddings: EmbeddingShards,
    cluster: npt.NDArray[np.integer],
    numbers: Sequence[int],
    typical: Sequence[npt.NDArray[np.integer]],
    count: int,
) -> list[Rows]:
    """Return what `near` does for each of many clusters, in one pass over the embeddings.

    Parameters
    ----------
    embeddings : EmbeddingShards
        Of n images.
    cluster : ndarray of int, shape (n,)
        Of the images by ascending id; those of a cluster are left out of what is near to it.
    numbers : sequence of int, length k
        The clusters that are asked about.
    typical : sequence of ndarray of int, length k
        Rows of their images, the most typical first.
    count : int
        At most so many for each.
    """
    asked = [place for place, rows in enumerate(typical) if len(rows)]
    found = [np.empty(0, np.int64) for _ in numbers]
    if not asked or not count:
        return found
    # All rows at once: each file of embeddings is then opened once, not for each cluster.
    stand = [typical[place][:STAND] for place in asked]
    queries = np.stack([rows.mean(axis=0) for rows in _take_each(embeddings, stand)])
    own = np.full(max(int(cluster.max(initial=0)), *numbers) + 1, -1)
    own[[numbers[place] for place in asked]] = np.arange(len(asked))
    candidates = _candidates(embeddings, queries, own[cluster], AGAIN * count)
    vectors = _take_each(embeddings, candidates)
    for place, query, ranks, rows in zip(asked, queries, candidates, vectors, strict=True):
        exact = np.linalg.norm(rows - query, axis=1)
        found[place] = ranks[np.lexsort((ranks, exact))[:count]]
    return found


def _take_each(
    embeddings: EmbeddingShards, parts: Sequence[npt.NDArray[np.integer]]
) -> list[npt.NDArray[np.float32]]:
    """Return the embeddings of rows by ascending id, of each part."""
    rows = embeddings.take(embeddings.order[np.concatenate(parts)])
    return np.split(rows, np.cumsum([len(part) for part in parts])[:-1])


def _candidates(
    embeddings: EmbeddingShards, queries: npt.NDArray[np.float32], own: Rows, count: int
) -> list[Rows]:
    """Return rows near each query (k, D), without those (by ascending id) that are its `own`."""
    rank = np.empty(len(embeddings), np.int64)
    rank[embeddings.order] = np.arange(len(embeddings))
    best = np.full((len(queries), count), np.inf, np.float32)
    kept = np.full((len(queries), count), -1)
    start = 0
    for block in embeddings.blocks():
        ranks = rank[start : start + len(block)]
        start += len(block)
        # What is added to each query's distances alike is left out.
        squares = np.einsum("nd,nd->n", block, block) - 2 * (queries @ block.T)
        mine = own[ranks]
        inside = np.flatnonzero(mine >= 0)
        squares[mine[inside], inside] = np.inf
        for query in np.flatnonzero((squares < best[:, -1:]).any(axis=1)):
            closer = np.flatnonzero(squares[query] < best[query, -1])
            both = np.append(best[query], squares[query, closer])
            order = np.argsort(both, kind="stable")[:count]
            best[query] = both[order]
            kept[query] = np.append(kept[query], ranks[closer])[order]
    return [ranks[ranks >= 0] for ranks in kept]
