"""Lloyd passes over all embeddings: who belongs where, and where the centroids go."""

from dataclasses import dataclass

import faiss
import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from seston.cluster.shards import EmbeddingShards
from seston.progress import Progress


@dataclass
class Pass:
    """What one pass over all embeddings found.

    Attributes
    ----------
    sums : ndarray of float64, shape (k, D)
        Sum of the embeddings of each cluster.
    sizes : ndarray of int64, shape (k,)
        Images of each cluster.
    squares : float
        Sum of the squared distances to the nearest centroid.
    far : list of (float, int, int)
        Squared distance, file position and cluster of the farthest rows, farthest first;
        at most one per cluster to fill.
    """

    sums: npt.NDArray[np.float64]
    sizes: npt.NDArray[np.int64]
    squares: float
    far: list[tuple[float, int, int]]


def sweep(
    embeddings: EmbeddingShards,
    centroids: npt.NDArray[np.float32],
    spherical: bool,
    progress: Progress,
) -> Pass:
    """Assign all embeddings to their nearest centroid and add them up, block by block."""
    k, dim = centroids.shape
    index = faiss.IndexFlatL2(dim)
    index.add(centroids)
    found = Pass(np.zeros((k, dim)), np.zeros(k, np.int64), 0.0, [])
    start = 0
    for block in embeddings.blocks(unit=spherical):
        squares, labels = (column[:, 0] for column in index.search(block, 1))
        members = csr_array(
            (np.ones(len(block)), labels, np.arange(len(block) + 1)), (len(block), k)
        )
        found.sums += members.T @ block.astype(np.float64)
        found.sizes += np.bincount(labels, minlength=k)
        found.squares += float(squares.sum(dtype=np.float64))
        last = min(k, len(block))
        far = np.argpartition(-squares, last - 1)[:last]
        rows = [(float(squares[i]), start + int(i), int(labels[i])) for i in far]
        found.far = sorted(found.far + rows, key=lambda row: (-row[0], row[1]))[:k]
        start += len(block)
        progress.add(len(block))
    return found


def move(
    found: Pass,
    centroids: npt.NDArray[np.float32],
    embeddings: EmbeddingShards,
    spherical: bool,
) -> tuple[npt.NDArray[np.float32], int]:
    """Return the centroids after one Lloyd step, and how many empty clusters were re-seeded.

    An empty cluster takes the embedding farthest from its own centroid, which leaves
    its old cluster. Where no embedding is off its centroid (fewer distinct embeddings
    than clusters), the cluster stays empty.
    """
    empty = np.flatnonzero(found.sizes == 0)
    sums, sizes = found.sums.copy(), found.sizes.copy()
    givers = (row for row in found.far if row[0] > 0)
    filled = 0
    for cluster, (_, position, old) in zip(empty, givers, strict=False):
        row = embeddings.take(np.array([position]), unit=spherical)[0]
        sums[old] -= row
        sizes[old] -= 1
        sums[cluster], sizes[cluster] = row, 1
        filled += 1
    moved = centroids.astype(np.float64)
    held = sizes > 0
    moved[held] = sums[held] / sizes[held, None]
    if spherical:  # a cluster of opposite directions has none of its own, and stays at 0
        lengths = np.linalg.norm(moved, axis=1, keepdims=True)
        moved /= np.where(lengths > 0, lengths, 1)
    return moved.astype(np.float32), filled


def refine(
    embeddings: EmbeddingShards,
    centroids: npt.NDArray[np.float32],
    passes: int,
    spherical: bool,
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64], list[float], list[int]]:
    """Move the centroids by so many Lloyd steps over all embeddings.

    Returns
    -------
    centroids : ndarray of float32, shape (k, D)
    sizes : ndarray of int64, shape (k,)
        Images of each cluster.
    curve : list of float
        Mean squared distance of all embeddings before and after each step.
    reseeded : list of int
        Empty clusters that took a new place at each step.
    """
    n = len(embeddings)
    reseeded = []
    with Progress(n * (passes + 1), "embeddings") as progress:
        found = sweep(embeddings, centroids, spherical, progress)
        curve = [found.squares / n]
        for _ in range(passes):
            centroids, filled = move(found, centroids, embeddings, spherical)
            found = sweep(embeddings, centroids, spherical, progress)
            reseeded.append(filled)
            curve.append(found.squares / n)
    return centroids, found.sizes, curve, reseeded
