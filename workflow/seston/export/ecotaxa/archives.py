"""Archives of pictures with their table, as many as their limits ask for.

They are written as the organisms come: in memory are only the names in the archive that is open.
Two exports of the same organisms give the same bytes.
"""

import csv
import io
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from seston.errors import SestonError
from seston.export.ecotaxa.rules import Column
from seston.export.zip_entry import zip_entry

_TEXT_MARK = b"\xef\xbb\xbf"  # without it, EcoTaxa takes a table for Latin-1
#: Bytes that a picture's name takes in an archive beside its characters, twice each.
_ENTRY = 30 + 46
#: Bytes of a table that are held in memory before they go to a file of the system.
_HELD = 1 << 22


class Written(NamedTuple):
    """An archive, what is in it, and how large it is."""

    archive: str
    images: int
    samples: int
    bytes: int
    first_image: str
    last_image: str


class Archives:
    """Write archives ``ecotaxa_001.zip``, … one after the other.

    Attributes
    ----------
    written : list of Written
        The archives that are closed.

    Parameters
    ----------
    folder : pathlib.Path
    header : sequence of Column
    most_images, most_bytes : int
        An archive is closed before it would have more.
    """

    def __init__(
        self, folder: Path, header: Sequence[Column], most_images: int, most_bytes: int
    ) -> None:
        self.written: list[Written] = []
        self._folder, self._header = folder, header
        self._most_images, self._most_bytes = most_images, most_bytes
        self._open: _Archive | None = None

    def __enter__(self) -> "Archives":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self._close()
        elif self._open is not None:
            self._open.abandon()

    def add(self, sample: str, image: str, name: str, picture: bytes, cells: Sequence[str]) -> None:
        """Add an organism.

        Parameters
        ----------
        sample, image : str
            Of which sample it is, and its id.
        name : str
            Of its picture in the archive.
        picture : bytes
        cells : sequence of str
            Its line of the table.

        Raises
        ------
        SestonError
            If the picture alone is larger than an archive may be.
        """
        line = _line(cells)
        size = len(picture) + _ENTRY + 2 * len(name) + len(line)
        if self._open and not self._open.has_room(size, self._most_images, self._most_bytes):
            self._close()
        if self._open is None:
            number = len(self.written) + 1
            self._open = _Archive(self._folder / f"ecotaxa_{number:03d}.zip", self._header)
            if not self._open.has_room(size, self._most_images, self._most_bytes):
                raise SestonError(
                    f"{image}: with its {len(picture)} bytes it does not fit into an archive of"
                    f" {self._most_bytes} bytes; set export.ecotaxa.archive_mb higher"
                )
        self._open.add(sample, image, name, picture, line, size)

    def _close(self) -> None:
        if self._open is not None:
            self.written.append(self._open.close())
            self._open = None


class _Archive:
    """The archive that is being written; its table waits in a file of the system."""

    def __init__(self, path: Path, header: Sequence[Column]) -> None:
        self._path, self._header = path, header
        self._zip = zipfile.ZipFile(path, "w")
        self._table = tempfile.SpooledTemporaryFile(max_size=_HELD)  # noqa: SIM115 - see close
        self._table.write(_TEXT_MARK + _line([column.name for column in header]))
        self._table.write(_line([column.type for column in header]))
        self._size, self._images, self._first, self._last = self._table.tell(), 0, "", ""
        self._samples: set[str] = set()

    def has_room(self, size: int, most_images: int, most_bytes: int) -> bool:
        """Whether this many bytes fit as well; the table counts as if nothing compressed it."""
        return self._images < most_images and self._size + size <= most_bytes

    def add(
        self, sample: str, image: str, name: str, picture: bytes, line: bytes, size: int
    ) -> None:
        self._zip.writestr(zip_entry(name), picture, zipfile.ZIP_STORED)  # a PNG is small already
        self._table.write(line)
        self._first, self._last = self._first or image, image
        self._images, self._size = self._images + 1, self._size + size
        self._samples.add(sample)

    def abandon(self) -> None:
        self._zip.close()
        self._table.close()

    def close(self) -> Written:
        self._table.seek(0)
        entry = zip_entry(f"{self._path.stem}.tsv", deflate=True)
        with self._zip, self._table, self._zip.open(entry, "w", force_zip64=True) as file:
            while block := self._table.read(_HELD):
                file.write(block)
        return Written(
            self._path.name, self._images, len(self._samples), self._path.stat().st_size,
            self._first, self._last,
        )  # fmt: skip


def _line(cells: Sequence[str]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter="\t", lineterminator="\n").writerow(cells)
    return buffer.getvalue().encode()
