"""Write a folder of files whole or not at all."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from seston.shortage import named
from seston.temporary import beside, remove


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Give an empty folder beside `path`; on success it takes the place of `path`.

    The swap is two renames: at any moment `path` is absent or whole. Two processes never write
    into one folder; what the later one wrote stays.
    """
    new, old = beside(path), beside(path)
    new.mkdir()
    try:
        with named(path, new):
            yield new
            _swap(new, old, path)
    finally:
        remove(new)
        remove(old)


def _swap(new: Path, old: Path, path: Path) -> None:
    while new.exists():
        with suppress(FileNotFoundError):
            path.rename(old)
        try:
            new.rename(path)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):  # NFS may say the latter
                raise
            remove(old)  # another process was faster: its folder is the old one now
