"""Names for what is being written, and an end to what killed processes left unfinished."""

import os
import secrets
import shutil
import socket
import time
from contextlib import suppress
from glob import escape
from pathlib import Path

_HOST = socket.gethostname().replace(".", "-")

#: seconds without a write after which the process of another machine is taken for dead
ABANDONED = 86_400


def beside(path: Path) -> Path:
    """Return a name beside `path` that no other process has, on whatever machine.

    What processes left beside the same `path` when they were killed is removed first.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in path.parent.glob(f".{escape(path.name)}.*.*.*.tmp"):
        if _abandoned(left):
            remove(left)
    return path.parent / f".{path.name}.{_HOST}.{os.getpid()}.{secrets.token_hex(4)}.tmp"


def remove(path: Path) -> None:
    """Remove a file or a folder with all that is in it, if it is there."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)  # another process may remove it as well
    else:
        path.unlink(missing_ok=True)


def _abandoned(path: Path) -> bool:
    _, host, process, _, _ = path.name.rsplit(".", 4)
    if host == _HOST:
        return process.isdigit() and not _runs(int(process))
    with suppress(FileNotFoundError):  # finished meanwhile
        return time.time() - path.stat().st_mtime > ABANDONED
    return False


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
