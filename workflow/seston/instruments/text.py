"""Text files of instruments: in UTF-8 or in the code page of the instrument's Windows."""

import io
from collections.abc import Iterator
from pathlib import Path

from seston.errors import SestonError


def read_lines(path: Path, what: str) -> Iterator[str]:
    """Return the lines of a text file, with their ends.

    Parameters
    ----------
    path : pathlib.Path
    what : str
        What the file is, for the message.

    Raises
    ------
    SestonError
        If the file cannot be read.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SestonError(f"{path}: the {what} cannot be read ({error.strerror})") from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    return io.StringIO(text)
