"""Copies on the machine's own disk, where a shared one is slow at reading here and there."""

import logging
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from seston.errors import SestonError
from seston.temporary import beside, remove

log = logging.getLogger("seston")


@contextmanager
def on_own_disk(paths: list[Path]) -> Iterator[Path]:
    """Give a folder with copies of these files, under their names; it is removed at the end.

    What killed processes left there is removed at the start.

    Parameters
    ----------
    paths : list of pathlib.Path
        Files of different names.

    Yields
    ------
    pathlib.Path
        A new folder where temporary files go (``$TMPDIR``, else ``/tmp``).

    Raises
    ------
    SestonError
        If a file is missing, or there is too little space.
    """
    for path in paths:
        if not path.is_file():
            raise SestonError(f"{path}: not found, so it cannot be copied to this machine's disk")
    needed = sum(path.stat().st_size for path in paths)
    with _ended_by_sigterm(), _new_folder() as folder:
        free = shutil.disk_usage(folder).free
        if needed > free:
            raise SestonError(
                f"{folder.parent}: {free / 1e9:.1f} GB are free, but copies of {len(paths)} files"
                f" need {needed / 1e9:.1f} GB; set $TMPDIR to another place, or staged to 0"
            )
        for path in paths:
            shutil.copyfile(path, folder / path.name)
        log.info("%d files (%.1f GB) copied to %s", len(paths), needed / 1e9, folder)
        yield folder


@contextmanager
def _new_folder() -> Iterator[Path]:
    folder = beside(Path(tempfile.gettempdir()) / "seston-copies")
    folder.mkdir(0o700)
    try:
        yield folder
    finally:
        remove(folder)


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM, as of a job that is cancelled, end the work as an error does."""

    def end(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
