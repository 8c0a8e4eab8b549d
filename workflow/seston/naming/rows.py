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


def read_cells(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the header and, with the numbers of their lines, all rows that are not blank.

    Raises
    ------
    SestonError
        If the file cannot be read, or its header lacks a column or has one twice.
    """
    reader = csv.reader(read_lines(path, "table of cluster names"), delimiter="\t")
    try:
        lines = [(reader.line_num, [tidy(cell) for cell in cells]) for cells in reader]
    except csv.Error as error:
        raise SestonError(f"{path}, line {reader.line_num}: {error}") from error
    lines = [(line, cells) for line, cells in lines if any(cells)]
    header = lines[0][1] if lines else []
    missing = [name for name in REQUIRED if name not in header]
    twice = sorted({name for name in header if header.count(name) > 1})
    if missing or twice:
        what = f"no column {' and '.join(missing)}" if missing else f"column {twice[0]!r} twice"
        raise SestonError(
            f"{path}: {what}; found {' | '.join(header)[:80] or 'nothing'}, expected tabs between"
            f" the columns {', '.join(REQUIRED)} and, if you like, {', '.join(COLUMNS[3:])};"
            " results/tables/cluster_names.tsv of a run is such a table, to be filled in"
        )
    return header, lines[1:]


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
    """Return what a row says; None if it names nothing or mistakes were added to `about`."""
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
    if about or not name:
        return None
    return ClusterName(
        int(values["cluster"]), name, aphia_id, status, values.get("annotator", ""),
        values.get("time", ""), line, moment,
        {key: value for key, value in values.items() if key not in (*COLUMNS, COARSE)},
    )  # fmt: skip
