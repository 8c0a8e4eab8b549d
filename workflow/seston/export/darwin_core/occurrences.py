"""The occurrences of an archive: one per class and sample."""

import json
from collections.abc import Iterator

from seston.export.darwin_core.cells import number
from seston.export.darwin_core.findings import Cell, Findings
from seston.export.darwin_core.terms import ABSENT, BASIS, OCCURRENCE, PRESENT
from seston.export.found.taxon import RANKS

#: In the table of taxa, "class" is what Seston calls one.
_HIGHER = tuple(rank.removeprefix("taxon_") for rank in RANKS)


def occurrence_lines(found: Findings) -> Iterator[tuple[str, ...]]:
    """Yield the cells of each occurrence, by the terms `terms.OCCURRENCE`."""
    for cell in found.occurrences():
        taxon = found.taxa[cell.code]
        if taxon is None:
            raise ValueError(f"{cell.occurrence}: no taxon")
        count = int(found.held.counts[cell.row, cell.code])
        cells = {
            "eventID": cell.event,
            "occurrenceID": cell.occurrence,
            "basisOfRecord": BASIS,
            "recordedBy": found.samples.rows[cell.row].get("recordedBy", ""),
            "individualCount": str(count),
            "occurrenceStatus": PRESENT if count else ABSENT,
            "verbatimIdentification": found.held.classes[cell.code],
            "identificationQualifier": taxon.qualifier,
            "identificationVerificationStatus": found.said.status,
            "identificationReferences": found.said.by,
            "scientificName": taxon.name,
            "scientificNameID": taxon.lsid,
            "scientificNameAuthorship": taxon.authorship,
            "taxonRank": taxon.rank,
            **dict(zip(_HIGHER, taxon.higher, strict=True)),
            "occurrenceRemarks": "" if count else _searched(found, cell),
            # By these anyone can look at what was called so.
            "dynamicProperties": _images(found, cell),
        }
        yield tuple(cells[name] for name in OCCURRENCE)


def _searched(found: Findings, cell: Cell) -> str:
    """Say how hard a class was looked for that was not found."""
    images = int(found.held.counts[cell.row].sum())
    none = int(found.held.unclassified[cell.row])
    water = float(found.samples.effort["water_ml"].iloc[cell.row])
    high = number(float(found.amounts.high[cell.row, cell.code]))
    return (
        f"not found among {images} images ({none} of no class) of {number(water)} mL; upper limit"
        f" ({100 * found.confidence:g} %, counting alone): {high} per litre"
    )


def _images(found: Findings, cell: Cell) -> str:
    ids = found.held.images.get((cell.row, cell.code), [])
    return json.dumps({"image_ids": ids}, ensure_ascii=False) if ids else ""
