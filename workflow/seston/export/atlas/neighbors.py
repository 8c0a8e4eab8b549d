"""The nearest organisms of each, as the index of the run finds them."""

from pathlib import Path

import pyarrow as pa

from seston.errors import SestonError
from seston.search.lookup import Lookup


class Neighbors:
    """Neighbours by row of the table of images.

    The index numbers organisms in the order of their ids, which is the order of the rows.

    Parameters
    ----------
    embeddings_dir, index_dir : pathlib.Path
        Of the chosen model.
    count : int
        Neighbours of each organism; of a run with fewer others, all of them.

    Raises
    ------
    SestonError
        If the two are damaged, or not of each other.
    """

    def __init__(self, embeddings_dir: Path, index_dir: Path, count: int) -> None:
        self._lookup = Lookup(embeddings_dir, index_dir)
        self._folder, self._count = index_dir, count

    def of(self, first: int, ids: pa.ChunkedArray) -> pa.StructArray:
        """Return ``ids`` (rows) and ``distances`` (Euclidean, between embeddings) of organisms.

        Parameters
        ----------
        first : int
            Row of the first one.
        ids : pyarrow.ChunkedArray of string
            Their ids.
        """
        held = self._lookup.rows.ids.slice(first, len(ids))
        if not pa.chunked_array([held]).equals(ids):
            raise SestonError(
                f"{self._folder}: the index of other images than those of this run; delete it and"
                " run again"
            )
        found = [
            self._lookup.nearest(self._lookup.embedding(row), self._count, (row, row + 1))
            for row in range(first, first + len(ids))
        ]
        return pa.StructArray.from_arrays(
            [
                pa.array([near.ranks for near in found], pa.list_(pa.int64())),
                pa.array([near.distances for near in found], pa.list_(pa.float32())),
            ],
            ["ids", "distances"],
        )
