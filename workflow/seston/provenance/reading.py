"""Columns of a run's files, read so that what is damaged becomes a finding."""

from collections.abc import Collection, Generator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from seston.provenance.finding import Finding
from seston.provenance.marks import UNREADABLE

#: What a generator of findings returns beside them.
Read = Generator[Finding, None, pa.Table | None]


def read_columns(results: Path, files: Collection[str], name: str, columns: list[str]) -> Read:
    """Return columns of a Parquet or Arrow file; None where it is not among `files` or damaged.

    Yields a finding if it is damaged.
    """
    if name not in files:
        return None
    path = results / name
    try:
        if path.suffix == ".arrow":
            with pa.memory_map(str(path)) as source:
                table = pa.ipc.open_file(source).read_all().select(columns)
        else:
            table = pq.read_table(path, columns=columns, page_checksum_verification=True)
        table.validate(full=True)  # what is damaged may lead anywhere in memory
    except UNREADABLE as error:
        yield Finding(name, f"not readable ({error})")
        return None
    return table
