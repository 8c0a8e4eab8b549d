"""An archive for EcoTaxa as its importer sees it: a zip file, or a folder, with files in it."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

from seston.errors import SestonError


class Opened(Protocol):
    """Files by their names, with ``/`` between folders."""

    path: Path
    names: frozenset[str]

    def read(self, name: str) -> IO[bytes]:
        """Open a file."""
        ...


class _Folder:
    def __init__(self, path: Path) -> None:
        self.path = path
        files = (file for file in path.rglob("*") if file.is_file())
        self.names = frozenset(file.relative_to(path).as_posix() for file in files)

    def read(self, name: str) -> IO[bytes]:
        return (self.path / name).open("rb")


class _Zip:
    def __init__(self, path: Path, file: zipfile.ZipFile) -> None:
        self.path, self._file = path, file
        self.names = frozenset(entry.filename for entry in file.infolist() if not entry.is_dir())

    def read(self, name: str) -> IO[bytes]:
        return self._file.open(name)


@contextmanager
def opened(path: Path) -> Iterator[Opened]:
    """Give the files of a zip file or a folder.

    Raises
    ------
    SestonError
        If it is neither, or damaged.
    """
    if path.is_dir():
        yield _Folder(path)
        return
    try:
        file = zipfile.ZipFile(path)
    except FileNotFoundError as error:
        raise SestonError(f"{path}: no such file or folder") from error
    except (zipfile.BadZipFile, OSError) as error:
        raise SestonError(f"{path}: not a readable zip file ({error})") from error
    with file:
        yield _Zip(path, file)
