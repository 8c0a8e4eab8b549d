"""EcoTaxa's tables: a line per image of an object, with category, status and who said so."""

from pathlib import Path, PurePosixPath

from seston.errors import SestonError
from seston.labels.rows import LabelRow, Lines, one_each, read_cells, refuse

ID, FILE, SAMPLE = "object_id", "img_file_name", "sample_id"
CATEGORY, STATUS, PERSON = (
    f"object_annotation_{name}" for name in ("category", "status", "person_name")
)
REQUIRED = (ID, CATEGORY, STATUS)
#: EcoTaxa's words; what was discarded is an object without a category.
WORDS = ("predicted", "validated", "dubious", "discarded")
#: The second line of tables for import: whether a column is text or a number.
TYPES = {"[t]", "[f]"}


def read_ecotaxa_rows(path: Path) -> list[LabelRow]:
    """Return all objects that have a category, in the order of the file.

    Raises
    ------
    SestonError
        If the file cannot be read or lacks a column, or with all lines that have the wrong number
        of cells, no id, a status that is none of EcoTaxa's, or another category than an earlier
        line of the same object.
    """
    lines = read_cells(path, (*REQUIRED, FILE, SAMPLE, PERSON))
    _require_header(path, lines)
    mistakes, rows = lines.mistakes, []
    for line, values in lines.values:
        status = values[STATUS].casefold()
        if set(values.values()) <= TYPES or not (values[CATEGORY] or status):
            continue  # the line of types, or an object that nobody classified
        if not values[ID]:
            mistakes.append(f"line {line}: no {ID}")
        elif status not in WORDS:
            mistakes.append(
                f"line {line}: {STATUS} {values[STATUS]!r}: expected one of {', '.join(WORDS)}"
            )
        elif not values[CATEGORY]:
            mistakes.append(f"line {line}: {status}, but no {CATEGORY}")
        else:
            rows.append(
                LabelRow(
                    values[ID],
                    values[CATEGORY],
                    status,
                    values.get(PERSON, ""),
                    line=line,
                    also=_names(values),
                    file=path,
                )
            )
    rows = one_each(rows, mistakes)
    refuse(path, mistakes)
    return rows


def _names(values: dict[str, str]) -> tuple[str, ...]:
    """Return by what names a run may know the object: that of its picture ends without ``.png``."""
    named = [values[ID], values.get(FILE, "")]
    if sample := values.get(SAMPLE):
        named = [f"{sample}/{values[ID]}", *named]
    paths = [PurePosixPath(name.replace("\\", "/")) for name in named if name]
    with_picture = [str(path) for path in paths] + [path.name for path in paths]
    return tuple(dict.fromkeys([*with_picture, *(stem(path.name) for path in paths)]))


def stem(name: str) -> str:
    """Return the name of a picture without its ending: other points belong to the name."""
    path = PurePosixPath(name)
    pictures = {".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff"}
    return path.stem if path.suffix.casefold() in pictures else path.name


def _require_header(path: Path, lines: Lines) -> None:
    missing = [name for name in REQUIRED if name not in lines.header]
    twice = sorted({name for name in lines.header if lines.header.count(name) > 1})
    if missing or twice:
        what = f"no column {' and '.join(missing)}" if missing else f"column {twice[0]} twice"
        raise SestonError(
            f"{path}, line {lines.first}: {what}; a table of EcoTaxa needs {', '.join(REQUIRED)}:"
            " the status tells what a person said from what a machine guessed; export it anew with"
            " them"
        )
