"""What somebody says of an image, and the lines of the tables that tell it."""

import csv
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from seston.errors import SestonError
from seston.instruments.text import read_lines

#: EcoTaxa's words: by a machine, by a person, by a person who doubts it.
STATUS = ("predicted", "validated", "dubious")
#: Rows of this status are taken, as are those that tell none.
TAKEN = "validated"
#: faulty lines that a message names before it only counts
NAMED = 10


@dataclass(frozen=True)
class LabelRow:
    """What one person says of one image.

    Attributes
    ----------
    image_id, label : str
        Neither is empty.
    status : str
        `TAKEN`, or a word that says why the label is not taken.
    annotator, utc : str
        Who said it, and when, as it was written; perhaps empty.
    line : int
        Of the file.
    more : dict of str to str
        Further columns.
    also : tuple of str
        Other names that the image may have in a run, the surest first.
    file : pathlib.Path
    """

    image_id: str
    label: str
    status: str = TAKEN
    annotator: str = ""
    utc: str = ""
    line: int = 0
    more: dict[str, str] = field(default_factory=dict)
    also: tuple[str, ...] = ()
    file: Path = Path()


@dataclass
class Lines:
    """A table as text: its header, and each further line that is not empty.

    Attributes
    ----------
    header : list of str
        Empty where the file is.
    first : int
        The line of the header.
    values : list of (int, dict of str to str)
        The line, and its cells by column, without blanks around them.
    mistakes : list of str
        Lines with another number of cells.
    """

    header: list[str] = field(default_factory=list)
    first: int = 0
    values: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    mistakes: list[str] = field(default_factory=list)


def read_cells(path: Path, columns: Collection[str] = ()) -> Lines:
    """Read a table with tabs between its cells.

    Parameters
    ----------
    path : pathlib.Path
    columns : collection of str
        The columns that are kept; none for all of them.

    Raises
    ------
    SestonError
        If the file cannot be read.
    """
    lines = csv.reader(read_lines(path, "table of labels"), delimiter="\t")
    found, kept = Lines(), list[int]()
    try:
        for cells in lines:
            cells = [cell.strip() for cell in cells]
            line = lines.line_num
            if not any(cells):
                continue
            if not found.header:
                found.header, found.first = cells, line
                kept = [place for place, name in enumerate(cells) if not columns or name in columns]
            elif len(cells) != len(found.header):
                found.mistakes.append(
                    f"line {line}: found {len(cells)} cells, expected {len(found.header)}"
                )
            else:
                found.values.append((line, {found.header[place]: cells[place] for place in kept}))
    except csv.Error as error:
        raise SestonError(f"{path}, line {lines.line_num}: {error}") from error
    return found


def one_each(rows: Iterable[LabelRow], mistakes: list[str]) -> list[LabelRow]:
    """Return the first row of each image and annotator; add what contradicts it to `mistakes`."""
    found: dict[tuple[str, str], LabelRow] = {}
    for row in rows:
        first = found.setdefault((row.image_id, row.annotator), row)
        if (row.label, row.status) != (first.label, first.status):
            said, before = repr(row.label), repr(first.label)
            if row.label == first.label:
                said, before = f"{said} ({row.status})", f"{before} ({first.status})"
            mistakes.append(
                f"line {row.line}: {row.image_id} is {said}, but {before} in line {first.line};"
                " keep one"
            )
    return list(found.values())


def refuse(path: Path, mistakes: list[str]) -> None:
    """Raise `SestonError` with all mistakes of a table, by line; nothing if there are none."""
    if not mistakes:
        return
    ordered = sorted(mistakes, key=lambda told: int(told.split()[1].rstrip(":")))
    shown = "\n  ".join(ordered[:NAMED])
    more = f"\n  and {len(mistakes) - NAMED} more" if len(mistakes) > NAMED else ""
    raise SestonError(f"{path}: {len(mistakes)} faulty lines of labels\n  {shown}{more}")
