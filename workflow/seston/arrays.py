"""Memory-mapped arrays with ids: tiles and embeddings, one Arrow file a shard."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from seston import store
from seston.errors import SestonError

ROWS_A_BATCH = 1024


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
        self._writer = pa.ipc.new_file(str(self._atomic.__enter__()), self._schema)
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
            self._writer.write_batch(
                pa.record_batch(
                    [pa.array(ids[start : start + ROWS_A_BATCH], pa.string()), values],
                    schema=self._schema,
                )
            )
        self.rows += len(ids)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._writer.close()
        self._atomic.__exit__(kind, error, trace)


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
    """

    def __init__(self, path: Path, kind: str) -> None:
        self.path = Path(path)
        try:
            table = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
        except FileNotFoundError as error:
            raise SestonError(f"{path}: file not found") from error
        except (pa.ArrowInvalid, OSError) as error:
            raise SestonError(
                f"{path}: not a readable Arrow file ({error}); delete it and run again"
            ) from error
        self.metadata = store.metadata(table.schema)
        store.require_kind(self.path, self.metadata, kind)
        self.fingerprint = self.metadata["fingerprint"]
        self.ids = table["image_id"]
        self.shape = tuple(int(n) for n in self.metadata["shape"].split(","))
        self._dtype = np.dtype(table.schema.field(1).type.value_type.to_pandas_dtype())
        self._chunks = [
            chunk.flatten().to_numpy(zero_copy_only=True).reshape(len(chunk), *self.shape)
            for chunk in table.column(1).chunks
        ]
        self._starts = np.cumsum([0, *map(len, self._chunks)])

    def __len__(self) -> int:
        return int(self._starts[-1])

    def blocks(self, rows: int = ROWS_A_BATCH) -> Iterator[npt.NDArray]:
        """Yield all rows in order, at most `rows` at a time, without copying."""
        for chunk in self._chunks:
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
        """Return all rows as one array in memory."""
        return np.concatenate([np.empty((0, *self.shape), self._dtype), *self._chunks])
