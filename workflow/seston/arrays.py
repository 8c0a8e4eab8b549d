"""Memory-mapped arrays with ids: tiles and embeddings, one Arrow file a shard.

Each batch of rows carries checksums (CRC-32) of its ids and of its values, since Arrow files have
none: that of the ids is compared when a file is opened, those of the values as they are read in
order (`ArrayFile.blocks`), which each of these files is once before anything is made of it.
"""

import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from seston import store

ROWS_A_BATCH = 1024
_OF_IDS, _OF_VALUES = "seston.crc32.ids", "seston.crc32.values"


class ArrayWriter:
    """Write rows of one shape, with their ids, as they come.

    Parameters
    ----------
    path : pathlib.Path
        The Arrow file; it appears when the writer is left without an error.
    kind : str
        ``"tiles"`` or ``"embeddings"``.
    column : str
        Name of the array column.
    shape : tuple of int
        Shape of one row.
    dtype : numpy dtype
        ``uint8`` or ``float16``.
    made_by : str
        Fingerprint of what made the rows.
    **extra : str
        More metadata.
    """

    def __init__(
        self,
        path: Path,
        kind: str,
        column: str,
        shape: tuple[int, ...],
        dtype: npt.DTypeLike,
        made_by: str,
        **extra: str,
    ) -> None:
        self.shape, self.dtype = shape, np.dtype(dtype)
        self.rows = 0
        self._width = int(np.prod(shape))
        value = pa.list_(pa.from_numpy_dtype(self.dtype), self._width)
        tags = store.tags(kind, made_by, extra | {"shape": ",".join(map(str, shape))})
        self._schema = pa.schema([("image_id", pa.string()), (column, value)], metadata=tags)
        self._atomic = store.atomic(path)

    def __enter__(self) -> "ArrayWriter":
        with ExitStack() as stack:
            temporary = stack.enter_context(self._atomic)
            self._writer = stack.enter_context(pa.ipc.new_file(str(temporary), self._schema))
            self._open = stack.pop_all()
        return self

    def write(self, ids: Sequence[str], rows: npt.NDArray) -> None:
        """Append the rows, cut into batches of `ROWS_A_BATCH`."""
        if rows.shape != (len(ids), *self.shape) or rows.dtype != self.dtype:
            raise ValueError(
                f"expected {len(ids)} rows of {self.shape} {self.dtype},"
                f" got {rows.shape} {rows.dtype}"
            )
        flat = np.ascontiguousarray(rows).reshape(len(ids), self._width)
        for start in range(0, len(ids), ROWS_A_BATCH):
            part = flat[start : start + ROWS_A_BATCH]
            values = pa.FixedSizeListArray.from_arrays(pa.array(part.reshape(-1)), self._width)
            names = pa.array(ids[start : start + ROWS_A_BATCH], pa.string())
            self._writer.write_batch(
                pa.record_batch([names, values], schema=self._schema),
                {_OF_IDS: str(_checksum_of_ids(names)), _OF_VALUES: str(zlib.crc32(part.data))},
            )
        self.rows += len(ids)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.__exit__(kind, error, trace)


class ArrayFile:
    """A memory-mapped file of rows with ids; only the pages read use memory.

    Attributes
    ----------
    ids : pyarrow.ChunkedArray of string
    shape : tuple of int
        Shape of one row.
    fingerprint : str
        What made the rows.
    metadata : dict of str to str

    Raises
    ------
    SestonError
        If the file is missing, damaged or of another kind.
    """

    def __init__(self, path: Path, kind: str) -> None:
        self.path = Path(path)
        with store.readable(self.path):
            reader = pa.ipc.open_file(pa.memory_map(str(path)))
            self.metadata = store.metadata(reader.schema)
        store.require_kind(self.path, self.metadata, kind)
        with store.readable(self.path):
            self.fingerprint = self.metadata["fingerprint"]
            self.shape = tuple(int(n) for n in self.metadata["shape"].split(","))
            self._dtype = np.dtype(reader.schema.field(1).type.value_type.to_pandas_dtype())
            ids: list[pa.Array] = []
            self._chunks: list[npt.NDArray] = []
            self._starts = np.zeros(reader.num_record_batches + 1, np.int64)
            self._unproven: dict[int, int] = {}  # chunk -> checksum that its values must have
            for number in range(reader.num_record_batches):
                batch, sums = reader.get_batch_with_custom_metadata(number)
                batch.validate(full=True)  # what is damaged may lead anywhere in memory
                values = batch.column(1).flatten().to_numpy(zero_copy_only=True)
                self._chunks.append(values.reshape(len(batch), *self.shape))
                self._starts[number + 1] = self._starts[number] + len(batch)
                ids.append(batch.column("image_id"))
                if sums:  # files of earlier versions have none
                    self._require(int(sums[_OF_IDS]), _checksum_of_ids(ids[-1]), number)
                    self._unproven[number] = int(sums[_OF_VALUES])
            self.ids = pa.chunked_array(ids, pa.string())

    def __len__(self) -> int:
        return int(self._starts[-1])

    def blocks(self, rows: int = ROWS_A_BATCH) -> Iterator[npt.NDArray]:
        """Yield all rows in order, at most `rows` at a time, without copying.

        Raises
        ------
        SestonError
            If values are not those that were written.
        """
        for number, chunk in enumerate(self._chunks):
            if number in self._unproven:
                with store.readable(self.path):
                    self._require(self._unproven.pop(number), zlib.crc32(chunk.data), number)
            for start in range(0, len(chunk), rows):
                yield chunk[start : start + rows]

    def take(self, positions: npt.NDArray[np.integer]) -> npt.NDArray:
        """Return a copy of the rows at these positions, in the order asked."""
        out = np.empty((len(positions), *self.shape), self._dtype)
        which = np.searchsorted(self._starts, positions, side="right") - 1
        for chunk in np.unique(which):
            mine = which == chunk
            out[mine] = self._chunks[chunk][positions[mine] - self._starts[chunk]]
        return out

    def array(self) -> npt.NDArray:
        """Return all rows as one array in memory, checked as by `blocks`."""
        return np.concatenate([np.empty((0, *self.shape), self._dtype), *self.blocks()])

    def _require(self, written: int, found: int, number: int) -> None:
        if written != found:
            raise ValueError(
                f"rows {self._starts[number]} to {self._starts[number + 1] - 1} are not what was"
                f" written: their checksum is {found:08x}, expected {written:08x}"
            )


def _checksum_of_ids(ids: pa.Array) -> int:
    _, ends, text = ids.buffers()
    ends = np.frombuffer(ends, np.int32, len(ids) + 1, ids.offset * 4)
    letters = memoryview(text)[ends[0] : ends[-1]] if text else b""
    return zlib.crc32(letters, zlib.crc32(ends - ends[0]))
