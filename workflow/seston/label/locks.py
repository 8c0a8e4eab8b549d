"""Files that one process at a time works with."""

import errno
import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seston.errors import SestonError

log = logging.getLogger("seston")

#: File systems that know no locks say so by one of these.
_NONE = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP}


@contextmanager
def locked(path: Path) -> Iterator[int]:
    """Open a file to read and append, made if it is not there, and lock it against others.

    Gives its descriptor. The lock goes with the process, however that ends. A file in which
    nothing stands at the end is removed.

    Raises
    ------
    SestonError
        If another process has locked it, or it cannot be written.
    """
    file, is_mine = _locked(path)
    try:
        yield file
    finally:
        if is_mine and not os.fstat(file).st_size and _is_there(file, path):
            path.unlink()
        os.close(file)


def _locked(path: Path) -> tuple[int, bool]:
    """Return the file, and whether it is locked (some file systems know no locks)."""
    while True:
        file = _opened(path)
        try:
            is_mine = _lock(file, path)
        except SestonError:
            os.close(file)
            raise
        if not is_mine or _is_there(file, path):
            return file, is_mine
        os.close(file)  # whoever had locked it removed it meanwhile


def _opened(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
    except OSError as error:
        raise SestonError(f"{path}: cannot be written ({error.strerror})") from error


def _is_there(file: int, path: Path) -> bool:
    """Return whether the path still leads to the file that was opened."""
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except FileNotFoundError:
        return False


def _lock(file: int, path: Path) -> bool:
    """Lock a file; return whether that is so."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise SestonError(
            f"{path} is in use by another `seston label`; end that one (Ctrl-C), or give this one"
            " tables of its own (--names and --labels)"
        ) from error
    except OSError as error:
        if error.errno not in _NONE:
            raise SestonError(f"{path}: cannot be locked ({error.strerror})") from error
        log.warning("%s: no locks on this file system; start only one `seston label` here", path)
        return False
    return True
