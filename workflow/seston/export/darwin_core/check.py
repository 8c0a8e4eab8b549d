"""Darwin Core archives checked before they are sent: `python -m seston check-darwin-core`."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

from seston.export.darwin_core.cell_rules import OF_EVENT, REQUIRED, cell_mistake, line_mistakes
from seston.export.darwin_core.described import Described, Table
from seston.export.ecotaxa.mistakes import Mistakes


def check_darwin_core(archives: list[Path], /) -> int:
    """Hold archives of events to the rules of Darwin Core and OBIS, and say what is wrong.

    Reads every line, and writes nothing. Each archive is a dataset of its own.

    Parameters
    ----------
    archives : list of pathlib.Path
        Zip files.

    Returns
    -------
    int
        The exit status: 0, or 1 if there is a mistake.
    """
    mistakes = Mistakes()
    for path in archives:
        with Described(path) as archive:
            counts = _Check(archive, mistakes).run()
        print(f"{path}: {', '.join(f'{n} of {name}' for name, n in counts.items())}", flush=True)
    if mistakes.total:
        count = "1 mistake" if mistakes.total == 1 else f"{mistakes.total} mistakes"
        print(f"OBIS would refuse this, or misread it: {count}\n  {mistakes.told()}")
        return 1
    print("as Darwin Core and OBIS want it")
    return 0


@dataclass
class _Check:
    """Hold an archive to the rules; of its ids, only digests are kept."""

    archive: Described
    mistakes: Mistakes
    events: set[bytes] = field(default_factory=set)
    occurrences: set[bytes] = field(default_factory=set)
    status: dict[bytes, str] = field(default_factory=dict)  # of a name in an event

    def run(self) -> dict[str, int]:
        """Return the number of lines of each table."""
        self._check_description()
        order = {"Event": 0, "Occurrence": 1}
        counts = {}
        for table in sorted(self.archive.tables, key=lambda one: order.get(one.row_type, 2)):
            counts[table.row_type or table.file] = self._check_table(table)
        return counts

    def _check_description(self) -> None:
        name = self.archive.metadata
        if not name or name not in self.archive.names:
            self._add(f"found metadata {name!r}, expected a file of the archive", "meta.xml")
            return
        root = self.archive.xml(name)
        for path in ("title", "contact", "intellectualRights"):
            found = root.find(f"dataset/{path}")
            if found is None or not "".join(found.itertext()).strip():
                self._add(f"no {path} of the dataset", name)

    def _check_table(self, table: Table) -> int:
        if table.file not in self.archive.names:
            self._add(f"table {table.file!r} is not in the archive", "meta.xml")
            return 0
        if table.core and table.row_type != "Event":
            self._add(f"the core is of {table.row_type or 'nothing'}, expected Event", "meta.xml")
        known = {*table.columns.values(), *table.defaults}
        required = REQUIRED.get(table.row_type, ())
        for name in required:
            if name not in known:
                self._add("is missing; every line needs it", table.file, 1, name)
        needed = [name for name in required if name in known]
        wide, count = max(table.columns, default=-1) + 1, 0
        for line, cells in self.archive.lines(table):
            count += 1
            if len(cells) < wide:
                self._add(f"found {len(cells)} cells, expected {wide}", table.file, line)
                continue
            row = table.defaults | {
                name: text
                for place, name in table.columns.items()
                if (text := cells[place].strip()) or name not in table.defaults
            }
            for name, what in self._mistakes_of(table.row_type, row, needed):
                self._add(what, table.file, line, name)
        return count

    def _mistakes_of(
        self, kind: str, row: dict[str, str], needed: list[str]
    ) -> Iterator[tuple[str, str]]:
        """Yield what is wrong with a line: term, and what."""
        for name in needed:
            if not row[name]:
                yield name, "empty; every line needs it"
        for name, cell in row.items():
            if cell and (wrong := cell_mistake(name, cell)):
                yield name, wrong
        yield from line_mistakes(row)
        event, occurrence = row.get("eventID", ""), row.get("occurrenceID", "")
        if kind == "Event":
            if not row.get("parentEventID"):
                for name in OF_EVENT:
                    if not row.get(name):
                        yield name, "empty, and there is no parent event to take it from"
            yield from _once(self.events, "eventID", event)
            return
        if event and _digest(event) not in self.events:
            yield "eventID", f"no event {event!r} in the core"
        if kind == "Occurrence":
            yield from _once(self.occurrences, "occurrenceID", occurrence)
            name, status = row.get("scientificName", ""), row.get("occurrenceStatus", "")
            if name and status and self._held(event, name, status) != status:
                yield "occurrenceStatus", f"{name!r} is both present and absent in event {event!r}"
        elif occurrence and _digest(occurrence) not in self.occurrences:
            yield "occurrenceID", f"no occurrence {occurrence!r}"

    def _held(self, event: str, name: str, status: str) -> str:
        return self.status.setdefault(_digest(f"{event}\t{name}"), status)

    def _add(self, what: str, file: str, line: int = 0, term: str = "") -> None:
        self.mistakes.add(what, f"{self.archive.path}/{file}", line, term)


def _once(seen: set[bytes], name: str, text: str) -> Iterator[tuple[str, str]]:
    if text and (key := _digest(text)) in seen:
        yield name, f"{text!r} stands in a line before too; ids occur once"
    elif text:
        seen.add(key)


def _digest(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=12).digest()
