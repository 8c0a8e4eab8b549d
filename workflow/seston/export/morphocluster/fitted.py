"""What the names of nodes mean for clusters, and for single images where clusters do not do."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]

#: Instead of a name: the image is in the tree without one, or not in the tree.
UNNAMED, OUTSIDE = -1, -2


@dataclass(frozen=True)
class Fitted:
    """Names of clusters, of K names.

    Attributes
    ----------
    counts : ndarray of int64, shape (k, K)
        Images of each cluster that go by each name.
    unnamed, outside : ndarray of int64, shape (k,)
        Images of each cluster without a name, and those that are not in the tree.
    given : ndarray of int64, shape (k,)
        The name of each cluster; `UNNAMED` where none holds enough of it, `OUTSIDE` where none
        of its images is in the tree.
    """

    counts: Integers
    unnamed: Integers
    outside: Integers
    given: Integers

    @property
    def inside(self) -> Integers:
        """Images of each cluster that are in the tree (k,)."""
        return self.counts.sum(axis=1) + self.unnamed


def fit(clusters: Integers, names: Integers, k: int, count: int, share: float) -> Fitted:
    """Give each cluster the name that more than a share of its images in the tree have.

    Parameters
    ----------
    clusters : ndarray of int64, shape (n,)
        Of all images of the run, 0 to k - 1.
    names : ndarray of int64, shape (n,)
        Of the same images: 0 to `count` - 1, `UNNAMED` or `OUTSIDE`.
    k, count : int
    share : float
        At least a half, so that no two names have as much.
    """
    # One column for each name, then those without.
    flat = np.bincount(clusters * (count + 2) + names % (count + 2), minlength=k * (count + 2))
    table = flat.reshape(k, count + 2)
    counts, outside, unnamed = table[:, :count], table[:, count], table[:, count + 1]
    inside = counts.sum(axis=1) + unnamed
    given = np.where(inside > 0, UNNAMED, OUTSIDE)
    if count:
        best = counts.argmax(axis=1)
        enough = counts[np.arange(k), best] > share * inside
        given = np.where(enough, best, given)
    return Fitted(counts, unnamed, outside, given)


def apart(clusters: Integers, names: Integers, fitted: Fitted) -> npt.NDArray[np.bool_]:
    """Return which images (n,) have a name that is not the one of their cluster."""
    return (names >= 0) & (names != fitted.given[clusters])
