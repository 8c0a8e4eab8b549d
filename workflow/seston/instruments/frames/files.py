"""Files of raw frames, decoded one after the other."""

import os
import posixpath
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from seston.errors import SestonError
from seston.imaging.background import Pixels
from seston.instruments import dates, folders
from seston.instruments.contract import Reading, Rejection
from seston.instruments.date_patterns import time_of_picture
from seston.instruments.names import require_utf8, shown
from seston.instruments.pixels import read_picture
from seston.instruments.unusable import Unusable


@dataclass(frozen=True, eq=False)
class Frame:
    """A frame as its file has it: EXIF does not turn it, so that places are those in the file.

    Attributes
    ----------
    name : str
        POSIX path below the sample's folder.
    pixels : ndarray of uint8, (height, width) or (height, width, 3)
    time : datetime or None
    notes : tuple of str
        ``bad_clock``, and those of `pixels.Picture`.
    """

    name: str
    pixels: Pixels
    time: datetime | None
    notes: tuple[str, ...]

    @property
    def folder(self) -> str:
        """The folder that it lies in, below the sample's."""
        return posixpath.dirname(self.name)


def empty_frame(file: Path, reading: Reading) -> Pixels | None:
    """Return the picture of an empty frame; None if there is none and none is demanded.

    Raises
    ------
    SestonError
        If it cannot be read, or is missing although the settings name it.
    """
    if not os.path.lexists(file):
        if reading.frames.background == "auto":
            return None
        raise SestonError(
            f"{file.parent}: no {file.name} in the folder, which segment.frames.background: file"
            " demands; put the picture of an empty frame there, or change that setting"
        )
    try:
        return read_picture(file, file.name, reading, upright=False).pixels
    except Unusable as error:
        raise SestonError(
            f"{file}: expected the picture of an empty frame, found {error.reason}"
            f" ({error.detail}); put one there, or change segment.frames.background"
        ) from error


def decoded(
    root: Path,
    names: list[str],
    reading: Reading,
    refuse: Callable[[Rejection], None],
    tell: Callable[[str, str], None],
) -> Iterator[Frame]:
    """Yield the frames that can be read.

    Parameters
    ----------
    root : pathlib.Path
        The folder that the names start from.
    names : list of str
        POSIX paths.
    reading : Reading
    refuse : callable
        Is given what cannot be read.
    tell : callable
        Is given what is odd about a frame: a code, and the frame's name.
    """
    resolved = root.resolve()
    for name in names:
        try:
            require_utf8(name)
            if not folders.is_inside(root / name, resolved):
                raise Unusable("outside_root", "a link that leads out of the sample's folder")
            picture = read_picture(root / name, name, reading, upright=False)
        except Unusable as error:
            refuse(Rejection(shown(name), shown(name), error.reason, error.detail))
            continue
        time, notes = None, picture.notes
        try:
            time = time_of_picture(name, picture.taken, reading.date_pattern)
        except dates.BadClock:
            notes = (*notes, "bad_clock")
            tell("bad_clock", name)
        yield Frame(name, picture.pixels, time, notes)
