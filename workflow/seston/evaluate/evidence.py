"""The two tables of evidence: figures for people, counts for comparing models."""

import csv
import io
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from scipy.sparse import csr_array

from seston import store
from seston.errors import SestonError
from seston.evaluate.tally import Tally, accuracy_interval

NONE = float("nan")
COUNTS = ("about", "measure", "set", "unit", "class", "images", "right")


@dataclass(frozen=True)
class Row:
    """One figure.

    Attributes
    ----------
    about : str
        ``"labels"``, ``"collapse"``, ``"views"`` or ``"confounding"``.
    measure, set : str
        What was measured, against which label set.
    value, low, high, chance : float
        The figure, its interval over independent units, and what a model without
        knowledge gets; not a number = there is none.
    better : str
        ``"higher"``, ``"lower"`` or ``""``.
    images, groups : int
        Organisms and independent units behind it.
    note : str
        Why something is absent or cut down.
    """

    about: str
    measure: str
    set: str = ""
    value: float = NONE
    low: float = NONE
    high: float = NONE
    chance: float = NONE
    better: str = ""
    images: int = 0
    groups: int = 0
    note: str = ""


def share(
    about: str,
    measure: str,
    tally: Tally,
    chance: float,
    better: str,
    seed: int,
    set: str = "",
    note: str = "",
) -> Row:
    """Return the balanced accuracy of a tally as a row, with its interval over units."""
    low, high = accuracy_interval(tally, seed)
    images, groups = tally.images, len(tally.units)
    value = tally.balanced
    return Row(about, measure, set, value, low, high, chance, better, images, groups, note)


#: ``(about, measure, set)`` -> the counts behind a figure
Tallies = dict[tuple[str, str, str], Tally]


def joined(*notes: str) -> str:
    """Return the notes that say anything, as one."""
    return "; ".join(filter(None, notes))


def write_evidence(rows: Sequence[Row], path: Path) -> None:
    """Write the figures, one a line, numbers with six digits."""
    names = [field.name for field in fields(Row)]
    _write(names, ([_text(getattr(row, name)) for name in names] for row in rows), path)


def write_counts(tallies: Tallies, path: Path) -> None:
    """Write the counts of right answers, one line per figure, unit and class asked about."""
    lines: list[list[str]] = []
    for key, tally in tallies.items():
        units, classes = tally.asked.tocoo().coords
        # Both count the same cells, in the same order.
        cells = zip(units, classes, tally.asked.data, tally.right.data, strict=True)
        for unit, name, images, right in cells:
            where = (tally.units[unit], tally.classes[name])
            lines.append([*key, *where, f"{images:.0f}", f"{right:.0f}"])
    _write(list(COUNTS), sorted(lines), path)


def read_evidence(path: Path) -> list[Row]:
    """Read the figures.

    Raises
    ------
    SestonError
        If the file is missing or not such a table.
    """
    names = [field.name for field in fields(Row)]
    return [
        Row(**{name: _READ.get(name, str)(row[name]) for name in names})
        for row in _read(path, names)
    ]


def read_counts(path: Path) -> Tallies:
    """Read the counts of right answers.

    Raises
    ------
    SestonError
        If the file is missing or not such a table.
    """
    cells: dict[tuple[str, str, str], list[dict[str, str]]] = {}
    for row in _read(path, list(COUNTS)):
        cells.setdefault((row["about"], row["measure"], row["set"]), []).append(row)
    return {key: _tally(rows) for key, rows in cells.items()}


def _tally(rows: list[dict[str, str]]) -> Tally:
    units = {name: place for place, name in enumerate(sorted({row["unit"] for row in rows}))}
    classes = {name: place for place, name in enumerate(sorted({row["class"] for row in rows}))}
    where = ([units[row["unit"]] for row in rows], [classes[row["class"]] for row in rows])
    shape = (len(units), len(classes))
    asked, right = (
        csr_array(([float(row[name]) for row in rows], where), shape)
        for name in ("images", "right")
    )
    return Tally(tuple(units), tuple(classes), asked, right)


def _read(path: Path, expected: list[str]) -> list[dict[str, str]]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise SestonError(f"{path}: file not found") from error
    if not text.endswith("\n"):
        raise SestonError(f"{path}: ends in the middle of a line; delete it and run again")
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter="\t")
    if reader.fieldnames != expected:
        raise SestonError(
            f"{path}: found the columns {reader.fieldnames}, expected {expected};"
            " delete it and run again"
        )
    return list(reader)


def _write(header: list[str], lines: Iterable[list[str]], path: Path) -> None:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter="\t", lineterminator="\n")
    writer.writerow(header)
    writer.writerows(lines)
    store.write_text(buffer.getvalue(), path)


def _number(text: str) -> float:
    return float(text) if text else NONE


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.6g}" if math.isfinite(value) else ""
    return str(value)


_READ: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(("value", "low", "high", "chance"), _number),
    **dict.fromkeys(("images", "groups"), int),
}
