"""What was recorded of organisms can be stored, whatever it is."""

import io
from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from seston.recorded import recorded_table, together


def require_storable(recorded: Sequence[Mapping[str, str | float]]) -> None:
    """Raise unless the tables of two batches join, and come back from a Parquet file as they are.

    Fields that the readers kept are all there, none twice.
    """
    half = len(recorded) // 2
    tables = [
        recorded_table([f"s/{n:06d}" for n, _ in enumerate(part)], part)
        for part in (recorded[:half], recorded[half:])
    ]
    table = together(tables)
    names = {name for row in recorded for name in row}
    assert len(set(table.column_names)) == len(table.column_names) == len(names) + 1
    stored = io.BytesIO()
    pq.write_table(table, stored)
    back = pq.read_table(pa.BufferReader(stored.getvalue()), use_threads=False)
    assert back.schema == table.schema and back.num_rows == len(recorded)
