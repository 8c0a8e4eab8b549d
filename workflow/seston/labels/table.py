"""A table of labels as people write it: tab-separated, `image_id` and `label`, perhaps by whom.

Several people may look at the same images. A label holds if all who gave one agree.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from seston.errors import SestonError
from seston.labels.rows import STATUS, TAKEN, LabelRow, Lines, one_each, read_cells, refuse

REQUIRED = ("image_id", "label")
COLUMNS = (*REQUIRED, "status", "annotator", "utc")


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


def agreed(rows: Iterable[LabelRow]) -> Agreed:
    """Return the labels that hold.

    Rows whose status is predicted or dubious are not taken; an image that two annotators call by
    different names has no label.
    """
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row.image_id, set()).update({row.label} if row.status == TAKEN else ())
    return Agreed(
        {image: next(iter(said)) for image, said in found.items() if len(said) == 1},
        sum(len(said) > 1 for said in found.values()),
        sum(not said for said in found.values()),
    )


def read_labels(path: Path) -> dict[str, str]:
    """Return the label of each image, in the order of the file; see `read_agreed`."""
    return read_agreed(path).by_image


def read_agreed(path: Path) -> Agreed:
    """Return the labels that hold; every label is text, ``NA`` and ``nan`` are names as any other.

    Raises
    ------
    SestonError
        As `read_label_rows`, or if no label is left.
    """
    labels = agreed(read_label_rows(path))
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
    lines = read_cells(path)
    _require_header(path, lines)
    mistakes, rows = lines.mistakes, []
    for line, values in lines.values:
        status = values.get("status", "").casefold() or TAKEN
        if not values["image_id"]:
            mistakes.append(f"line {line}: no image_id")
        elif values["label"] and status not in STATUS:
            mistakes.append(f"line {line}: status {status!r}: expected one of {', '.join(STATUS)}")
        elif values["label"]:
            more = {name: text for name, text in values.items() if name not in COLUMNS}
            rows.append(
                LabelRow(
                    values["image_id"],
                    values["label"],
                    status,
                    values.get("annotator", ""),
                    values.get("utc", ""),
                    line,
                    more,
                    (),
                    path,
                )
            )
    rows = one_each(rows, mistakes)
    refuse(path, mistakes)
    return rows


def _require_header(path: Path, lines: Lines) -> None:
    if not lines.header:
        raise SestonError(f"{path}: no labels; expected the columns {' and '.join(REQUIRED)}")
    twice = sorted(
        {name for name in lines.header if name in COLUMNS and lines.header.count(name) > 1}
    )
    missing = [name for name in REQUIRED if name not in lines.header]
    if missing or twice:
        what = f"no column {' and '.join(missing)}" if missing else f"column {twice[0]} twice"
        found = " | ".join(lines.header)[:80]
        raise SestonError(
            f"{path}, line {lines.first}: {what}; found {found}, expected the columns image_id and"
            " label, with tabs between the cells; name the columns so, and save the table as text"
        )
