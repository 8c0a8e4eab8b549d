"""By what name each image of a run goes in a tree that came back."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from seston.errors import SestonError
from seston.export.morphocluster.fitted import OUTSIDE, UNNAMED
from seston.export.morphocluster.tree_back import Sorted
from seston.naming.clusterings import Clustering

Integers = npt.NDArray[np.int64]
#: More than anybody gives.
MOST_NAMES = 10_000


@dataclass(frozen=True)
class Named:
    """By what name each image of the run goes in the tree.

    Attributes
    ----------
    names : list of str
        In the order of their nodes' numbers.
    nodes : dict of str to str
        Of each name a node that has it, in words.
    codes : ndarray of int64, shape (n,)
        Place of the name of each image of the run, `UNNAMED` or `OUTSIDE`.
    approved : ndarray of bool, shape (n,)
        Which images of the run hang on a node that somebody approved.
    unknown : ndarray of bool
        Which objects of the tree are not of the run.
    used : frozenset of int
        The nodes by whose names images go.
    """

    names: list[str]
    nodes: dict[str, str]
    codes: Integers
    approved: npt.NDArray[np.bool_]
    unknown: npt.NDArray[np.bool_]
    used: frozenset[int]

    @classmethod
    def of(cls, back: Sorted, run: Clustering, path: Path) -> "Named":
        """Find the images of a run in a tree; `SestonError` if there is none, or too many names."""
        found = pc.index_in(back.objects, run.images["image_id"].combine_chunks())
        places = pc.fill_null(found, -1).to_numpy().astype(np.int64)
        known = places >= 0
        if not known.any():
            example = run.images["image_id"][0].as_py() if len(run.images) else "sample-1/1"
            first = repr(back.objects[0].as_py()) if len(back.objects) else "no objects"
            raise SestonError(
                f"{path}: none of its {len(known)} objects is of this run; found {first}, expected"
                f" ids as {example!r}; give the results folder of the run that was exported"
            )
        by = back.naming()
        of, where = np.unique(back.nodes[known], return_inverse=True)
        naming = [by.get(node) for node in of.tolist()]
        used = sorted({node for node in naming if node is not None})
        nodes: dict[str, str] = {}
        for node in used:
            nodes.setdefault(back.names[node], f"node {node}")
        if len(nodes) > MOST_NAMES:
            raise SestonError(f"{path}: {len(nodes)} names, expected at most {MOST_NAMES}")
        place = {name: number for number, name in enumerate(nodes)}
        code = [UNNAMED if node is None else place[back.names[node]] for node in naming]
        codes = np.full(len(run.images), OUTSIDE)
        codes[places[known]] = np.array(code, np.int64)[where]
        approved = np.zeros(len(run.images), dtype=bool)
        approved[places[known]] = np.isin(of, [*back.approved])[where]
        return cls([*nodes], nodes, codes, approved, ~known, frozenset(used))
