"""Size and sha256 of many files, several at a time."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import file_digest
from pathlib import Path
from typing import NamedTuple


class Checksum(NamedTuple):
    """Length in bytes, and sha256 (hex)."""

    size: int
    sha256: str


def checksums(
    folder: Path, names: Sequence[str], threads: int
) -> Iterator[tuple[str, Checksum | None]]:
    """Yield the checksum of each file below `folder`, in the order asked; None: it cannot be read.

    Files are read in blocks, so that memory does not grow with their size. Hashing and reading
    leave the interpreter's lock, so threads are enough.
    """

    def one(name: str) -> Checksum | None:
        try:
            with (folder / name).open("rb") as file:
                digest = file_digest(file, "sha256").hexdigest()
                return Checksum(file.tell(), digest)
        except OSError:
            return None

    with ThreadPoolExecutor(threads) as pool:
        yield from zip(names, pool.map(one, names), strict=True)
