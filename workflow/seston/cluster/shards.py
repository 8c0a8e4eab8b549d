"""The embeddings of all shards as one matrix that stays on disk."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from seston import store
from seston.arrays import ArrayFile
from seston.errors import SestonError

BLOCK = 4096  # rows in float32 at a time: 6 MB at 384 dimensions, which the processor still caches
DECODED = 512  # rows at a time: what is decoded in several steps stays in the cache
_EXPONENT = np.uint16(0x7C00)  # of a float16
NAMED = 5  # faulty rows that a message names before it only counts


class EmbeddingShards:
    """Memory-mapped embeddings of several shards, checked to belong together.

    One shard is mapped at a time, so that what is resident does not grow with their number.

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
        self._paths = [folder / f"{name}.arrow" for name in self.names]
        self._mapped: tuple[int, ArrayFile] | None = None
        self.fingerprint = store.common_fingerprint(self._paths)
        self.dim = self._file(0).shape[0]
        self.counts, chunks = [], []
        for shard, path in enumerate(self._paths):
            file = self._file(shard)
            if file.shape != (self.dim,):
                raise SestonError(
                    f"{path}: embeddings of shape {file.shape}, but those of {self._paths[0]}"
                    f" have ({self.dim},); delete the embeddings and run again"
                )
            self.counts.append(len(file))
            chunks.append(_copy(file.ids))
        self._starts = np.cumsum([0, *self.counts])
        ids = pa.chunked_array(chunks, pa.string())
        self.order = pc.sort_indices(ids).to_numpy().astype(np.int64)
        self.ids = ids.take(pa.array(self.order)).combine_chunks()
        self._require_unique()

    def __len__(self) -> int:
        return int(self._starts[-1])

    def blocks(self) -> Iterator[npt.NDArray[np.float32]]:
        """Yield all rows in file order, at most `BLOCK` at a time, as float32.

        The array is overwritten by the next one: only one block is in memory.
        """
        block = np.empty((min(BLOCK, len(self)), self.dim), np.float32)
        filled = 0
        for shard in range(len(self.names)):
            for part in self._file(shard).blocks(DECODED):
                while len(part):
                    taken = min(len(part), len(block) - filled)
                    _decode(part[:taken], block[filled : filled + taken])
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
                rows[some] = self._file(shard).take(positions[some] - self._starts[shard])
        return rows

    def draw(self, count: int, generator: np.random.Generator) -> npt.NDArray[np.int64]:
        """Return the file positions of `count` rows drawn without return, by ascending id."""
        chosen = generator.choice(len(self), size=min(count, len(self)), replace=False)
        return self.order[np.sort(chosen)]

    def ids_by_shard(self) -> Iterator[tuple[str, pa.ChunkedArray]]:
        """Yield each shard with the ids of its rows, in file order."""
        for shard, name in enumerate(self.names):
            yield name, self._file(shard).ids

    def where(self, position: int) -> tuple[str, str]:
        """Return the shard and the id of the row at a file position."""
        shard = int(np.searchsorted(self._starts, position, side="right")) - 1
        row = int(position - self._starts[shard])
        return self.names[shard], self._file(shard).ids[row].as_py()

    def require_usable(self) -> None:
        """Raise `SestonError` naming shard and id of rows that are not finite or all zero."""
        bad: list[int] = []
        start = 0
        for shard in range(len(self.names)):
            for part in self._file(shard).blocks(BLOCK):
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

    def _file(self, shard: int) -> ArrayFile:
        if self._mapped is None or self._mapped[0] != shard:
            self._mapped = shard, ArrayFile(self._paths[shard], "embeddings")
        return self._mapped[1]

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


def _decode(rows: npt.NDArray[np.float16], out: npt.NDArray[np.float32]) -> None:
    """Write finite float16 as float32, in half the time that numpy takes, bit for bit the same.

    Sign, exponent and mantissa are moved to their places in a float32, whose exponent counts
    from 127 and not from 15: the product with 2**112 makes up for it, exactly.
    """
    bits = out.view(np.int32)
    bits[...] = rows.view(np.int16)  # the sign fills what stands before it
    np.left_shift(bits, 13, out=bits)
    np.bitwise_and(bits, np.int32(~0x70000000), out=bits)
    np.multiply(out, np.float32(2.0**112), out=out)


def _copy(ids: pa.ChunkedArray) -> pa.Array:
    """Return ids outside of the file that they were mapped from."""
    return pc.take(ids, pa.array(np.arange(len(ids)))).combine_chunks()
