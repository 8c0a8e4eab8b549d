"""Tables that may be larger than the memory: written and read a part at a time."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from seston import store

ROWS = 4096  # in memory at a time: of crops of 37 x 37 pixels in colour, 17 MB


class TableWriter:
    """Write a Parquet table as its rows come, checked as by `seston.store.write_table`.

    Parameters
    ----------
    path : pathlib.Path
        The file; it appears when the writer is left without an error.
    schema : pyarrow.Schema
        The columns, in order; has ``image_id``.
    kind : str
        What the table is, such as ``"crops"``.
    made_by : str
        Fingerprint of what made it.
    group : int
        Rows that are compressed together, and held in memory until then.
    **extra : str
        More metadata.
    """

    def __init__(
        self,
        path: Path,
        schema: pa.Schema,
        kind: str,
        made_by: str,
        group: int = ROWS,
        **extra: str,
    ) -> None:
        self.rows = 0
        self._kind, self._group = kind, group
        self._schema = schema.with_metadata(store.tags(kind, made_by, extra))
        self._waiting: list[pa.Table] = []
        self._last = schema.empty_table().select(["image_id"])
        self._atomic = store.atomic(path)

    def __enter__(self) -> "TableWriter":
        with ExitStack() as stack:
            temporary = stack.enter_context(self._atomic)
            self._writer = stack.enter_context(
                pq.ParquetWriter(
                    temporary, self._schema, compression="zstd", write_page_checksum=True
                )
            )
            stack.push(self._write_waiting)
            self._open = stack.pop_all()
        return self

    def write(self, table: pa.Table) -> None:
        """Append rows, whose ids come after those of all rows before.

        Raises
        ------
        ValueError
            If a column is missing or cannot be cast, or ids are unsorted or repeated.
        """
        missing = [name for name in self._schema.names if name not in table.column_names]
        if missing:
            raise ValueError(f"{self._kind}: columns missing: {', '.join(missing)}")
        table = table.select(self._schema.names).cast(self._schema)
        ids = pa.concat_tables([self._last, table.select(["image_id"])])
        store.require_sorted(ids["image_id"], self._kind)
        self._last = ids.slice(max(len(ids) - 1, 0)).take([0]) if len(ids) else ids
        self.rows += len(table)
        self._waiting.append(table)
        if sum(map(len, self._waiting)) >= self._group:
            self._flush()

    def _flush(self) -> None:
        # Together, so that many small samples do not make many small row groups.
        together = pa.concat_tables(self._waiting)
        self._waiting = []
        self._writer.write_table(together, row_group_size=self._group)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.__exit__(kind, error, trace)

    def _write_waiting(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None and self._waiting:
            self._flush()


class TableReader:
    """A Parquet table, read a part at a time; `len` is its number of rows.

    Raises
    ------
    SestonError
        If the file is missing, damaged (also while it is read) or of another kind.
    """

    def __init__(self, path: Path, kind: str) -> None:
        self._path = path
        with store.readable(path):
            self._file = pq.ParquetFile(path, page_checksum_verification=True)
            store.require_kind(path, store.metadata(self._file.schema_arrow), kind)
        facts = self._file.metadata
        sizes = [facts.row_group(group).num_rows for group in range(facts.num_row_groups)]
        self._starts = np.cumsum([0, *sizes])
        self._held: tuple[range, Sequence[str], pa.Table] | None = None

    def __len__(self) -> int:
        return int(self._file.metadata.num_rows)

    def parts(self, columns: Sequence[str], rows: int = ROWS) -> Iterator[pa.RecordBatch]:
        """Yield these columns of all rows in order, at most `rows` at a time."""
        with store.readable(self._path):
            yield from self._file.iter_batches(rows, columns=list(columns))

    def rows(self, first: int, count: int, columns: Sequence[str]) -> pa.Table:
        """Return these columns of `count` rows from `first` on; what is read with them is kept."""
        low, high = np.searchsorted(self._starts, (first, first + count - 1), side="right")
        groups = range(int(low) - 1, int(high))
        if self._held is None or self._held[:2] != (groups, columns):
            with store.readable(self._path):
                table = self._file.read_row_groups(list(groups), columns=list(columns))
            self._held = groups, columns, table
        return self._held[2].slice(first - self._starts[groups.start], count)
