"""The archive of a tree, as MorphoCluster's `load-project` reads it."""

import csv
import io
import json
import tempfile
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

from seston.export.morphocluster.nodes import NONE, Node
from seston.export.zip_entry import zip_entry

NODES, OBJECTS, META = "nodes.csv", "objects.csv", "meta.json"
#: Nobody has looked at a node, nor let it grow, before it is in MorphoCluster.
COLUMNS = ("node_id", "parent_id", "name", "approved", "filled")
HELD = 1 << 22  # bytes of a table in memory before they go to a file of the system


class Rows:
    """A table with commas that waits, outside of the memory, to go into an archive."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=HELD)  # noqa: SIM115 - see __exit__
        self.add([columns])

    def __enter__(self) -> "Rows":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def add(self, rows: Iterable[Sequence[object]]) -> None:
        """Add rows of cells."""
        self._file.write(_lines(rows))

    def into(self, archive: zipfile.ZipFile, name: str) -> None:
        """Write all rows into an archive."""
        self._file.seek(0)
        entry = zip_entry(name, deflate=True)
        with archive.open(entry, "w", force_zip64=True) as file:
            while block := self._file.read(HELD):
                file.write(block)


def write_tree(
    nodes: Sequence[Node], objects: Rows, meta: Mapping[str, object], path: Path
) -> None:
    """Write the archive.

    Parameters
    ----------
    nodes : sequence of Node
        The root first.
    objects : Rows
        ``object_id`` and ``node_id``.
    meta : mapping
        What the tree is, for people.
    path : pathlib.Path
    """
    cells = [
        (node.number, "" if node.parent == NONE else node.parent, node.name, False, False)
        for node in nodes
    ]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(zip_entry(NODES, deflate=True), _lines([COLUMNS, *cells]))
        objects.into(archive, OBJECTS)
        told = json.dumps(meta, indent=1, sort_keys=True) + "\n"
        archive.writestr(zip_entry(META, deflate=True), told)


def _lines(rows: Iterable[Sequence[object]]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue().encode()
