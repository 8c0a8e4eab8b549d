"""A table for EcoTaxa held to the rules, line by line."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import PurePosixPath

from seston.export.ecotaxa import rules
from seston.export.ecotaxa.cell_rules import cell_mistake
from seston.export.ecotaxa.encoding import encoding_mistake
from seston.export.ecotaxa.mistakes import Mistakes
from seston.export.ecotaxa.opened import Opened
from seston.export.ecotaxa.pictures import picture_mistake
from seston.export.zip_entry import UNREADABLE


@dataclass
class Seen:
    """What was seen in the tables before, of all archives that go into one project.

    Attributes
    ----------
    lines : dict of bytes to str
        Digest of object and picture -> table and line.
    objects : set of bytes
        Digests of ids.
    sample_of : dict of str to str
        The sample of each acquisition.
    """

    lines: dict[bytes, str] = field(default_factory=dict)
    objects: set[bytes] = field(default_factory=set)
    sample_of: dict[str, str] = field(default_factory=dict)


class TableCheck:
    """Hold a table to the rules.

    Parameters
    ----------
    archive : Opened
    name : str
        Of the table.
    seen : Seen
        Of what came before; this table is added to it.
    mistakes : Mistakes
        What is wrong is added to it.
    """

    def __init__(self, archive: Opened, name: str, seen: Seen, mistakes: Mistakes) -> None:
        self._archive, self._name, self._seen, self._mistakes = archive, name, seen, mistakes
        self._file = f"{archive.path}/{name}"

    def run(self) -> int:
        """Return the number of lines that name a picture."""
        try:
            with self._archive.read(self._name) as file:
                encoding, line, wrong = encoding_mistake(file)
            if wrong:
                self._add(wrong, line)
            with self._archive.read(self._name) as file:
                text = io.TextIOWrapper(file, encoding, errors="replace", newline="")
                return self._check(self._lines(text))
        except UNREADABLE as error:
            self._add(f"cannot be read ({error})", 0)
            return 0

    def _check(self, lines: Iterator[tuple[int, list[str]]]) -> int:
        header = next(lines, (1, []))[1]
        names = [name.strip(" \t").lower() for name in header]
        types = [kind.strip() for kind in next(lines, (2, []))[1]]
        if len(types) != len(names):
            text = f"found {len(types)} types, expected [t] or [f] for each of {len(names)} columns"
            self._add(text, 2)
            return 0
        for column, wrong in rules.header_mistakes(names, types):
            self._add(wrong, 1, column)
        kinds = list(map(rules.type_of, names, types))
        count = 0
        for line, cells in lines:
            count += 1
            if len(cells) != len(names):
                self._add(f"found {len(cells)} cells, expected {len(names)} as in line 1", line)
                continue
            cells = [cell.strip() for cell in cells]
            for name, kind, cell in zip(names, kinds, cells, strict=True):
                if wrong := cell_mistake(name, kind, cell):
                    self._add(wrong, line, name)
            self._check_line(line, dict(zip(names, cells, strict=True)))
        return count

    def _lines(self, text: io.TextIOBase) -> Iterator[tuple[int, list[str]]]:
        """Yield lines that are not empty, each with the number at which it begins."""
        reader, first = csv.reader(text, delimiter="\t"), 1
        try:
            for cells in reader:
                if cells:
                    yield first, cells
                first = reader.line_num + 1
        except csv.Error as error:
            self._add(f"{error}; the table cannot be read from here on", first)

    def _check_line(self, line: int, cells: dict[str, str]) -> None:
        """Hold the cells of a line against each other, the archive and the lines before."""
        image, file = cells.get(rules.OBJECT, ""), cells.get(rules.FILE, "")
        for name in (rules.OBJECT, rules.FILE):
            if name in cells and not cells[name]:
                self._add("empty; every line needs it", line, name)
        if file:
            self._check_picture(line, file)
        if image and file:
            key = _digest(f"{image}\t{file}")
            first = self._seen.lines.setdefault(key, f"{self._file}, line {line}")
            if first != f"{self._file}, line {line}":
                self._add(f"{image!r} with {file!r} stands in {first} too", line, rules.OBJECT)
            self._seen.objects.add(_digest(image))
        self._check_category(line, cells)
        sample, taken = cells.get(rules.SAMPLE, ""), cells.get(rules.ACQUISITION, "")
        if sample and taken:
            first = self._seen.sample_of.setdefault(taken, sample)
            if first != sample:
                text = f"{taken!r} is of sample {sample!r} here, but of {first!r} before; an"
                self._add(f"{text} acquisition is of one sample", line, rules.ACQUISITION)

    def _check_category(self, line: int, cells: dict[str, str]) -> None:
        status = cells.get(rules.STATUS, "")
        category = cells.get(rules.CATEGORY, "") or cells.get(rules.CATEGORY_ID, "")
        if status and not category:
            self._add(
                f"status {status!r}, but no category; give both or neither", line, rules.STATUS
            )
        if category and not status:
            text = f"category {category!r}, but no status; give both or neither"
            self._add(text, line, rules.CATEGORY)

    def _check_picture(self, line: int, file: str) -> None:
        path = PurePosixPath(self._name).parent / file
        if path.is_absolute() or ".." in path.parts:
            self._add(f"found {file!r}, expected a path within the archive", line, rules.FILE)
        elif path.as_posix() not in self._archive.names:
            self._add(f"no picture {file!r} in the archive", line, rules.FILE)
        else:
            with self._archive.read(path.as_posix()) as picture:
                if wrong := picture_mistake(picture):
                    self._add(f"{file!r}: {wrong}", line, rules.FILE)

    def _add(self, what: str, line: int, column: str = "") -> None:
        self._mistakes.add(what, self._file, line, column)


def _digest(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=12).digest()
