"""An archive on disk: its tables, what they are (`meta.xml`), and what the data are (`eml.xml`)."""

import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

from seston.export.darwin_core.cells import line
from seston.export.darwin_core.terms import COLUMNS, EVENT_FILE, ROW_TYPES, term
from seston.export.zip_entry import zip_entry

_TEXT = "http://rs.tdwg.org/dwc/text/"


def meta() -> bytes:
    """Return ``meta.xml``: events are the core, occurrences and measurements belong to them."""
    ET.register_namespace("", _TEXT)
    root = ET.Element(f"{{{_TEXT}}}archive", {"metadata": "eml.xml"})
    for file, columns in COLUMNS.items():
        core = file == EVENT_FILE
        table = ET.SubElement(
            root,
            f"{{{_TEXT}}}{'core' if core else 'extension'}",
            {
                "encoding": "UTF-8",
                "fieldsTerminatedBy": r"\t",
                "linesTerminatedBy": r"\n",
                "fieldsEnclosedBy": "",
                "ignoreHeaderLines": "1",
                "rowType": ROW_TYPES[file],
            },
        )
        ET.SubElement(ET.SubElement(table, f"{{{_TEXT}}}files"), f"{{{_TEXT}}}location").text = file
        ET.SubElement(table, f"{{{_TEXT}}}{'id' if core else 'coreid'}", {"index": "0"})
        for place, name in enumerate(columns):
            field = {"index": str(place), "term": term(name)}
            ET.SubElement(table, f"{{{_TEXT}}}field", field)
    ET.indent(root, " ")
    return ET.tostring(root, encoding="UTF-8", xml_declaration=True) + b"\n"


def write_archive(
    path: Path, tables: Mapping[str, Iterable[Sequence[str]]], eml: bytes
) -> dict[str, int]:
    """Write an archive; the same rows give the same bytes.

    Parameters
    ----------
    path : pathlib.Path
    tables : mapping of str to iterable of sequence of str
        Rows of each file of `terms.COLUMNS`, written as they come.
    eml : bytes

    Returns
    -------
    dict of str to int
        Rows of each file.
    """
    rows = dict.fromkeys(tables, 0)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(zip_entry("meta.xml", deflate=True), meta())
        archive.writestr(zip_entry("eml.xml", deflate=True), eml)
        for name, lines in tables.items():
            with archive.open(zip_entry(name, deflate=True), "w", force_zip64=True) as file:
                file.write(line(COLUMNS[name]).encode())
                for cells in lines:
                    file.write(line(cells).encode())
                    rows[name] += 1
    return rows
