"""Labelled organisms that others are held against, to see how far anything like them is."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]

#: So many at most, of rare classes relatively more: a million images against these take a minute.
MOST = 2000
_BLOCK = 4096


@dataclass(frozen=True)
class References:
    """Labelled organisms as directions in the space of the embeddings.

    Attributes
    ----------
    rows : ndarray of float16, shape (m, d)
        Of length 1.
    units : ndarray of int64, shape (m,)
        Day or sample of each.
    """

    rows: npt.NDArray[np.float16]
    units: Integers

    @classmethod
    def draw(cls, x: Rows, codes: Integers, units: Integers, seed: int) -> "References":
        """Draw at most `MOST` of n labelled organisms, classes in turn.

        Parameters
        ----------
        x : ndarray of float32, shape (n, d)
        codes : ndarray of int64, shape (n,)
            Classes; -1 = divided, a class of its own here.
        units : ndarray of int64, shape (n,)
        seed : int
        """
        rng = np.random.default_rng(seed)
        mixed = rng.permutation(len(x))
        by_class = mixed[np.argsort(codes[mixed], kind="stable")]
        first = np.r_[True, np.diff(codes[by_class]) != 0]
        place = np.arange(len(x)) - np.maximum.accumulate(np.where(first, np.arange(len(x)), 0))
        chosen = np.sort(by_class[np.argsort(place, kind="stable")[:MOST]])
        return cls(_directions(x[chosen]).astype(np.float16), units[chosen])

    def distance(self, x: Rows, apart: Integers | None = None) -> Rows:
        """Return how far the nearest one is from each row (n,): 1 - cosine, 0 to 2.

        Parameters
        ----------
        x : ndarray of float32, shape (n, d)
        apart : ndarray of int64, shape (n,), optional
            Unit of each row, of which no reference counts. Where none is left, 2.
        """
        every = self.rows.astype(np.float32)
        out = np.empty(len(x), np.float32)
        for start in range(0, len(x), _BLOCK):
            some = slice(start, start + _BLOCK)
            cosine = _directions(x[some]) @ every.T
            if apart is not None:
                cosine[apart[some][:, None] == self.units] = -1
            out[some] = 1 - cosine.max(axis=1, initial=-1)
        return out


def _directions(x: Rows) -> Rows:
    return x / np.linalg.norm(x, axis=1, keepdims=True)
