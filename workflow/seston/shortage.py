"""What the machine lacks, in one line: room on the disk, permission, memory."""

import errno
import re
import shutil
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

#: no space left, quota used up, larger than files may become
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_CLOSED = {errno.EACCES, errno.EPERM, errno.EROFS}
#: Bytes under which a disk is taken for full where a library does not say why it failed.
_NOTHING = 1 << 16
#: How libraries say it that raise no MemoryError: torch, OpenCV, faiss, Arrow; and threads.
_MEMORY = re.compile(
    r"can't allocate memory|Cannot allocate memory|Insufficient memory|bad_alloc"
    r"|can't start new thread|Failed to launch worker thread"
)


@contextmanager
def named(path: Path, temporary: Path) -> Iterator[None]:
    """Let errors of writing name the file or folder that is made, not its temporary name.

    Libraries that write with their own code (faiss, torch) raise RuntimeError where the disk is
    full; here it becomes the OSError that all others raise.

    Parameters
    ----------
    path : pathlib.Path
        What is made.
    temporary : pathlib.Path
        Where it is written until it is whole.

    Raises
    ------
    OSError
        With `path`, or the place in it, as its file name, and a note of how much was written.
    """
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno in FULL:
            error.filename = str(path)
        elif str(error.filename).startswith(str(temporary)):
            error.filename = str(path) + str(error.filename)[len(str(temporary)) :]
        _note(error, temporary)
        raise
    except RuntimeError as error:
        if _free(temporary.parent) >= _NOTHING and "No space left" not in str(error):
            raise
        full = OSError(errno.ENOSPC, "No space left on device", str(path))
        _note(full, temporary)
        raise full from error


def in_words(error: BaseException) -> str | None:
    """Return what is missing, where, and what to do; None for errors that are about something else.

    Examples
    --------
    >>> print(in_words(OSError(errno.EROFS, "Read-only file system", "results/a.tsv")))
    results/a.tsv: Read-only file system; let this user read and write there, or work elsewhere
    """
    if isinstance(error, MemoryError) or _MEMORY.search(str(error)):
        return (
            f"out of memory ({_line(error)}); give the job more: raise mem_mb of its rule"
            " (--set-resources RULE:mem_mb=…) and the limit of the machine (ulimit -v, container,"
            " SLURM), or shorten the shards (shard_by)"
        )
    if isinstance(error, BrokenExecutor):
        return (
            "a process that helped with the work was killed, most often for want of memory; run"
            " again, with more memory (mem_mb) or --threads 1"
        )
    return _of_files(error) if isinstance(error, OSError) else None


def _of_files(error: OSError) -> str | None:
    place = error.filename
    if error.errno in FULL:
        where = f"{place}: " if place else ""
        free = _free(Path(place).parent) if place else None
        notes = [*getattr(error, "__notes__", [])[:1], f"{free:,} bytes are free"] if place else []
        told = f" ({', '.join(notes)})" if notes else ""
        return (
            f"{where}{_why(error)}{told}; nothing half-written is kept: make room, or move the"
            " results, and run again"
        )
    if error.errno in _CLOSED:
        where = f"{place}: {_why(error)}" if place else _line(error)
        return f"{where}; let this user read and write there, or work elsewhere"
    if error.errno == errno.ENOENT and "temporary directory" in str(error):
        return f"{_line(error)}; set $TMPDIR to a folder that can be written"
    return None


def _why(error: OSError) -> str:
    """Return the system's own word, without what a library wrote around it."""
    return str(error.strerror).rpartition("] ")[2]


def _line(error: BaseException) -> str:
    text = str(error.strerror if isinstance(error, OSError) else error) or type(error).__name__
    return " ".join(text.split())


def _note(error: OSError, temporary: Path) -> None:
    if error.errno in FULL:
        files = temporary.rglob("*") if temporary.is_dir() else [temporary]
        with suppress(OSError):
            written = sum(file.stat().st_size for file in files if file.is_file())
            error.add_note(f"{written:,} bytes of it were written")


def _free(folder: Path) -> int:
    """Bytes that this user may still write, on the disk of a folder or of the next one above."""
    for place in (folder, *folder.absolute().parents):
        with suppress(OSError):
            return shutil.disk_usage(place).free
    return 0
