"""One line of the table of cluster names: its cells, and what they say."""

import csv
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from seston.errors import SestonError
from seston.instruments.dates import parse_datetime
from seston.instruments.text import read_lines

REQUIRED = ("clustering", "cluster", "name")
COLUMNS = (*REQUIRED, "aphia_id", "status", "annotator", "time")
#: Stands in the table that a run writes, and is of that run only.
COARSE = "coarse"
#: EcoTaxa's words: by a machine, by a person, by a person who doubts it.
STATUS = ("predicted", "validated", "dubious")
DEFAULT_STATUS = "validated"
_INVISIBLE = re.compile("[\u200b\u200c\u200d\u2060\ufeff]")
_UNNAMED = re.compile(r"cluster (\d+)")
Mistake = tuple[int, str]  # line, and what is wrong there


@dataclass(frozen=True)
class ClusterName:
    """What one line says of one cluster.

    Attributes
    ----------
    cluster : int
    name : str
        Never empty; in Unicode's composed form (NFC), with single spaces.
    aphia_id : int or None
        Of the taxon in WoRMS.
    status : str
        One of `STATUS`.
    annotator, time : str
        Who said it, and when, as it was written.
    line : int
        Of the file.
    moment : datetime or None
        `time`, in UTC where it has an offset.
    more : dict of str to str
        Further columns, but `COARSE`.
    """

    cluster: int
    name: str
    aphia_id: int | None = None
    status: str = DEFAULT_STATUS
    annotator: str = ""
    time: str = ""
    line: int = 0
    moment: datetime | None = None
    more: dict[str, str] = field(default_factory=dict)


def tidy(text: str) -> str:
    """Return the text composed (NFC), without invisible characters, with single spaces."""
    return " ".join(_INVISIBLE.sub("", unicodedata.normalize("NFC", text)).split())


def read_cells(path: Path) -> tuple[list[str], list[tuple[int, list[str]]], list[Mistake]]:
    """Return the header, all rows that are not blank with their lines, and faulty quotes.

    A row is one line: a quote that is not closed would take the rows below it into its cell.

    Raises
    ------
    SestonError
        If the file cannot be read, or its header lacks a column or has one twice.
    """
    lines: list[tuple[int, list[str]]] = []
    mistakes: list[Mistake] = []
    for line, text in enumerate(read_lines(path, "table of cluster names"), 1):
        try:
            [cells] = csv.reader([text.rstrip("\r\n")], delimiter="\t", strict=True)
        except csv.Error as error:
            mistakes.append((line, _of_quotes(error)))
            continue
        cells = [tidy(cell) for cell in cells]
        if any(cells):
            lines.append((line, cells))
    header = lines[0][1] if lines else []
    if mistakes and (not lines or mistakes[0][0] < lines[0][0]):
        raise SestonError(f"{path}, line {mistakes[0][0]}: {mistakes[0][1]}")
    missing = [name for name in REQUIRED if name not in header]
    twice = sorted({name for name in header if header.count(name) > 1})
    if missing or twice:
        what = f"no column {' and '.join(missing)}" if missing else f"column {twice[0]!r} twice"
        raise SestonError(
            f"{path}: {what}; found {' | '.join(header)[:80] or 'nothing'}, expected tabs between"
            f" the columns {', '.join(REQUIRED)} and, if you like, {', '.join(COLUMNS[3:])};"
            " results/tables/cluster_names.tsv of a run is such a table, to be filled in"
        )
    return header, lines[1:], mistakes


def _of_quotes(error: csv.Error) -> str:
    """Return what is wrong in a line that `csv` refuses, in words of one who writes tables."""
    if "unexpected end" in str(error):
        return "a quote is not closed; close it in the same line, or leave it out"
    if "expected after" in str(error):
        return "text after a quote that ends; write a quote inside of quotes twice"
    return str(error)


def clustering_of(text: str, about: list[str]) -> str:
    """Return the clustering of a row, or "" after adding a mistake to `about`."""
    if re.fullmatch("[0-9a-f]{8,64}", text.casefold()):
        return text.casefold()
    about.append(
        f"clustering {text!r}: expected the fingerprint of the clustering, or its first 8 digits or"
        " more, as in kmeans.json and results/tables/cluster_names.tsv"
    )
    return ""


def row_of(values: dict[str, str], line: int, about: list[str]) -> ClusterName | None:
    """Return what a row says, adding its mistakes to `about`; None if it names no cluster.

    A row with mistakes is returned too, without what is not readable, so that what it has
    wrong beside other rows can be told in the same run.
    """
    name, status = values["name"], values.get("status", "").casefold() or DEFAULT_STATUS
    aphia_id, moment = None, None
    if not re.fullmatch(r"\d{1,9}", values["cluster"], re.ASCII):
        about.append(f"cluster {values['cluster']!r}: expected a whole number from 0")
    # Spreadsheets and data frames write whole numbers as 135336.0.
    if taxon := re.fullmatch(r"(\d{1,9})(?:\.0+)?", values.get("aphia_id", ""), re.ASCII):
        aphia_id = int(taxon[1])
    if values.get("aphia_id") and not aphia_id:
        about.append(
            f"aphia_id {values['aphia_id']!r}: expected the number of the taxon in WoRMS, as"
            " 149619; leave the cell empty if unknown"
        )
    if values.get("aphia_id") and not name:
        about.append(f"aphia_id {values['aphia_id']!r}, but no name; give the name too")
    if name and values.get("status") and status not in STATUS:
        about.append(f"status {values['status']!r}: expected one of {', '.join(STATUS)}")
    taken = _UNNAMED.fullmatch(name.casefold())
    if taken and taken[1] != values["cluster"]:
        about.append(
            f"name {name!r}: clusters without a name are called so; choose another for cluster"
            f" {values['cluster']}"
        )
    try:
        moment = parse_datetime(values["time"]) if values.get("time") else None
    except ValueError:
        about.append(
            f"time {values['time']!r}: expected ISO 8601, as 2026-05-22 or 2026-05-22T14:30:00"
        )
    if not name or not re.fullmatch(r"\d{1,99}", values["cluster"], re.ASCII):
        return None
    return ClusterName(
        int(values["cluster"]), name, aphia_id, status, values.get("annotator", ""),
        values.get("time", ""), line, moment,
        {key: value for key, value in values.items() if key not in (*COLUMNS, COARSE)},
    )  # fmt: skip
