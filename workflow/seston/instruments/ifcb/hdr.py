"""IFCB's header (`.hdr`): what the instrument says of a bin, in all three of its dialects.

* the first instruments: quoted sentences, then a line of names and a line of quoted values;
* those with acquisition software 1.x and 2.0: ``key: value``, also with tabs and repeated keys;
* the later IFCBacquire: ``key: value`` with True and False, counts, and no ``sampleTime``.

Only the standard library: discovery reads a header of every bin.
"""

import csv
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from seston.instruments.dates import parse_datetime
from seston.instruments.text import read_lines

#: What the first instruments called it -> its later name.
_RENAMED = {"temp": "temperature"}


@dataclass(frozen=True)
class Header:
    """What a header says, by key in lower case; the last of a repeated key counts."""

    values: Mapping[str, str] = field(default_factory=dict)

    def number(self, key: str) -> float | None:
        """Return a finite number, or None if there is none under the key."""
        try:
            value = float(self.values[key.lower()])
        except (KeyError, ValueError):
            return None
        return value if math.isfinite(value) else None

    def is_on(self, key: str) -> bool:
        """Say whether a switch is on: True or 1."""
        return self.values.get(key.lower(), "").lower() in ("true", "1")

    @property
    def time(self) -> datetime | None:
        """When the sample was taken (`sampleTime`, UTC); None if that is absent or unreadable."""
        try:
            return parse_datetime(self.values.get("sampletime", ""))
        except ValueError:
            return None

    @property
    def is_bead_run(self) -> bool:
        """Whether calibration beads were run, not a sample."""
        kinds = (self.values.get(key, "").lower() for key in ("sampletype", "runtype"))
        return self.is_on("runBeads") or any("bead" in kind for kind in kinds)

    @property
    def adc_fields(self) -> list[str]:
        """The names of the fields in the `.adc`, as the header gives them; may be empty."""
        text = self.values.get("adcfileformat", "")
        return [name.strip() for name in text.split(",")] if text else []


def read_header(path: Path) -> Header:
    """Read a header; one that says nothing gives an empty `Header`.

    Raises
    ------
    SestonError
        If the file cannot be read.
    """
    lines = [line.strip() for line in read_lines(path, "header")]
    values: dict[str, str] = {}
    for line in lines:
        key, sign, value = line.partition(":")
        if sign and not line.startswith('"'):
            values[key.strip().lower()] = value.strip()
    return Header(values or _read_quoted([line for line in lines if line]))


def _read_quoted(lines: Sequence[str]) -> dict[str, str]:
    """Return the values of the first dialect: names in one cell, then a cell for each value."""
    try:
        rows = list(csv.reader(lines))
    except csv.Error:  # no header: a cell of more than 131,072 letters, a line end within one
        return {}
    for names, cells in itertools.pairwise(rows):
        words = names[0].lower().split() if len(names) == 1 else []
        if len(words) == len(cells) > 1:
            return {
                _RENAMED.get(word, word): cell.strip()
                for word, cell in zip(words, cells, strict=True)
            }
    return {}
