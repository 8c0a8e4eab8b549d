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

    Gives its descriptor. The lock goes with the process, however that ends; the file stays, since
    whoever waits for it might hold one that is gone.

    Raises
    ------
    SestonError
        If another process has locked it, or it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
    except OSError as error:
        raise SestonError(f"{path}: cannot be written ({error.strerror})") from error
    try:
        _lock(file, path)
        yield file
    finally:
        os.close(file)


def _lock(file: int, path: Path) -> None:
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
