"""A table of labels as people write it: tab-separated, `image_id` and `label`, perhaps by whom.

Several people may look at the same images. A label holds if all who gave one agree.
"""

import csv
from dataclasses import dataclass, field
from pathlib import Path

from seston.errors import SestonError
from seston.instruments.text import read_lines

REQUIRED = ("image_id", "label")
COLUMNS = (*REQUIRED, "status", "annotator", "utc")
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
        One of `STATUS`.
    annotator, utc : str
        Who said it, and when, as it was written; perhaps empty.
    line : int
        Of the file.
    more : dict of str to str
        Further columns.
    """

    image_id: str
    label: str
    status: str = TAKEN
    annotator: str = ""
    utc: str = ""
    line: int = 0
    more: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Agreed:
    """The labels that hold.

    Attributes
    ----------
    by_image : dict of str to str
        The label of each image, in the order of the file.
    disputed : int
        Images without a label here since those who gave one disagree.
    not_taken : int
        Images all of whose labels are predicted or dubious.
    """

    by_image: dict[str, str]
    disputed: int = 0
    not_taken: int = 0

    @property
    def left_out(self) -> str:
        """What people should know of images that have a row but no label; "" if there are none."""
        told = [(self.disputed, "on which annotators disagree"),
                (self.not_taken, "whose labels are predicted or dubious")]  # fmt: skip
        counted = [
            f"{count} {'image' if count == 1 else 'images'} {why}" for count, why in told if count
        ]
        return f"not taken: {' and '.join(counted)}" if counted else ""


def read_labels(path: Path) -> dict[str, str]:
    """Return the label of each image, in the order of the file; see `read_agreed`."""
    return read_agreed(path).by_image


def read_agreed(path: Path) -> Agreed:
    """Return the labels that hold.

    Rows whose status is predicted or dubious are not taken; an image that two annotators call by
    different names has no label. Every label is text: ``NA``, ``nan`` and ``None`` are names like
    any other.

    Raises
    ------
    SestonError
        As `read_label_rows`, or if no label is left.
    """
    rows = read_label_rows(path)
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row.image_id, set()).update({row.label} if row.status == TAKEN else ())
    labels = Agreed(
        {image: next(iter(said)) for image, said in found.items() if len(said) == 1},
        sum(len(said) > 1 for said in found.values()),
        sum(not said for said in found.values()),
    )
    if not labels.by_image:
        about = f" ({labels.left_out})" if labels.left_out else ""
        raise SestonError(
            f"{path}: no labels{about}; expected the columns {' and '.join(REQUIRED)}"
        )
    return labels


def read_label_rows(path: Path) -> list[LabelRow]:
    """Return all rows that have a label, in the order of the file; of equal ones the first.

    Raises
    ------
    SestonError
        If the file cannot be read or lacks a column, or with all lines that have the wrong number
        of cells, no id, a status that is none, or another label than an earlier line of the same
        annotator.
    """
    lines = csv.reader(read_lines(path, "table of labels"), delimiter="\t")
    found: dict[tuple[str, str], LabelRow] = {}
    mistakes: list[str] = []
    header: list[str] = []
    try:
        for cells in lines:
            cells = [cell.strip() for cell in cells]
            if not any(cells):
                continue
            line = lines.line_num
            if not header:
                header = _header(path, cells, line)
            elif len(cells) != len(header):
                mistakes.append(f"line {line}: found {len(cells)} cells, expected {len(header)}")
            elif not (values := dict(zip(header, cells, strict=True)))["image_id"]:
                mistakes.append(f"line {line}: no image_id")
            elif values["label"]:
                row = _row(values, line)
                first = found.setdefault((row.image_id, row.annotator), row)
                mistakes += _wrong(row, first)
    except csv.Error as error:
        raise SestonError(f"{path}, line {lines.line_num}: {error}") from error
    if mistakes:
        shown = "\n  ".join(mistakes[:NAMED])
        more = f"\n  and {len(mistakes) - NAMED} more" if len(mistakes) > NAMED else ""
        raise SestonError(f"{path}: {len(mistakes)} faulty lines of labels\n  {shown}{more}")
    if not header:
        raise SestonError(f"{path}: no labels; expected the columns {' and '.join(REQUIRED)}")
    return list(found.values())


def _row(values: dict[str, str], line: int) -> LabelRow:
    status = values.get("status", "").casefold() or TAKEN
    more = {name: text for name, text in values.items() if name not in COLUMNS}
    return LabelRow(
        values["image_id"], values["label"], status, values.get("annotator", ""),
        values.get("utc", ""), line, more,
    )  # fmt: skip


def _wrong(row: LabelRow, first: LabelRow) -> list[str]:
    """Return what is wrong with a row, beside the first of its image and annotator."""
    if row.status not in STATUS:
        return [f"line {row.line}: status {row.status!r}: expected one of {', '.join(STATUS)}"]
    if (row.label, row.status) == (first.label, first.status):
        return []
    said, before = repr(row.label), repr(first.label)
    if row.label == first.label:
        said, before = f"{said} ({row.status})", f"{before} ({first.status})"
    return [f"line {row.line}: {row.image_id} is {said}, but {before} in line {first.line}; keep"
            " one"]  # fmt: skip


def _header(path: Path, cells: list[str], line: int) -> list[str]:
    twice = sorted({name for name in cells if name in COLUMNS and cells.count(name) > 1})
    missing = [name for name in REQUIRED if name not in cells]
    if missing or twice:
        what = f"no column {' and '.join(missing)}" if missing else f"column {twice[0]} twice"
        found = " | ".join(cells)[:80]
        raise SestonError(
            f"{path}, line {line}: {what}; found {found}, expected the columns image_id and label,"
            " with tabs between the cells; name the columns so, and save the table as text"
        )
    return cells
