"""FlowCam's list of particles: `.lst`, format 017 and later, by field name.

Line 1 is the format, line 2 the number of fields, then one line per field
(``name|type``), then one line per particle. The number of fields differs
between instruments (53, 64, 65 are seen), so nothing is read by position.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from seston.errors import SestonError
from seston.instruments.dates import parse_datetime
from seston.instruments.text import read_lines

#: Fields without which a particle cannot be cut out.
REQUIRED = ("id", "image_x", "image_y", "image_w", "image_h", "collage_file")
#: Fields that are kept where the list has them.
OPTIONAL = ("timestamp", "cal_const", "esd_diameter", "abd_diameter")
_FORMAT = 17


@dataclass(frozen=True)
class Row:
    """One particle: the number of its line and, as text, its values in the fields we use.

    `values` is empty where the line has `found` values, not as many as there are fields.
    """

    line: int
    values: dict[str, str]
    found: int

    @property
    def time(self) -> datetime | None:
        """When the particle was seen, by the instrument's clock; None if that is unreadable."""
        try:
            return parse_datetime(self.values.get("timestamp", ""))
        except ValueError:
            return None

    def number(self, field: str) -> float | None:
        """Return a measurement, or None if it is absent or unreadable."""
        try:
            value = float(self.values[field])
        except (KeyError, ValueError):
            return None
        return value if math.isfinite(value) else None


def is_list(path: Path) -> bool:
    """Say whether the file is a list of format 017 or later."""
    if not path.is_file():  # a FIFO would wait for ever
        return False
    try:
        with path.open("rb") as file:
            first = file.readline(16).removeprefix(b"\xef\xbb\xbf").strip()
            second = file.readline(64)
    except OSError:
        return False
    return first.isdigit() and int(first) >= _FORMAT and second.startswith(b"num-fields|")


def check_head(path: Path) -> None:
    """Raise what `read_list` raises, without reading a particle."""
    _read_head(path, read_lines(path, "list"))


def read_list(path: Path) -> Iterator[Row]:
    """Yield the particles of a list, in its order; blank lines are passed over.

    Raises
    ------
    SestonError
        If the head of the file is not that of a list of format 017.
    """
    lines = read_lines(path, "list")
    names = _read_head(path, lines)
    places = [(name, names.index(name)) for name in REQUIRED + OPTIONAL if name in names]
    for number, text in enumerate(lines, start=len(names) + 3):
        if not text.strip():
            continue
        values = text.rstrip("\r\n").split("|")
        whole = len(values) == len(names)
        kept = {name: values[place].strip() for name, place in places} if whole else {}
        yield Row(number, kept, len(values))


def count_rows(path: Path) -> int:
    """Return how many particles `read_list` gives, without parting their values."""
    lines = read_lines(path, "list")
    _read_head(path, lines)
    return sum(1 for text in lines if text.strip())


def _read_head(path: Path, lines: Iterator[str]) -> list[str]:
    first = next(lines, "").strip()
    if not first.isdigit() or int(first) < _FORMAT:
        raise SestonError(
            f"{path}, line 1: found {first[:40]!r}, expected the format number 017 of a FlowCam"
            " list; lists of VisualSpreadsheet before version 3 cannot be read yet"
        )
    key, _, count = next(lines, "").strip().partition("|")
    if key != "num-fields" or not count.isdigit():
        raise SestonError(
            f"{path}, line 2: found {key[:40]!r}, expected num-fields|N; the list is damaged (copy"
            " it again from the instrument), or of VisualSpreadsheet before version 3, whose lists"
            " cannot be read yet"
        )
    names = [next(lines, "").strip().partition("|")[0] for _ in range(int(count))]
    missing = [name for name in REQUIRED if name not in names]
    if missing or "" in names or len(set(names)) < len(names):
        problem = f"fields missing: {', '.join(missing)}" if missing else "empty or repeated names"
        raise SestonError(
            f"{path}, lines 3-{int(count) + 2}: {problem}; the list is damaged,"
            " copy it again from the instrument"
        )
    return names
