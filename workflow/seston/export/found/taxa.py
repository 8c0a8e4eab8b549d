"""The user's table of taxa: which scientific name stands for each class."""

import csv
import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from seston.errors import SestonError
from seston.export.found.taxon import CARBON, RANKS, Taxon
from seston.instruments.text import read_lines
from seston.naming.rows import tidy

REQUIRED = ("class", "scientific_name")
COLUMNS = (
    *REQUIRED, "aphia_id", "taxon_rank", "authorship", "qualifier", *RANKS, "carbon",
)  # fmt: skip
#: What is no part of a scientific name: qualifiers, and remains of names of classes.
_NO_NAME = re.compile(
    r"[_?\d]|\b(?:spp?|cf|aff|indet|group|like|chains?|cells?|larvae?|unknown|other)\b\.?", re.I
)
_MOST = 20  # mistakes that are told one by one


def read_taxa(path: Path, aphia_ids: Mapping[str, int] | None = None) -> dict[str, Taxon]:
    """Read and check a table of taxa.

    Parameters
    ----------
    path : pathlib.Path
        Tab-separated, with the columns `REQUIRED` and any of `COLUMNS`. Rows without a scientific
        name are classes that are no taxa.
    aphia_ids : mapping of str to int, optional
        What the table of cluster names says, by name: it holds where this table has none.

    Returns
    -------
    dict of str to Taxon
        By class.

    Raises
    ------
    SestonError
        With all mistakes, each with its line.
    """
    rows = _rows(path)
    found: dict[str, Taxon] = {}
    lines: dict[str, int] = {}
    of_name: dict[str, tuple[int, int]] = {}
    mistakes: list[str] = []
    for line, cells in rows:
        about: list[str] = []
        name = cells["class"]
        if not name:
            about.append("no class; give the name that Seston uses")
        elif name in lines:
            about.append(f"class {name!r} stands in line {lines[name]} too; keep one")
        taxon = _taxon(cells, (aphia_ids or {}).get(name), about)
        if taxon and taxon.aphia_id:
            first, where = of_name.setdefault(taxon.name, (taxon.aphia_id, line))
            if first != taxon.aphia_id:
                about.append(
                    f"{taxon.name!r} has aphia_id {taxon.aphia_id}, but {first} in line {where};"
                    " one name is one taxon: correct one of them"
                )
        lines.setdefault(name, line)
        if taxon:
            found.setdefault(name, taxon)
        mistakes += [f"line {line}: {text}" for text in about]
    if mistakes:
        many = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        more = [f"and {len(mistakes) - _MOST} more"] if len(mistakes) > _MOST else []
        told = "\n  ".join(mistakes[:_MOST] + more)
        raise SestonError(f"{path}: {many} in the table of taxa\n  {told}")
    return found


def _rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    """Return the rows that are not blank, each with its line; columns that are unknown are left."""
    cells = []
    for line, text in enumerate(read_lines(path, "table of taxa"), 1):
        try:
            [row] = csv.reader([text.rstrip("\r\n")], delimiter="\t", strict=True) or [[]]
        except csv.Error as error:
            raise SestonError(f"{path}, line {line}: {error}; mend its quotes") from error
        cells.append([tidy(cell) for cell in row])
    header, *rows = [row for row in enumerate(cells, 1) if any(row[1])] or [(1, [])]
    names = header[1]
    missing = [name for name in REQUIRED if name not in names]
    twice = sorted({name for name in names if name and names.count(name) > 1})
    near = {
        name: close[0]
        for name in names
        if name not in COLUMNS
        and (close := get_close_matches(name.casefold().replace(" ", "_"), COLUMNS, 1, 0.8))
        and close[0] not in names
    }
    if missing or twice or near:
        what = [f"no column {name!r}" for name in missing if name not in near.values()]
        what += [f"column {name!r} twice" for name in twice]
        what += [f"column {name!r}: did you mean {known!r}?" for name, known in near.items()]
        raise SestonError(
            f"{path}, line {header[0]}: {'; '.join(what)}; expected tabs between the columns"
            f" {' and '.join(REQUIRED)} and, if you like, {', '.join(COLUMNS[2:])}"
        )
    wrong = [f"line {line}: {len(row)} cells" for line, row in rows if len(row) != len(names)]
    if wrong:
        raise SestonError(
            f"{path}: {'; '.join(wrong[:_MOST])}; expected {len(names)} as in the header"
        )
    return [(line, dict(zip(names, row, strict=True))) for line, row in rows]


def _taxon(cells: Mapping[str, str], elsewhere: int | None, about: list[str]) -> Taxon | None:
    """Return what a row says, adding its mistakes to `about`; None if it names no taxon."""
    told = {name: cells.get(name, "") for name in COLUMNS}
    name, aphia_id = told["scientific_name"], elsewhere
    if wrong := _NO_NAME.search(name):
        about.append(
            f"scientific_name {name!r}: {wrong[0]!r} is no part of a scientific name; write the"
            " taxon as WoRMS does, and what is uncertain into the column qualifier"
        )
    if told["aphia_id"]:
        # Spreadsheets and data frames write whole numbers as 135336.0.
        number = re.fullmatch(r"([1-9]\d{0,8})(?:\.0+)?", told["aphia_id"], re.ASCII)
        if not number:
            about.append(
                f"aphia_id {told['aphia_id']!r}: expected the number of the taxon in WoRMS, as"
                " 149619; leave the cell empty if unknown"
            )
        elif elsewhere and int(number[1]) != elsewhere:
            about.append(
                f"aphia_id {number[1]}, but {elsewhere} in the table of cluster names; correct one"
            )
        aphia_id = int(number[1]) if number else None
    if told["carbon"] and told["carbon"] not in CARBON:
        about.append(
            f"carbon {told['carbon']!r}: expected {' or '.join(CARBON)}, or nothing where neither"
            " formula holds"
        )
    if not name:
        rest = [column for column in COLUMNS[2:] if told[column]]
        if rest:
            about.append(f"{rest[0]} {told[rest[0]]!r}, but no scientific_name; give it too")
        return None
    higher = tuple(told[rank] for rank in RANKS)
    return Taxon(
        name, aphia_id, told["taxon_rank"].casefold(), told["authorship"], told["qualifier"],
        higher, told["carbon"],
    )  # fmt: skip


def taxa_of(classes: Sequence[str], taxa: Mapping[str, Taxon]) -> list[Taxon | None]:
    """Return the taxon of each class, None where the table has none."""
    return [taxa.get(name) for name in classes]


def read_aphia_ids(names: Path) -> dict[str, int]:
    """Return the AphiaIDs that the run's table of cluster names holds, by name."""
    with names.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t")
        return {row["name"]: int(row["aphia_id"]) for row in rows if row["aphia_id"]}
