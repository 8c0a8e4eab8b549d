"""Tables with commas out of an archive of any origin: a line at a time, within limits.

Nothing is unpacked, and no name of a file in the archive is followed.
"""

import csv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from seston.errors import SestonError
from seston.export.zip_entry import UNREADABLE

MOST_LINE = 1 << 16  # bytes
OPTIONAL = ("name", "approved")
NAMED = 20  # mistakes that a message names before it only counts


@contextmanager
def opened_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """Give an archive; `SestonError` if it is damaged, also while it is read."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except FileNotFoundError as error:
        raise SestonError(f"{path}: file not found") from error
    except UNREADABLE as error:
        raise SestonError(f"{path}: not a readable zip file ({error})") from error


class Mistakes:
    """Faulty lines of a table; only the first ones are held."""

    def __init__(self, path: Path, name: str) -> None:
        self._where, self._shown, self._count = f"{path}, {name}", list[str](), 0

    def add(self, line: int, text: str) -> None:
        """Add one."""
        self._count += 1
        if len(self._shown) < NAMED:
            self._shown.append(f"line {line}: {text}")

    def refuse(self) -> None:
        """Raise `SestonError` if there is any."""
        if self._count:
            more = [f"and {self._count - NAMED} more"] if self._count > NAMED else []
            shown = "\n  ".join([*self._shown, *more])
            raise SestonError(f"{self._where}: {self._count} faulty lines\n  {shown}")


def rows_of(
    path: Path, archive: zipfile.ZipFile, name: str, columns: tuple[str, ...], most: int
) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield line and cells of these columns of a table; `OPTIONAL` ones are "" if missing.

    Raises
    ------
    SestonError
        If a column is missing, a line has another number of cells, is longer than `MOST_LINE` or
        no UTF-8, or there are more than `most` lines.
    """
    with archive.open(name) as file:
        table = csv.reader(_lines(path, file, name), strict=True)
        try:
            header = next(table, [])
            lacking = [name for name in columns if name not in header and name not in OPTIONAL]
            if lacking:
                raise SestonError(
                    f"{path}, {name}: no column {' and '.join(lacking)}; found"
                    f" {', '.join(header)[:80] or 'nothing'}"
                )
            places = [header.index(column) if column in header else None for column in columns]
            for count, cells in enumerate(table, start=1):
                if count > most:
                    raise SestonError(
                        f"{path}, {name}: more than {most} lines; nobody sorts as many"
                    )
                if len(cells) != len(header):
                    raise SestonError(
                        f"{path}, {name}, line {table.line_num}: found {len(cells)} cells, expected"
                        f" {len(header)}"
                    )
                yield (
                    table.line_num,
                    tuple("" if place is None else cells[place] for place in places),
                )
        except csv.Error as error:
            raise SestonError(f"{path}, {name}, line {table.line_num}: {error}") from error


def _lines(path: Path, file: IO[bytes], name: str) -> Iterator[str]:
    """Yield the lines of a table as text, the mark at its beginning left out."""
    number = 0
    while data := file.readline(MOST_LINE + 1):
        number += 1
        if len(data) > MOST_LINE:
            raise SestonError(f"{path}, {name}, line {number}: longer than {MOST_LINE} bytes")
        try:
            yield data.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise SestonError(
                f"{path}, {name}, line {number}: not UTF-8 ({error.reason})"
            ) from error
