"""Archives of crops (zip, tar, tar.gz), read in place: nothing is ever unpacked to disk.

One member at a time is in memory. What an archive says of itself is not believed:
members may not lead out of it, nor swell beyond what images do.
"""

import gzip
import posixpath
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

from seston.errors import SestonError
from seston.instruments.names import require_inside, require_utf8, shown
from seston.instruments.unusable import Unusable

MOST_MEMBERS = 1_000_000
#: Bytes out of one byte in; images hardly shrink, zeros do by 1,000.
MOST_RATIO = 100
#: Smaller ones are none, however well they pack: a picture that is nearly all black.
_HARMLESS = 16_000_000

_ZIP, _GZIP = b"PK", b"\x1f\x8b"
#: As written by all; others (bz2, LZMA) are not decompressed in bounded steps by `zipfile`.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

#: What `zipfile` and `tarfile` raise on damaged or forged archives.
_DAMAGE = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, OSError, ValueError,
    NotImplementedError, OverflowError, RecursionError,
)  # fmt: skip

#: Gives the content of a member, or raises `Unusable`.
Content = Callable[[], bytes]


def check(path: Path) -> None:
    """Raise `SestonError` if the file is no archive, as far as its ends tell."""
    head = _head(path)
    if head.startswith(_ZIP):
        if not zipfile.is_zipfile(path):
            raise SestonError(f"{path}: a zip archive without its end; copy it again")
    else:
        next(members(path), None)


def members(path: Path, most_bytes: int = _HARMLESS) -> Iterator[tuple[str, Content]]:
    """Yield name and content of every file in an archive, in its order.

    Parameters
    ----------
    path : pathlib.Path
        A zip, tar or gzipped tar; which of them, its first bytes say.
    most_bytes : int
        Larger members are refused without being read.

    Yields
    ------
    name : str
        The path in the archive.
    content : callable
        To be called, if at all, before the next member is asked for. Raises
        `Unusable` with reason ``bad_name``, ``outside_root``,
        ``duplicate_name``, ``unreadable``, ``encrypted``, ``too_large``,
        ``bomb``, ``truncated`` or ``corrupt``.

    Raises
    ------
    SestonError
        If the archive as a whole cannot be trusted: it is cut off or damaged,
        swells beyond `MOST_RATIO`, or has more than `MOST_MEMBERS`.
    """
    find = _in_zip if _head(path).startswith(_ZIP) else _in_tar
    seen: set[str] = set()
    for number, (name, content) in enumerate(find(path, most_bytes)):
        if number == MOST_MEMBERS:
            raise SestonError(f"{path}: more than {MOST_MEMBERS:,} files in it; part it")
        try:
            require_utf8(name)
            require_inside(name)
            name = posixpath.normpath(name)
            if name in seen:
                raise Unusable("duplicate_name", "an earlier file in the archive has this name")
            seen.add(name)
        except Unusable as error:
            name, content = shown(name), partial(_refuse, error)
        yield name, content


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(2)
    except OSError as error:
        raise SestonError(f"{path}: the archive cannot be read ({error.strerror})") from error


def _refuse(error: Unusable) -> bytes:
    raise error


def _require_small(size: int, most_bytes: int) -> None:
    if size > most_bytes:
        raise Unusable("too_large", f"{size:,} bytes, more than an image of max_pixels needs")


def _in_zip(path: Path, most_bytes: int) -> Iterator[tuple[str, Content]]:
    try:
        archive = zipfile.ZipFile(path)
    except _DAMAGE as error:
        raise SestonError(f"{path}: the zip archive is damaged ({error}); copy it again") from error
    with archive:
        packed = sum(info.compress_size for info in archive.infolist())
        if packed > path.stat().st_size:
            raise SestonError(f"{path}: files in the zip archive overlap; make it anew")
        for info in archive.infolist():
            if not info.is_dir():
                # Some Windows programs part folders by "\\".
                name = info.filename.replace("\\", "/")
                yield name, partial(_from_zip, archive, info, most_bytes)


def _from_zip(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most_bytes: int) -> bytes:
    if info.flag_bits & 1:
        raise Unusable("encrypted", "make the archive again without a password")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise Unusable("unreadable", "a link, not a file")
    if info.compress_type not in _METHODS:
        raise Unusable("unreadable", f"packed by method {info.compress_type}; use deflate")
    _require_small(info.file_size, most_bytes)
    if info.file_size > max(_HARMLESS, MOST_RATIO * info.compress_size):
        raise Unusable("bomb", f"{info.compress_size:,} bytes that unpack to {info.file_size:,}")
    try:
        with archive.open(info) as file:
            data = file.read(info.file_size)  # in bounded steps, whatever the header says
    except _DAMAGE as error:
        raise Unusable("corrupt", f"damaged in the archive ({error})") from error
    if len(data) < info.file_size:
        raise Unusable("truncated", f"{len(data)} of {info.file_size} bytes in the archive")
    return data


class _Forward:
    """A tar, perhaps gzipped, that `tarfile` may only read forwards and in bounded steps."""

    def __init__(self, raw: BinaryIO, zipped: bool, most_bytes: int) -> None:
        self._raw, self._most = raw, max(most_bytes, _HARMLESS)
        self._file = cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if zipped else raw
        self._zipped, self._at = zipped, 0
        self.last = b""

    def tell(self) -> int:
        return self._at

    def read(self, size: int) -> bytes:
        if not 0 <= size <= self._most:
            raise tarfile.ReadError(f"a header of {size:,} bytes")
        self.last = self._file.read(size)
        self._at += len(self.last)
        if self._zipped and self._at > max(_HARMLESS, MOST_RATIO * self._raw.tell()):
            raise tarfile.ReadError(f"it unpacks to more than {MOST_RATIO} times its size")
        return self.last

    def seek(self, position: int) -> None:
        if position < self._at:
            raise tarfile.ReadError("its headers point backwards")
        if self._zipped:
            while self._at < position and self.read(min(position - self._at, _HARMLESS)):
                pass
        else:
            self._at = self._file.seek(position)

    def finish(self) -> None:
        """Raise an error if the header read last is not the block of zeros that ends a tar."""
        if any(self.last) or not self.last:
            raise tarfile.ReadError("its end is missing")
        while self._zipped and self.read(_HARMLESS):  # gzip's checksum stands at the very end
            pass


def _in_tar(path: Path, most_bytes: int) -> Iterator[tuple[str, Content]]:
    with path.open("rb") as raw:
        file = _Forward(raw, _head(path) == _GZIP, most_bytes)
        try:
            archive = tarfile.TarFile(fileobj=cast(BinaryIO, file), encoding="utf-8")
            while (info := archive.next()) is not None:
                archive.members.clear()  # type: ignore[attr-defined]  # else it keeps a million
                if not info.isdir():
                    yield info.name, partial(_from_tar, file, info, most_bytes)
            file.finish()
        except _DAMAGE as error:
            raise SestonError(
                f"{path}: cannot be used as a tar archive ({error}); copy it again, or make it anew"
            ) from error


def _from_tar(file: _Forward, info: tarfile.TarInfo, most_bytes: int) -> bytes:
    if info.issym() or info.islnk():
        raise Unusable("unreadable", f"a link to {shown(info.linkname)}, not a file")
    if not info.isreg() or info.issparse():
        raise Unusable("unreadable", "not a plain file")
    _require_small(info.size, most_bytes)
    try:
        file.seek(info.offset_data)
        data = file.read(info.size)
    except _DAMAGE as error:
        raise Unusable("corrupt", f"damaged in the archive ({error})") from error
    if len(data) < info.size:
        raise Unusable("truncated", f"{len(data)} of {info.size} bytes in the archive")
    return data
