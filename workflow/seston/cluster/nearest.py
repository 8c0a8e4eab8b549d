"""The nearest centroids of each row: one matrix product, in the processor's cache."""

import faiss
import numpy as np
import numpy.typing as npt
from scipy.linalg.blas import sgemm

Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]
ROWS = 1024  # at a time: enough that BLAS seldom has to pack the centroids, few enough to cache
TIED = 1e-4  # of a distance: two centroids this close to a tie are compared in float64


class Nearest:
    """Finds the nearest of some centroids, by ``|x|² - 2xc + |c|²``.

    BLAS adds the product to the ``|c|²`` it finds in place, and numpy's `argmin` looks through
    it: as fast as a search of faiss for one neighbour, and faster than its search for two,
    which keeps a heap per row.

    Parameters
    ----------
    centroids : ndarray of float32, shape (k, D)
    """

    def __init__(self, centroids: Floats) -> None:
        self.centroids = np.ascontiguousarray(centroids, np.float32)
        self._squares = (self.centroids.astype(np.float64) ** 2).sum(axis=1).astype(np.float32)
        self._exact = faiss.IndexFlatL2(self.centroids.shape[1])
        self._exact.add(self.centroids)
        self._scores = np.empty((ROWS, len(self.centroids)), np.float32)

    def one(self, rows: Floats) -> tuple[Labels, Floats]:
        """Return the nearest centroid of each row (n, D) and the squared distance to it, (n,)."""
        labels, squares = np.empty(len(rows), np.int64), np.empty(len(rows), np.float32)
        for start in range(0, len(rows), ROWS):
            some = slice(start, start + ROWS)
            scores = self._score(rows[some])
            first = labels[some] = scores.argmin(axis=1)
            squares[some] = scores[np.arange(len(scores)), first]
            squares[some] += np.vecdot(rows[some], rows[some])
        return labels, np.maximum(squares, 0, out=squares)

    def two(self, rows: Floats) -> tuple[Labels, Floats]:
        """Return the two nearest centroids of each row and the distances to them, both (n, 2).

        The nearest comes first; if there is one centroid only, the second is -1, at distance
        NaN. The product loses digits close to a centroid, so the distances are taken again
        from the differences, and near ties between the two are settled in float64.
        """
        labels = np.full((len(rows), 2), -1, np.int64)
        several = len(self.centroids) > 1
        for start in range(0, len(rows), ROWS):
            some = slice(start, start + ROWS)
            scores = self._score(rows[some])
            first = labels[some, 0] = scores.argmin(axis=1)
            if several:
                scores[np.arange(len(scores)), first] = np.inf
                labels[some, 1] = scores.argmin(axis=1)
        rows, squares = np.ascontiguousarray(rows), np.empty(labels.shape, np.float32)
        self._exact.compute_distance_subset(  # type: ignore[attr-defined]  # not in faiss's stubs
            len(rows), faiss.swig_ptr(rows), 2, faiss.swig_ptr(squares), faiss.swig_ptr(labels)
        )
        distances = np.sqrt(squares)
        if several:
            self._settle(rows, labels, distances)
        else:
            distances[:, 1] = np.nan
        return labels, distances

    def _score(self, rows: Floats) -> Floats:
        """Return ``|c|² - 2xc``, shape (n, k), n at most `ROWS`; the next call overwrites it."""
        scores = self._scores[: len(rows)]
        scores[:] = self._squares
        # Fortran's columns are our rows: nothing is copied.
        added = sgemm(-2, self.centroids.T, rows.T, 1, scores.T, trans_a=1, overwrite_c=1)
        return added.T

    def _settle(self, rows: Floats, labels: Labels, distances: Floats) -> None:
        near, next_ = distances.T
        close = np.flatnonzero(next_ - near <= TIED * next_)
        differences = rows[close, None].astype(np.float64) - self.centroids[labels[close]]
        exact = np.sqrt(np.einsum("ijk,ijk->ij", differences, differences))
        order = np.lexsort((labels[close], exact), axis=1)
        labels[close] = np.take_along_axis(labels[close], order, axis=1)
        distances[close] = np.take_along_axis(exact, order, axis=1)
