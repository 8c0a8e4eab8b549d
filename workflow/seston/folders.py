"""Write a folder of files whole or not at all."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Give an empty folder beside `path`; on success it takes the place of `path`.

    The swap is two renames: at any moment `path` is absent or whole.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.parent / f".{path.name}.new.{os.getpid()}"
    old = path.parent / f".{path.name}.old.{os.getpid()}"
    for kind in ("new", "old"):
        for stale in path.parent.glob(f".{path.name}.{kind}.*"):  # of a run that was killed
            shutil.rmtree(stale)
    new.mkdir()
    try:
        yield new
        if path.exists():
            path.rename(old)
        new.rename(path)
    finally:
        for left in (new, old):
            shutil.rmtree(left, ignore_errors=True)
