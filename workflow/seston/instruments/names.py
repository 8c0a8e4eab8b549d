"""Names of crops: which files are crops or archives of them, and what a name may not do."""

import os
import posixpath
import re

from seston.instruments.unusable import Unusable

SUFFIXES = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".tif": "TIFF", ".tiff": "TIFF"}
ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz")

_IMAGES = tuple(SUFFIXES)
# Names stay text: a Path for each of a million would slow every start.


def kind_of(name: str) -> str | None:
    """Return the format that a name stands for (``"PNG"``), or None; hidden files have none."""
    base = posixpath.basename(name)
    return None if base.startswith(".") else SUFFIXES.get(posixpath.splitext(base)[1].lower())


def is_image(name: str) -> bool:
    """Say whether a file name is that of a crop; hidden files are none."""
    return name.lower().endswith(_IMAGES) and not _is_hidden(name)


def is_archive(name: str) -> bool:
    """Say whether a file name is that of an archive which can be read; hidden files are none."""
    return name.lower().endswith(ARCHIVES) and not _is_hidden(name)


def _is_hidden(name: str) -> bool:
    return name.rpartition("/")[2].startswith(".")


def shown(name: str) -> str:
    """Return a name as it can be written: bytes that are not UTF-8 by their number."""
    return os.fsencode(name).decode(errors="backslashreplace")


def require_utf8(name: str) -> None:
    """Raise `Unusable` (``bad_name``) if a name has bytes that are not UTF-8."""
    try:
        name.encode()
    except UnicodeEncodeError as error:  # the file system's bytes, escaped by Python
        raise Unusable("bad_name", "the name is not UTF-8; rename the file") from error


def require_inside(name: str) -> None:
    """Raise `Unusable` (``outside_root``) if a name in an archive leads out of the archive."""
    if name.startswith("/") or re.match("[A-Za-z]:", name) or ".." in name.split("/"):
        raise Unusable("outside_root", "a name that leads out of the archive; it was not read")
