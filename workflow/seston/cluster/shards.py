"""The embeddings of all shards as one matrix that stays on disk."""

from collections.abc import Iterator
from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from seston import store
from seston.arrays import ArrayFile
from seston.errors import SestonError

BLOCK = 4096  # rows in float32 at a time: 6 MB at 384 dimensions, which the processor still caches
_EXPONENT = np.uint16(0x7C00)  # of a float16
NAMED = 5  # faulty rows that a message names before it only counts


class EmbeddingShards:
    """Memory-mapped embeddings of several shards, checked to belong together.

    Rows have two orders: that of the files (`blocks`, fast) and that of their
    ids (`order`), in which samples are drawn, so that cutting the same images
    into other shards draws the same images.

    Attributes
    ----------
    names : list of str
        The shards, sorted.
    counts : list of int
        Rows of each shard.
    dim : int
        Length of one embedding.
    fingerprint : str
        What made all of them.
    order : ndarray of int64, shape (n,)
        File positions in ascending order of the ids.
    ids : pyarrow.Array of string, length n
        The ids, ascending.

    Raises
    ------
    SestonError
        If a file is missing or damaged, or was made by another model or with
        another length than the others, or if an id occurs twice.
    """

    def __init__(self, folder: Path, shards: list[str]) -> None:
        self.names = sorted(shards)
        paths = [folder / f"{name}.arrow" for name in self.names]
        self._files = [ArrayFile(path, "embeddings") for path in paths]
        self.fingerprint = store.common_fingerprint(paths)
        self.dim = self._files[0].shape[0]
        for file in self._files:
            if file.shape != (self.dim,):
                raise SestonError(
                    f"{file.path}: embeddings of shape {file.shape}, but those of {paths[0]} have"
                    f" ({self.dim},); delete the embeddings and run again"
                )
        self.counts = [len(file) for file in self._files]
        self._starts = np.cumsum([0, *self.counts])
        chunks = [chunk for file in self._files for chunk in file.ids.chunks]
        ids = pa.chunked_array(chunks, pa.string())
        self.order = pc.sort_indices(ids).to_numpy().astype(np.int64)
        self.ids = ids.take(pa.array(self.order)).combine_chunks()
        self._require_unique()
        self._half = faiss.ScalarQuantizer(self.dim, faiss.ScalarQuantizer.QT_fp16)

    def __len__(self) -> int:
        return int(self._starts[-1])

    def blocks(self) -> Iterator[npt.NDArray[np.float32]]:
        """Yield all rows in file order, at most `BLOCK` at a time, as float32.

        The array is overwritten by the next one: only one block is in memory.
        """
        block = np.empty((min(BLOCK, len(self)), self.dim), np.float32)
        filled = 0
        for file in self._files:
            for part in file.blocks():
                while len(part):
                    taken = min(len(part), len(block) - filled)
                    self._decode(part[:taken], block[filled : filled + taken])
                    filled, part = filled + taken, part[taken:]
                    if filled == len(block):
                        yield block
                        filled = 0
        if filled:
            yield block[:filled]

    def take(self, positions: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """Return the rows at these file positions, as float32, in the order asked."""
        rows = np.empty((len(positions), self.dim), np.float32)
        which = np.searchsorted(self._starts, positions, side="right") - 1
        for shard in np.unique(which):
            mine = np.flatnonzero(which == shard)
            for start in range(0, len(mine), BLOCK):
                some = mine[start : start + BLOCK]
                rows[some] = self._files[shard].take(positions[some] - self._starts[shard])
        return rows

    def draw(self, count: int, generator: np.random.Generator) -> npt.NDArray[np.int64]:
        """Return the file positions of `count` rows drawn without return, by ascending id."""
        chosen = generator.choice(len(self), size=min(count, len(self)), replace=False)
        return self.order[np.sort(chosen)]

    def ids_by_shard(self) -> Iterator[tuple[str, pa.ChunkedArray]]:
        """Yield each shard with the ids of its rows, in file order."""
        for name, file in zip(self.names, self._files, strict=True):
            yield name, file.ids

    def where(self, position: int) -> tuple[str, str]:
        """Return the shard and the id of the row at a file position."""
        shard = int(np.searchsorted(self._starts, position, side="right")) - 1
        return self.names[shard], self._files[shard].ids[
            int(position - self._starts[shard])
        ].as_py()

    def require_usable(self) -> None:
        """Raise `SestonError` naming shard and id of rows that are not finite or all zero."""
        bad: list[int] = []
        start = 0
        for file in self._files:
            for part in file.blocks(BLOCK):
                # All bits of a float16's exponent are set where it is not finite. A row of zeros
                # has a zero in front, which few others have: only those are looked at whole.
                odd = (part.view(np.uint16) & _EXPONENT == _EXPONENT).any(axis=1)
                none = np.flatnonzero(part[:, 0] == 0)
                odd[none] |= ~part[none].any(axis=1)
                bad += (start + np.flatnonzero(odd)).tolist()
                start += len(part)
        if bad:
            named = ", ".join("{1} in shard {0}".format(*self.where(row)) for row in bad[:NAMED])
            raise SestonError(
                f"{len(bad)} embeddings are not finite or all zero: {named}"
                f"{', …' if len(bad) > NAMED else ''}; expected finite numbers of some length:"
                " delete those shards of the embeddings and run again, and if it comes back,"
                " the weights of the model are damaged"
            )

    def _decode(self, rows: npt.NDArray, out: npt.NDArray[np.float32]) -> None:
        # A quarter faster than numpy, with which it agrees bit by bit.
        codes = np.ascontiguousarray(rows).view(np.uint8)
        decode = self._half.decode_c  # type: ignore[attr-defined]  # not in faiss's stubs
        decode(faiss.swig_ptr(codes), faiss.swig_ptr(out), len(rows))

    def _require_unique(self) -> None:
        if len(self.ids) < 2:
            return
        same = pc.equal(self.ids.slice(0, len(self.ids) - 1), self.ids.slice(1)).to_numpy(
            zero_copy_only=False
        )
        if same.any():
            first = int(np.flatnonzero(same)[0])
            shards = [self.where(row)[0] for row in self.order[first : first + 2]]
            raise SestonError(
                f"image {self.ids[first].as_py()} occurs twice, in the embeddings of shards"
                f" {shards[0]} and {shards[1]} ({int(same.sum())} such images);"
                " delete these shards' results and run again"
            )
