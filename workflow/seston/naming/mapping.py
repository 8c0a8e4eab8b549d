"""Which old cluster became which new one: by the images that both clusterings hold."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from scipy.optimize import linear_sum_assignment

Counts = npt.NDArray[np.int64]

#: A name is taken over if more than this share of a new cluster's images come from old ones of it.
MAJORITY = 0.5


@dataclass(frozen=True)
class Mapping:
    """A mapping from the clusters of one clustering to those of another.

    Attributes
    ----------
    common : ndarray of int64, shape (k_old, k_new)
        Images in each old and each new cluster. All shares are among these: what only one
        of the clusterings holds, such as new samples, says nothing of the other.
    partner : ndarray of int64, shape (k_new,)
        The old cluster that each new one is paired with, one to one; -1 = none is left.
    group : ndarray of int64, shape (k_old,)
        Old clusters of one name are counted together: the first of them; an old cluster
        without a name is alone.
    """

    common: Counts
    partner: Counts
    group: Counts

    @property
    def jaccard(self) -> npt.NDArray[np.float64]:
        """Images in both over images in either, (k_old, k_new); 0 where there are none."""
        return jaccard(self.common)

    @cached_property
    def together(self) -> Counts:
        """`common` with the rows of each group added up in that of its first cluster."""
        counts = np.zeros_like(self.common)
        np.add.at(counts, self.group, self.common)
        return counts

    def source(self, new: int) -> int:
        """Return the group that most images of a new cluster come from; -1 = there are none."""
        column = self.together[:, new]
        return int(column.argmax()) if column.any() else -1

    def heir(self, new: int) -> int:
        """Return the group whose name a new cluster takes over; -1 = none.

        That is the one most of its images come from, be its partner in it or not: clusters of
        one name are counted together, so a part of a cluster that was split keeps its name.
        """
        source = self.source(new)
        total = self.common[:, new].sum()
        return source if total and self.together[source, new] > MAJORITY * total else -1

    def members(self, group: int, new: int) -> list[int]:
        """Return the old clusters of a group that have images in a new cluster."""
        return np.flatnonzero((self.group == group) & (self.common[:, new] > 0)).tolist()


def jaccard(common: Counts) -> npt.NDArray[np.float64]:
    """Return the Jaccard index of each pair of clusters from their common images (K, L)."""
    either = common.sum(axis=1, keepdims=True) + common.sum(axis=0, keepdims=True) - common
    return np.divide(common, either, out=np.zeros(common.shape), where=either > 0)


def map_clusters(
    old: pa.Table, k_old: int, new: pa.Table, k_new: int, group: Counts | None = None
) -> Mapping:
    """Pair the clusters of two clusterings so that they overlap as much as possible.

    The pairs are those with the largest sum of Jaccard indices, of all ways to pair one to
    one (Kuhn 1955, Naval Research Logistics Quarterly 2: the Hungarian method). Unlike a sum
    of images, that lets small clusters count as much as large ones.

    Parameters
    ----------
    old, new : pyarrow.Table
        With ``image_id`` and ``cluster``.
    k_old, k_new : int
        Numbers of clusters, empty ones too.
    group : ndarray of int64, shape (k_old,), optional
        As in `Mapping`; by default each old cluster is alone.
    """
    place = pc.index_in(new["image_id"], old["image_id"].combine_chunks())
    both = pc.is_valid(place)
    before = old["cluster"].take(place.filter(both)).to_numpy().astype(np.int64)
    after = new["cluster"].filter(both).to_numpy().astype(np.int64)
    flat = np.bincount(before * k_new + after, minlength=k_old * k_new)
    common = flat.reshape(k_old, k_new)
    rows, columns = linear_sum_assignment(jaccard(common), maximize=True)
    partner = np.full(k_new, -1)
    partner[columns] = np.where(common[rows, columns] > 0, rows, -1)
    return Mapping(common, partner, np.arange(k_old) if group is None else group)


def mapping_table(mapping: Mapping) -> pd.DataFrame:
    """Return one row per pair of clusters that have images in common.

    Returns
    -------
    pandas.DataFrame
        ``new``, ``old``, ``common``, ``share_new`` and ``share_old`` (of the images of the
        cluster), ``jaccard``, ``partner`` (paired one to one), ``kept`` (the name is taken
        over); by new cluster, the largest overlap first.
    """
    common = mapping.common
    old, new = np.nonzero(common)
    heirs = np.array([mapping.heir(one) for one in range(common.shape[1])])
    table = pd.DataFrame(
        {
            "new": new,
            "old": old,
            "common": common[old, new],
            "share_new": common[old, new] / common.sum(axis=0)[new],
            "share_old": common[old, new] / common.sum(axis=1)[old],
            "jaccard": mapping.jaccard[old, new],
            "partner": (mapping.partner[new] == old).astype(int),
            "kept": (heirs[new] == mapping.group[old]).astype(int),
        }
    )
    return table.sort_values(["new", "common", "old"], ascending=[True, False, True])
