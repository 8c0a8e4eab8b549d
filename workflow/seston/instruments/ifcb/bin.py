"""The three files of an IFCB bin and what its name tells."""

import os
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from seston.instruments.dates import date_in_name

SUFFIXES = (".adc", ".hdr", ".roi")
_V1_NAME = re.compile(r"IFCB(\d+)_(\d{4}_\d{3}_\d{6})(?!\d)")
_V2_NAME = re.compile(r"D\d{8}T\d{6}_IFCB\d+")


@dataclass(frozen=True)
class Bin:
    """The files of one bin; None where there is none.

    Attributes
    ----------
    name : str
        ``D20130526T095207_IFCB013`` or, of instruments 1 to 6, ``IFCB5_2012_028_081515``.
    """

    name: str
    adc: Path | None
    hdr: Path | None
    roi: Path | None

    @property
    def missing(self) -> list[str]:
        """The endings of the files that are not there."""
        return [
            suffix
            for suffix, file in zip(SUFFIXES, (self.adc, self.hdr, self.roi), strict=True)
            if file is None
        ]


def find_bin(path: Path) -> Bin:
    """Return the bin that a path means: one of its files, or their name without ending."""
    named = path.suffix.lower() in SUFFIXES
    stem = path.with_suffix("") if named else path
    files = []
    for suffix in SUFFIXES:
        spellings = (f"{stem}{end}" for end in (suffix, suffix.upper()))
        # os.path, unlike pathlib, answers no where it may not look; a FIFO is no file.
        there = next((file for file in spellings if os.path.isfile(file)), None)  # noqa: PTH113
        files.append(None if there is None else Path(there))
    return Bin(stem.name, *files)


def is_bin_name(name: str) -> bool:
    """Say whether a name is one that IFCBs give, of either style."""
    return bool(_V1_NAME.match(name) or _V2_NAME.match(name))


def date_of_name(name: str) -> datetime | None:
    """Return when a bin was begun (UTC) by its name, of either style."""
    old = _V1_NAME.match(name)
    if not old:
        return date_in_name(name)
    try:
        date = datetime.strptime(old[2], "%Y_%j_%H%M%S")
    except ValueError:
        return None
    return date if f"{date:%Y_%j_%H%M%S}" == old[2] else None  # day 366 of a year without one


def instrument_of_name(name: str) -> int | None:
    """Return the number of the instrument, for names as instruments 1 to 6 wrote them."""
    old = _V1_NAME.match(name)
    return int(old[1]) if old else None
