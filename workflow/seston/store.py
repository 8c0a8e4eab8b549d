"""Read and write the files between stages: whole or not at all, with their origin.

Tables are Parquet, arrays that must be memory-mapped are Arrow IPC files.
Both carry in their schema metadata what they are (``seston.kind``), the
fingerprint of what made them, the format version and the package version.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from seston import __version__
from seston.errors import SestonError
from seston.schemas import FORMAT
from seston.shortage import in_words, named
from seston.temporary import beside


def fingerprint(*parts: object) -> str:
    """Return the sha256 (hex) of the parts, each as its bytes or its `repr`."""
    digest = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else repr(part).encode()
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; on success it becomes `path`.

    The name is unique, so that two processes never write into one file, and
    the rename happens after the data is on disk: at any moment `path` is
    absent, the old file or the whole new one. What killed processes left for
    the same `path` is removed first.
    """
    path = Path(path)
    temporary = beside(path)
    try:
        with named(path, temporary):
            yield temporary
            _sync(temporary)
            temporary.replace(path)
            _sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(text: str, path: Path) -> None:
    """Write `text` as UTF-8 with unix line ends, atomically."""
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_table(
    table: pa.Table, path: Path, schema: pa.Schema, kind: str, made_by: str, **extra: str
) -> None:
    """Write a Parquet table, checked against its schema.

    Parameters
    ----------
    table : pyarrow.Table
        Has at least the columns of `schema`; further columns are kept behind them.
    schema : pyarrow.Schema
        The columns, in order; see `seston.schemas`.
    kind : str
        What the table is, such as ``"crops"``.
    made_by : str
        Fingerprint of what made it.
    **extra : str
        More metadata.

    Raises
    ------
    ValueError
        If a column is missing or cannot be cast, or ids are unsorted or repeated.
    """
    missing = [name for name in schema.names if name not in table.column_names]
    if missing:
        raise ValueError(f"{kind}: columns missing: {', '.join(missing)}")
    more = [field for field in table.schema if field.name not in schema.names]
    full = pa.schema([*schema, *more], metadata=tags(kind, made_by, extra))
    table = table.select(full.names).cast(full)
    if "image_id" in full.names and kind != "examples":
        require_sorted(table["image_id"], kind)
    with atomic(path) as temporary:
        pq.write_table(table, temporary, compression="zstd", write_page_checksum=True)


def read_table(path: Path, kind: str, columns: Sequence[str] | None = None) -> pa.Table:
    """Read a Parquet table of the given kind.

    Raises
    ------
    SestonError
        If the file is missing, damaged or of another kind.
    """
    with readable(path):
        table = pq.read_table(
            path, columns=list(columns) if columns else None, page_checksum_verification=True
        )
        found = metadata(table.schema)
    require_kind(path, found, kind)
    return table


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Raise `SestonError` for a file that is missing, or whose bytes are not what was written.

    Damaged bytes may lead anywhere: to names that are no text, to columns that are not there.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise SestonError(f"{path}: file not found") from error
    except (OSError, ValueError, LookupError, pa.ArrowException) as error:
        if in_words(error):  # of memory, or the right to read: the file may be sound
            raise
        kind = "Arrow" if Path(path).suffix == ".arrow" else "Parquet"
        raise SestonError(
            f"{path}: not a readable {kind} file ({error}); delete it and run again"
        ) from error


def tags(kind: str, made_by: str, extra: dict[str, str]) -> dict[str, str]:
    """Return the metadata that every file carries, with the `seston.` prefix."""
    values = {"format": FORMAT, "kind": kind, "fingerprint": made_by, "version": __version__}
    return {f"seston.{key}": value for key, value in (values | extra).items()}


def metadata(schema: pa.Schema) -> dict[str, str]:
    """Return the `seston.*` metadata of a schema, without the prefix."""
    raw = schema.metadata or {}
    return {
        key.decode().removeprefix("seston."): value.decode()
        for key, value in raw.items()
        if key.startswith(b"seston.")
    }


def read_metadata(path: Path) -> dict[str, str]:
    """Return the metadata of a Parquet or Arrow file, without reading its rows.

    Raises
    ------
    SestonError
        If the file is missing or damaged.
    """
    with readable(path):
        if Path(path).suffix == ".parquet":
            return metadata(pq.read_schema(path))
        with pa.memory_map(str(path)) as source:
            return metadata(pa.ipc.open_file(source).schema)


def require_kind(path: Path, found: dict[str, str], kind: str) -> None:
    """Raise `SestonError` if the metadata are not those of a file of this kind."""
    if found.get("kind") != kind or found.get("format") != FORMAT:
        raise SestonError(
            f"{path}: found {found.get('kind', 'a file without Seston metadata')}"
            f" in format {found.get('format')}, expected {kind} in format {FORMAT};"
            " delete it and run again"
        )


def require_sorted(ids: pa.ChunkedArray, what: str) -> None:
    """Raise `ValueError` unless the ids are strictly ascending (so also unique)."""
    if len(ids) > 1 and not pc.all(pc.less(ids.slice(0, len(ids) - 1), ids.slice(1))).as_py():
        raise ValueError(f"{what}: ids are not strictly ascending")


def require_same_ids(
    path: Path, ids: pa.ChunkedArray, other: Path, other_ids: pa.ChunkedArray
) -> None:
    """Raise `SestonError` unless two files hold the same ids in the same order."""
    if not ids.equals(other_ids):
        raise SestonError(
            f"{path} ({len(ids)} rows) and {other} ({len(other_ids)} rows) do not hold the same"
            " images; one of them is out of date: delete both and run again"
        )


def common_fingerprint(paths: Iterable[Path]) -> str:
    """Return the fingerprint that all files share.

    Raises
    ------
    SestonError
        If two files were made by different things (naming both).
    """
    first: tuple[Path, str] | None = None
    for path in paths:
        found = read_metadata(path).get("fingerprint", "")
        if first is None:
            first = (path, found)
        elif found != first[1]:
            raise SestonError(
                f"{path} (fingerprint {found[:12]}) and {first[0]} ({first[1][:12]}) were made by"
                " different models or settings; delete the older and run again"
            )
    if first is None:
        raise SestonError("no files to read: the sample sheet gives no shard")
    return first[1]


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
