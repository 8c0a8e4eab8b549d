"""What was measured: of events and of occurrences, each with its code and unit of BODC."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from seston.export.darwin_core import terms
from seston.export.darwin_core.cells import number
from seston.export.darwin_core.events import instrument_of
from seston.export.darwin_core.findings import Cell, Findings
from seston.export.darwin_core.terms import Code

_LITRES = 1000.0  # of a cubic metre


class Share(NamedTuple):
    """Which part of a sample's images is of a class, corrected, with its interval."""

    share: float
    low: float
    high: float


#: (sample, class) -> what is estimated.
Corrected = Mapping[tuple[str, str], Share]


def fact_lines(found: Findings, corrected: Corrected, method: str) -> Iterator[tuple[str, ...]]:
    """Yield the cells of each measurement, by the terms `terms.FACT`.

    Parameters
    ----------
    found : Findings
    corrected : mapping
        Class frequencies of samples; empty where there is no classifier.
    method : str
        How they were found.
    """
    for row in found.events():
        yield from _of_event(found, row)
    for cell in found.occurrences():
        yield from _of_occurrence(found, cell)
        name = (found.samples.rows[cell.row]["sample"], found.held.classes[cell.code])
        # Estimated shares are hardly ever 0; of what is called absent they would say otherwise.
        if found.held.counts[cell.row, cell.code] and (share := corrected.get(name)) is not None:
            yield from _corrected(found, cell, share, method)


def _line(
    event: str, occurrence: str, code: Code, value: str, remarks: str = "", address: str = ""
) -> tuple[str, ...]:
    return (
        event, occurrence, code.name, code.address, value, address, code.unit, code.unit_address,
        remarks,
    )  # fmt: skip


def _of_event(found: Findings, row: int) -> Iterator[tuple[str, ...]]:
    event, sample = found.event(row), found.samples.rows[row]
    name, address = instrument_of(found, row)
    for code in (terms.INSTRUMENT, terms.ANALYSER) if name else ():
        yield _line(event, "", code, name, address=address)
    if sample["volume_ml"]:
        dilution = float(sample["dilution"] or 1)
        remarks = f"volume analysed, by {sample['volume_source']}"
        remarks += f"; dilution {dilution:g}" if dilution != 1 else ""
        yield _line(event, "", terms.VOLUME, number(float(sample["volume_ml"])), remarks)
    images = found.held.counts[row]
    rejected = int(sample["rejected"])
    remarks = f"{rejected} more could not be read" if rejected else ""
    yield _line(event, "", terms.IMAGES, str(int(images.sum())), remarks)
    yield _line(event, "", terms.UNCLASSIFIED, str(int(images[-1])))


def _of_occurrence(found: Findings, cell: Cell) -> Iterator[tuple[str, ...]]:
    at, amounts, taxon = (cell.row, cell.code), found.amounts, found.taxa[cell.code]
    ids = (cell.event, cell.occurrence)
    count = int(found.held.counts[at])
    yield _line(*ids, terms.COUNT, str(count), "images: a colony or chain in one image is one")
    if not np.isfinite(amounts.abundance[at]):
        return
    if found.said.partial and found.held.unclassified[cell.row]:
        return  # nobody labelled the others: what they hold of the class is not known
    limits = (
        f"{100 * found.confidence:g} % limits of counting alone: {number(float(amounts.low[at]))}"
        f" to {number(float(amounts.high[at]))}"
    )
    yield _line(*ids, terms.ABUNDANCE, number(float(amounts.abundance[at])), limits)
    if not count or not np.isfinite(amounts.biovolume[at]):
        return
    known = int(found.held.known[at])
    scaled = f"; scaled up from {known} of {count} images" if known < count else ""
    remarks = f"from the outlines of images (doi:10.4319/lom.2012.10.278){scaled}"
    yield _line(*ids, terms.BIOVOLUME, number(float(amounts.biovolume[at]) * _LITRES), remarks)
    if taxon and taxon.carbon:
        carbon = amounts.diatom if taxon.carbon == "diatom" else amounts.protist
        remarks = (
            f"from the biovolume of each image, as of a {taxon.carbon}"
            f" (doi:10.4319/lo.2000.45.3.0569){scaled}"
        )
        yield _line(*ids, terms.CARBON, number(float(carbon[at])), remarks)


def _corrected(found: Findings, cell: Cell, share: Share, method: str) -> Iterator[tuple[str, ...]]:
    images = int(found.held.counts[cell.row].sum())
    water = float(found.samples.effort["water_ml"].iloc[cell.row])
    if not np.isfinite(water):
        return
    value, low, high = (number(part * images * 1000 / water) for part in share)
    remarks = (
        f"class frequencies of the sample by {method}; {100 * found.confidence:g} % limits: {low}"
        f" to {high}"
    )
    yield _line(cell.event, cell.occurrence, terms.CORRECTED, value, remarks)
