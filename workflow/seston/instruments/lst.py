"""FlowCam's list of particles: `.lst`, format 017 and later, by field name.

Line 1 is the format, line 2 the number of fields, then one line per field
(``name|type``), then one line per particle. The number of fields differs
between instruments (53, 64, 65 are seen), so nothing is read by position.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from seston.errors import SestonError

#: Fields without which a particle can not be cut out.
REQUIRED = ("id", "image_x", "image_y", "image_w", "image_h", "collage_file")
_FORMAT = 17


@dataclass(frozen=True)
class Row:
    """One particle: the number of its line and its values as text.

    `values` is None where the line has not as many values as there are fields.
    """

    line: int
    values: dict[str, str] | None
    found: int


def is_list(path: Path) -> bool:
    """Say whether the file is a list of format 017 or later."""
    try:
        with path.open("rb") as file:
            first = file.readline(16).removeprefix(b"\xef\xbb\xbf").strip()
            second = file.readline(64)
    except OSError:
        return False
    return first.isdigit() and int(first) >= _FORMAT and second.startswith(b"num-fields|")


def read_list(path: Path) -> Iterator[Row]:
    """Yield the particles of a list, in its order; blank lines are passed over.

    Raises
    ------
    SestonError
        If the head of the file is not that of a list of format 017.
    """
    try:
        # Latin-1 never fails: VisualSpreadsheet writes in the code page of its Windows.
        with path.open(encoding="latin-1") as file:
            names = _read_head(path, file)
            for number, text in enumerate(file, start=len(names) + 3):
                if not text.strip():
                    continue
                values = text.rstrip("\r\n").split("|")
                whole = len(values) == len(names)
                yield Row(
                    number, dict(zip(names, values, strict=True)) if whole else None, len(values)
                )
    except OSError as error:
        raise SestonError(f"{path}: the list cannot be read ({error.strerror})") from error


def _read_head(path: Path, file: Iterator[str]) -> list[str]:
    first = next(file, "").removeprefix("ï»¿").strip()
    if not first.isdigit() or int(first) < _FORMAT:
        raise SestonError(
            f"{path}, line 1: found {first[:40]!r}, expected the format number 017 of a FlowCam"
            " list; lists of VisualSpreadsheet before version 3 cannot be read yet"
        )
    key, _, count = next(file, "").strip().partition("|")
    if key != "num-fields" or not count.isdigit():
        raise SestonError(
            f"{path}, line 2: found {key[:40]!r}, expected num-fields|N; the list is damaged,"
            " copy it again from the instrument"
        )
    names = [next(file, "").strip().partition("|")[0] for _ in range(int(count))]
    missing = [name for name in REQUIRED if name not in names]
    if missing or "" in names or len(set(names)) < len(names):
        problem = f"fields missing: {', '.join(missing)}" if missing else "empty or repeated names"
        raise SestonError(
            f"{path}, lines 3-{int(count) + 2}: {problem}; the list is damaged,"
            " copy it again from the instrument"
        )
    return names
