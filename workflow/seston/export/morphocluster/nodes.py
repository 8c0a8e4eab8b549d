"""The tree of a run as MorphoCluster holds it: a parent for every node, clusters as leaves."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from seston.errors import SestonError

#: Groups: root, coarse groups, clusters. Joins: every join of two. Flat: clusters below the root.
Hierarchy = Literal["groups", "joins", "flat"]

Integers = npt.NDArray[np.int64]
#: Has no parent.
NONE = -1


@dataclass(frozen=True)
class Node:
    """A node of the tree.

    Attributes
    ----------
    number : int
        A leaf has that of its cluster.
    parent : int
        `NONE` of the root.
    name : str
        "" of a node that nobody named.
    """

    number: int
    parent: int
    name: str = ""


def parents(hierarchy: Hierarchy, joins: Integers, coarse: Integers) -> Integers:
    """Return the parent of each node; clusters are the first k, the root is the last.

    Parameters
    ----------
    hierarchy : {"groups", "joins", "flat"}
    joins : ndarray of int64, shape (k - 1, 2)
        The nodes that are joined, step by step; step i makes node k + i.
    coarse : ndarray of int64, shape (k,)
        Group of each cluster, from 0.
    """
    k = len(coarse)
    if hierarchy == "groups":
        groups = int(coarse.max()) + 1
        root = k + groups
        return np.r_[k + coarse, np.full(groups, root), NONE]
    if hierarchy == "joins" and k > 1:
        found = np.full(2 * k - 1, NONE)
        found[joins] = k + np.arange(k - 1)[:, None]
        return found
    return np.r_[np.full(k, k), NONE]


def nodes_with(parent: Integers, names: Sequence[str], sizes: Integers) -> list[Node]:
    """Return the nodes below which there are images, the root first, then by number.

    Parameters
    ----------
    parent : ndarray of int64
        As of `parents`.
    names : sequence of str, length k
        Of the clusters.
    sizes : ndarray of int64, shape (k,)
        Images of each cluster.
    """
    root = len(parent) - 1
    held = {root}
    for cluster in np.flatnonzero(sizes).tolist():
        node = cluster
        while node not in held:
            held.add(node)
            node = int(parent[node])
    called = [names[node] if node < len(names) else "" for node in range(len(parent))]
    return [Node(node, int(parent[node]), called[node]) for node in (root, *sorted(held - {root}))]


def read_joins(path: Path, k: int) -> Integers:
    """Return the nodes that each step of a tree joins, shape (k - 1, 2).

    Raises
    ------
    SestonError
        If the table is missing or damaged, or no tree of k clusters.
    """
    try:
        table = pd.read_csv(path, sep="\t")
        joins = table[["left", "right"]].to_numpy(np.int64)
        if sorted(joins.ravel().tolist()) != list(range(2 * k - 2)):
            raise ValueError(f"{len(joins)} joins")
    except FileNotFoundError as error:
        raise SestonError(f"{path}: file not found") from error
    except (ValueError, KeyError) as error:
        raise SestonError(
            f"{path}: not readable as the tree of {k} clusters ({error}); delete it and run again"
        ) from error
    return joins
