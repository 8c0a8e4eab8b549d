"""What EcoTaxa's import takes: names of files and columns, their types, how long what may be.

As its importer (ecotaxa_back, June 2026) decides it.
"""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

TEXT, NUMBER = "[t]", "[f]"
TYPES = (TEXT, NUMBER)
FILE, OBJECT = "img_file_name", "object_id"
SAMPLE, ACQUISITION, PROCESS = "sample_id", "acq_id", "process_id"
CATEGORY, STATUS = "object_annotation_category", "object_annotation_status"
CATEGORY_ID = "object_annotation_category_id"
LATITUDE, LONGITUDE = "object_lat", "object_lon"
DATES = ("object_date", "object_annotation_date")
TIMES = ("object_time", "object_annotation_time")

#: Columns whose meaning EcoTaxa knows; a type in the second line changes nothing there.
PREDEFINED = {
    FILE: TEXT, "img_rank": NUMBER, OBJECT: TEXT, "object_link": TEXT,
    LATITUDE: NUMBER, LONGITUDE: NUMBER, "object_date": TEXT, "object_time": TEXT,
    "object_depth_min": NUMBER, "object_depth_max": NUMBER,
    CATEGORY: TEXT, CATEGORY_ID: NUMBER, STATUS: TEXT,
    "object_annotation_date": TEXT, "object_annotation_time": TEXT,
    "object_annotation_person_name": TEXT, "object_annotation_person_email": TEXT,
    "object_annotation_hierarchy": TEXT, "complement_info": TEXT,
    SAMPLE: TEXT, "sample_dataportal_descriptor": TEXT,
    ACQUISITION: TEXT, "acq_instrument": TEXT, PROCESS: TEXT,
}  # fmt: skip
#: Further columns of each table, by type: so many at most. Beside objects, all are text.
FREE = {
    "object": {NUMBER: 500, TEXT: 20},
    "sample": {TEXT: 30},
    "acq": {TEXT: 30},
    "process": {TEXT: 30},
}
#: How sure a category is, and by whom.
WORDS = ("predicted", "dubious", "validated", "discarded", "noid")
IDS = (OBJECT, SAMPLE, ACQUISITION, PROCESS, FILE, "object_link")
ID_MOST, TEXT_MOST = 255, 250  # characters
TABLES_MOST = 1000  # of one archive
#: What stands for "not known" where a number is expected, and only there.
UNKNOWN = ("nan", "na")
PICTURES = ("PNG", "JPEG", "GIF")
#: Pillow's names of pixels with 8 bits per channel.
MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr")
ENDINGS = (".txt", ".tsv")


class Column(NamedTuple):
    """A column of a table for EcoTaxa, and its type."""

    name: str
    type: str = TEXT


def is_table(name: str) -> bool:
    """Whether a file of this name is read as a table: in any folder, in small letters only."""
    path = PurePosixPath(name)
    return path.name.startswith("ecotaxa") and path.suffix in ENDINGS


def type_of(name: str, told: str) -> str:
    """Return as what the cells of a column are taken."""
    if name in PREDEFINED:
        return PREDEFINED[name]
    return told if name.startswith("object_") else TEXT


def header_mistakes(names: Sequence[str], types: Sequence[str]) -> list[tuple[str, str]]:
    """Return what is wrong with the two first lines of a table: column, and what.

    Parameters
    ----------
    names : sequence of str
        In small letters, without blanks around them, as EcoTaxa takes them.
    types : sequence of str
        Of the second line, as many.
    """
    found = [
        (name, "stands there twice; keep one")
        for place, name in enumerate(names)
        if name in names[:place]
    ]
    for name in (FILE, OBJECT):
        if name not in names:
            found.append((name, "is missing; every table needs it"))
    for prefix in FREE:
        own = [name for name in names if name.startswith(f"{prefix}_")]
        if own and f"{prefix}_id" not in (*names, OBJECT):
            found.append((f"{prefix}_id", f"is missing, as there is {own[0]}; add it"))
    free: dict[tuple[str, str], int] = {}
    for name, told in zip(names, types, strict=True):
        prefix, line, rest = name.partition("_")
        if told not in TYPES:
            found.append((name, f"found type {told!r} in line 2, expected [t] or [f]"))
        if name in PREDEFINED:
            continue
        if not (line and rest and prefix in FREE):
            known = ", ".join(f"{prefix}_…" for prefix in FREE)
            found.append((name, f"unknown; expected {known}, {FILE} or img_rank"))
        elif told in TYPES:
            of = (prefix, type_of(name, told))
            free[of] = free.get(of, 0) + 1
    for (prefix, kind), count in free.items():
        if count > (most := FREE[prefix][kind]):
            text = f"{count} columns {prefix}_… of type {kind}, at most {most} are taken"
            found.append((f"{prefix}_…", text))
    return found


_DEGREES = re.compile(r"(-?\d+)°(\d+) (\d+)")


def degrees(text: str) -> float | None:
    """Return decimal degrees, also from ``DDD°MM SS``; None if it is neither."""
    if parts := _DEGREES.fullmatch(text):
        whole, minutes, seconds = map(float, parts.groups())
        part = (minutes + seconds / 60) / 60
        return whole - part if text.startswith("-") else whole + part
    return number(text)


def number(text: str) -> float | None:
    """Return a number, or None if this is none that EcoTaxa takes."""
    try:
        value = float(text)
    except ValueError:
        return None
    return None if value == float("-inf") else value
