"""What went into a run: the sample sheet and the raw files of its samples, by name only."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path, PurePosixPath, PureWindowsPath

from seston.cells import read_cells
from seston.errors import SestonError
from seston.provenance.counts import Effort
from seston.provenance.crate.entity import Entity, link, links

SAMPLES = "#samples"


def raw_files(sheet: Path, samples: Mapping[str, Effort]) -> list[Entity]:
    """Return the samples as a collection, the sample sheet, and each sample by its path in it.

    Raw files stay where they are. Paths that leave the sheet's folder are cut to their last part:
    the others name users and machines.

    Parameters
    ----------
    sheet : pathlib.Path
    samples : mapping of str to Effort
        Of the manifest.

    Raises
    ------
    SestonError
        If the sheet cannot be read, or has other samples.
    """
    header, rows = read_cells(sheet)
    cells = [dict(zip(header, row, strict=False)) for _, row in rows]
    named = {row.get("sample", ""): row for row in cells}
    other = sorted(named.keys() ^ samples.keys())
    if other:
        raise SestonError(
            f"{sheet}: other samples than those of the results, such as {other[0]!r}; run the"
            " workflow again"
        )
    found = [_sample(name, named[name], samples[name]) for name in sorted(samples)]
    told = {"name": sheet.name, "sha256": sha256(sheet.read_bytes()).hexdigest()}
    itself = Entity("#sample-sheet", ("CreativeWork",), told)
    about = {
        "name": "samples",
        "description": f"sample sheet and raw files of {len(found)} samples, not in the crate",
        "mainEntity": link(itself),
        "hasPart": links([itself, *found]),
    }
    return [Entity(SAMPLES, ("Collection",), about), itself, *found]


def _sample(name: str, cells: Mapping[str, str], effort: Effort) -> Entity:
    counts = " = ".join(
        [f"{effort['listed']} listed", f"{effort['used']} used + {effort['rejected']} rejected"]
    )
    about = {
        "name": name,
        "identifier": shown_place(cells.get("path", "")),
        "description": f"instrument {cells.get('instrument', '')}; {counts}",
        "isPartOf": link(SAMPLES),
    }
    dated = {"temporalCoverage": cells["datetime"]} if cells.get("datetime") else {}
    return Entity(f"#sample/{name}", ("CreativeWork",), about | dated)


def shown_place(path: str) -> str:
    """Return a path of the sheet as it may be told to others."""
    place = PurePosixPath(path)
    if place.is_absolute() or ".." in place.parts or PureWindowsPath(path).drive:
        return PureWindowsPath(path).name or place.name  # takes both kinds of strokes
    return place.as_posix()
