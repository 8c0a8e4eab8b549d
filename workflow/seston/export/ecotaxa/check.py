"""Archives for EcoTaxa checked before they are sent: `python -m seston check-ecotaxa ARCHIVE`."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from seston.export.ecotaxa.mistakes import Mistakes
from seston.export.ecotaxa.opened import Opened, opened
from seston.export.ecotaxa.rules import ENDINGS, TABLES_MOST, is_table
from seston.export.ecotaxa.table_check import Seen, TableCheck


def check_ecotaxa(archives: list[Path], /) -> int:
    """Hold archives to the rules of EcoTaxa's import, and say what it would refuse.

    Reads all of each table and picture, and writes nothing. Several archives are taken as going
    into one project.

    Parameters
    ----------
    archives : list of pathlib.Path
        Zip files, folders that stand for one, or folders with archives `ecotaxa….zip`.

    Returns
    -------
    int
        The exit status: 0, or 1 if there is a mistake.
    """
    seen, mistakes = Seen(), Mistakes()
    for path in _archives(archives):
        with opened(path) as archive:
            tables = _tables(archive, mistakes)
            before = len(seen.objects)
            lines = sum(TableCheck(archive, name, seen, mistakes).run() for name in tables)
            if tables and not lines:
                mistakes.add("no line below the types: nothing to import", str(path))
            objects = len(seen.objects) - before
            print(f"{path}: tables {len(tables)}, images {lines}, objects {objects}", flush=True)
    if mistakes.total:
        count = "1 mistake" if mistakes.total == 1 else f"{mistakes.total} mistakes"
        print(f"EcoTaxa would refuse this, or lose something: {count}\n  {mistakes.told()}")
        return 1
    print("as EcoTaxa wants it")
    return 0


def _archives(given: Sequence[Path]) -> list[Path]:
    """Return all archives; a folder of archives stands for those in it."""
    found: list[Path] = []
    for path in given:
        within = sorted(path.glob("ecotaxa*.zip")) if path.is_dir() else []
        found += within or [path]
    return found


def _tables(archive: Opened, mistakes: Mistakes) -> list[str]:
    tables = sorted(filter(is_table, archive.names))
    for name in sorted(archive.names):
        if name not in tables and is_table(name.lower()):
            text = f"found {name!r}: its name must begin with 'ecotaxa' and end with .tsv or .txt,"
            mistakes.add(f"{text} in small letters, or it is passed over", str(archive.path))
    if not tables:
        others = [name for name in archive.names if PurePosixPath(name).suffix in ENDINGS]
        hint = f"; found {min(others)!r}" if others else ""
        text = f"no table ecotaxa….tsv or ecotaxa….txt in it{hint}"
        mistakes.add(text, str(archive.path))
    if len(tables) > TABLES_MOST:
        text = f"{len(tables)} tables, at most {TABLES_MOST} are taken; make several archives"
        mistakes.add(text, str(archive.path))
    return tables
