"""Text files of instruments: in UTF-8, UTF-16 or the code page of the instrument's Windows."""

import codecs
import io
from collections.abc import Iterator
from pathlib import Path

from seston.errors import SestonError

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_lines(path: Path, what: str, most: int = -1) -> Iterator[str]:
    """Return the lines of a text file, with their ends.

    UTF-16, as editors under Windows save it, is known by the mark at its beginning.

    Parameters
    ----------
    path : pathlib.Path
    what : str
        What the file is, for the message.
    most : int, optional
        Bytes to read at most, where the beginning will do; the last line may be cut then.

    Raises
    ------
    SestonError
        If the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            data = file.read(most)
    except OSError as error:
        raise SestonError(f"{path}: the {what} cannot be read ({error.strerror})") from error
    if data.startswith(_UTF_16):
        return io.StringIO(data.decode("utf-16", errors="replace"))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    return io.StringIO(text)
