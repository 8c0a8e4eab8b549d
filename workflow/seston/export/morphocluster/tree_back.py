"""The archive of a tree that came back: read a line at a time, within limits, nothing unpacked.

Whoever sent it may mean no good, and whoever sorted may have left a tree that does not hang
together. All mistakes of a table are told at once.
"""

import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from seston.errors import SestonError
from seston.export.morphocluster.archive_tables import NAMED, Mistakes, opened_archive, rows_of
from seston.export.morphocluster.tree_file import NODES, OBJECTS
from seston.naming.rows import tidy

REJECTED = "rejected_objects.csv"
#: More than anybody sorts: of nodes, and of objects.
MOST_NODES, MOST_OBJECTS = 1_000_000, 20_000_000
_ROWS = 1 << 16  # objects that are Python's at a time
_TRUE = ("true", "t", "1", "1.0")
_WHOLE = re.compile(r"(\d{1,18})(?:\.0+)?")  # data frames write 12.0 where a cell is empty

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Sorted:
    """A tree as it came back.

    Attributes
    ----------
    parents : dict of int to int or None
        Of each node; None of the root.
    names : dict of int to str
        Of the nodes that have one.
    approved : frozenset of int
        Nodes of which somebody said that they hold one kind.
    objects : pyarrow.ChunkedArray of string
        Ids, each once.
    nodes : ndarray of int64
        The node of each object.
    rejected : int
        Objects that were looked at for some node and refused there.
    """

    parents: dict[int, int | None]
    names: dict[int, str]
    approved: frozenset[int]
    objects: pa.ChunkedArray
    nodes: Integers
    rejected: int

    @property
    def root(self) -> int:
        """The node without a parent."""
        return next(node for node, parent in self.parents.items() if parent is None)

    def naming(self) -> dict[int, int]:
        """Return by which node each node is named: itself or the nearest above that has a name.

        Nodes without one are left out. The root stands for all, so its name says nothing.
        """
        root = self.root
        found: dict[int, int | None] = {root: None}
        for node in self.parents:
            path = [node]
            while path[-1] not in found:
                if path[-1] in self.names:
                    found[path[-1]] = path[-1]
                else:
                    path.append(self.parents[path[-1]] or 0)
            for below in path:
                found[below] = found[path[-1]]
        return {node: by for node, by in found.items() if by is not None}


def read_tree(path: Path) -> Sorted:
    """Read a tree that MorphoCluster exported.

    Raises
    ------
    SestonError
        If it is no such archive, damaged or larger than anybody's; with all faulty lines of a
        table, and where nodes do not make one tree.
    """
    with opened_archive(path) as archive:
        listed = archive.namelist()
        for name in (NODES, OBJECTS):
            if listed.count(name) != 1:
                raise SestonError(
                    f"{path}: {listed.count(name) or 'no'} files {name}; found"
                    f" {', '.join(map(repr, listed[:5])) or 'nothing'}, expected the archive of a"
                    " tree, as MorphoCluster's export-tree writes it"
                )
        parents, names, approved = _read_nodes(path, archive)
        objects, nodes = _read_objects(path, archive, OBJECTS, parents)
        rejected = 0
        if REJECTED in listed:
            rejected = sum(
                1 for _ in rows_of(path, archive, REJECTED, ("object_id",), MOST_OBJECTS)
            )
    return Sorted(parents, names, approved, objects, nodes, rejected)


def _read_nodes(
    path: Path, archive: zipfile.ZipFile
) -> tuple[dict[int, int | None], dict[int, str], frozenset[int]]:
    parents: dict[int, int | None] = {}
    names: dict[int, str] = {}
    approved = set[int]()
    mistakes = Mistakes(path, NODES)
    columns = ("node_id", "parent_id", "name", "approved")
    for line, (node, parent, name, pure) in rows_of(path, archive, NODES, columns, MOST_NODES):
        number, above = _WHOLE.fullmatch(node), _WHOLE.fullmatch(parent)
        if not number or (parent and not above):
            wrong = f"parent_id {parent!r}" if number else f"node_id {node!r}"
            mistakes.add(line, f"{wrong}: expected a whole number from 0")
        elif int(number[1]) in parents:
            mistakes.add(line, f"node_id {node} stands in a line before it too")
        else:
            parents[int(number[1])] = int(above[1]) if above else None
            if tidy(name):
                names[int(number[1])] = tidy(name)
            if pure.strip().casefold() in _TRUE:
                approved.add(int(number[1]))
    mistakes.refuse()
    _require_tree(path, parents)
    return parents, names, frozenset(approved)


def _require_tree(path: Path, parents: dict[int, int | None]) -> None:
    roots = [node for node, parent in parents.items() if parent is None]
    if len(roots) != 1:
        raise SestonError(
            f"{path}, {NODES}: {len(roots)} nodes without a parent_id, expected one, the root"
        )
    fine = {roots[0]}
    for node in parents:
        path_up: list[int] = []
        here: int = node
        seen: set[int] = set()
        while here not in fine:
            if here in seen:
                raise SestonError(f"{path}, {NODES}: node {here} is below itself")
            seen.add(here)
            path_up.append(here)
            above = parents[here]
            if above is None or above not in parents:
                raise SestonError(f"{path}, {NODES}: node {here}: there is no parent {above}")
            here = above
        fine.update(path_up)


def _read_objects(
    path: Path, archive: zipfile.ZipFile, name: str, parents: dict[int, int | None]
) -> tuple[pa.ChunkedArray, Integers]:
    mistakes = Mistakes(path, name)
    ids, nodes = list[str](), list[int]()
    chunks, parts = [pa.array([], pa.string())], [np.empty(0, np.int64)]
    columns = ("object_id", "node_id")
    for line, (image, node) in rows_of(path, archive, name, columns, MOST_OBJECTS):
        number = _WHOLE.fullmatch(node)
        if not image:
            mistakes.add(line, "no object_id")
        elif not number or int(number[1]) not in parents:
            mistakes.add(line, f"node_id {node!r}: expected a node of {NODES}")
        else:
            ids.append(image)
            nodes.append(int(number[1]))
        if len(ids) == _ROWS:
            chunks.append(pa.array(ids, pa.string()))
            parts.append(np.array(nodes, np.int64))
            ids, nodes = [], []
    mistakes.refuse()
    found = pa.chunked_array([*chunks, pa.array(ids, pa.string())])
    _require_once(path, name, found)
    return found, np.concatenate([*parts, np.array(nodes, np.int64)])


def _require_once(path: Path, name: str, ids: pa.ChunkedArray) -> None:
    codes = ids.dictionary_encode().combine_chunks()
    if len(codes.dictionary) == len(ids):
        return
    counts = np.bincount(codes.indices.to_numpy(zero_copy_only=False))
    twice = codes.dictionary.take(pa.array(np.flatnonzero(counts > 1))).to_pylist()
    more = f" and {len(twice) - NAMED} more" if len(twice) > NAMED else ""
    raise SestonError(
        f"{path}, {name}: objects in several lines: {', '.join(twice[:NAMED])}{more}; expected each"
        " in one node"
    )
