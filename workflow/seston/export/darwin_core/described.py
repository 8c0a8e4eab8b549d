"""An archive as its `meta.xml` describes it: of any origin, read a line at a time."""

import csv
import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from seston.errors import SestonError
from seston.export.zip_entry import UNREADABLE

_TEXT = "{http://rs.tdwg.org/dwc/text/}"
#: Bytes of a description that anybody writes; parsing needs many times as much.
MOST_XML = 1 << 24
_ENDS = {r"\t": "\t"}


@dataclass(frozen=True)
class Table:
    """A table of an archive.

    Attributes
    ----------
    file : str
    row_type : str
        The last part of its address, such as ``"Occurrence"``.
    core : bool
    columns : dict of int to str
        The term of each column, without its address; "id" is what ties extensions to the core.
    defaults : dict of str to str
        Of terms that hold for all lines, or where a cell is empty.
    delimiter, quote, encoding : str
    skipped : int
        Lines of the header.
    """

    file: str
    row_type: str
    core: bool
    columns: dict[int, str]
    defaults: dict[str, str]
    delimiter: str
    quote: str
    encoding: str
    skipped: int


class Described:
    """An archive that is open; a context manager.

    Raises
    ------
    SestonError
        If it cannot be read, or has no `meta.xml` that says what is in it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except UNREADABLE as error:
            raise SestonError(f"{path}: not a readable zip archive ({error})") from error
        self.names = {*self._zip.namelist()}
        if "meta.xml" not in self.names:
            raise SestonError(f"{path}: no meta.xml in it: not a Darwin Core archive")
        root = self.xml("meta.xml")
        self.metadata = root.get("metadata", "")
        self.tables = [
            _table(one) for one in root if one.tag in (f"{_TEXT}core", f"{_TEXT}extension")
        ]
        if [table.core for table in self.tables].count(True) != 1:
            raise SestonError(f"{path}/meta.xml: expected one core, in the namespace {_TEXT[1:-1]}")

    def __enter__(self) -> "Described":
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def xml(self, name: str) -> ET.Element:
        """Return the root of an XML file; raises `SestonError` if it is none."""
        try:
            if (size := self._zip.getinfo(name).file_size) > MOST_XML:
                raise SestonError(
                    f"{self.path}/{name}: {size:,} bytes, expected {MOST_XML:,} at most"
                )
            return ET.fromstring(self._zip.read(name))
        except (ET.ParseError, *UNREADABLE) as error:
            raise SestonError(f"{self.path}/{name}: not readable as XML ({error})") from error

    def lines(self, table: Table) -> Iterator[tuple[int, list[str]]]:
        """Yield the cells of each line below the header, with its number."""
        try:
            with self._zip.open(table.file) as file:
                text = io.TextIOWrapper(file, table.encoding, newline="")
                reader = csv.reader(
                    text,
                    delimiter=table.delimiter,
                    quotechar=table.quote or None,
                    quoting=csv.QUOTE_MINIMAL if table.quote else csv.QUOTE_NONE,
                )
                for number, cells in enumerate(reader, 1):
                    if number > table.skipped and cells:
                        yield number, cells
        except (UnicodeError, LookupError, TypeError, csv.Error, *UNREADABLE) as error:
            raise SestonError(f"{self.path}/{table.file}: cannot be read ({error})") from error


def _table(one: ET.Element) -> Table:
    core = one.tag == f"{_TEXT}core"
    columns: dict[int, str] = {}
    defaults: dict[str, str] = {}
    tie = one.find(f"{_TEXT}{'id' if core else 'coreid'}")
    for field in one.findall(f"{_TEXT}field"):
        name = field.get("term", "").rstrip("/").rsplit("/", 1)[-1]
        if (index := field.get("index", "")).isdigit():
            columns[int(index)] = name
        if field.get("default"):
            defaults[name] = field.get("default", "")
    if tie is not None and tie.get("index", "").isdigit():
        columns.setdefault(int(tie.get("index", "")), "eventID")
    file = one.find(f"{_TEXT}files/{_TEXT}location")
    given: Mapping[str, str] = one.attrib
    end, header = given.get("fieldsTerminatedBy", ","), given.get("ignoreHeaderLines", "0")
    return Table(
        file=(file.text or "").strip() if file is not None else "",
        row_type=given.get("rowType", "").rsplit("/", 1)[-1],
        core=core,
        columns=columns,
        defaults=defaults,
        delimiter=_ENDS.get(end, end),
        quote=given.get("fieldsEnclosedBy", '"'),
        encoding=given.get("encoding", "UTF-8"),
        skipped=int(header) if header.isdigit() else 0,
    )
