"""What a cell of a Darwin Core archive may hold, and which terms OBIS requires.

Sources: the terms of Darwin Core (dwc.tdwg.org/terms), the required terms of OBIS
(manual.obis.org), and for `identificationVerificationStatus` tdwg/dwc-qa 185.
"""

import re
from collections.abc import Callable
from datetime import date, datetime

from seston.export.darwin_core.terms import ABSENT, BASIS, PRESENT
from seston.export.found.said import PREDICTED, VALIDATED

#: By type of row.
REQUIRED = {
    "Event": ("eventID",),
    "Occurrence": (
        "eventID", "occurrenceID", "scientificName", "occurrenceStatus", "basisOfRecord",
    ),
    "ExtendedMeasurementOrFact": ("eventID", "measurementType", "measurementValue"),
}  # fmt: skip
#: Of an event that has no parent to take them from.
OF_EVENT = ("eventDate", "decimalLatitude", "decimalLongitude")
BASES = (
    "HumanObservation", BASIS, "LivingSpecimen", "PreservedSpecimen", "FossilSpecimen",
    "MaterialSample", "MaterialEntity", "MaterialCitation", "Occurrence",
)  # fmt: skip
_LSID = re.compile(r"urn:lsid:marinespecies\.org:taxname:[1-9]\d*")
_NERC = re.compile(r"https?://vocab\.nerc\.ac\.uk/collection/[A-Z]\d\d/current/[A-Z0-9]+/?")


def cell_mistake(term: str, cell: str) -> str:
    """Return what is wrong with a cell that is not empty, or ""."""
    rule = _RULES.get(term)
    expected = rule(cell) if rule else ""
    return f"found {cell!r}, expected {expected}" if expected else ""


def line_mistakes(cells: dict[str, str]) -> list[tuple[str, str]]:
    """Return what is wrong with the cells of a line beside each other: term, and what."""
    found = []
    low, high = (cells.get(f"{end}imumDepthInMeters", "") for end in ("min", "max"))
    if _is_number(low) and _is_number(high) and float(low) > float(high):
        found.append(("minimumDepthInMeters", f"found {low}, but the maximum is {high}"))
    if bool(cells.get("decimalLatitude")) != bool(cells.get("decimalLongitude")):
        found.append(("decimalLatitude", "latitude or longitude is missing; give both or neither"))
    if cells.get("sampleSizeValue") and not cells.get("sampleSizeUnit"):
        found.append(("sampleSizeUnit", "is empty, but there is a sampleSizeValue"))
    status, count = cells.get("occurrenceStatus", ""), cells.get("individualCount", "")
    if count.isdigit() and status in (PRESENT, ABSENT) and (status == ABSENT) != (int(count) == 0):
        found.append(("individualCount", f"found {count}, but occurrenceStatus is {status!r}"))
    verified = cells.get("identificationVerificationStatus", "")
    if cells.get("basisOfRecord") == BASIS and verified not in (PREDICTED, VALIDATED):
        text = f"found {verified!r}, expected {PREDICTED} or {VALIDATED} for {BASIS}"
        found.append(("identificationVerificationStatus", text))
    return found


def _is_number(cell: str) -> bool:
    return re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", cell, re.ASCII) is not None


def _between(low: float, high: float, what: str) -> Callable[[str], str]:
    return lambda cell: "" if _is_number(cell) and low <= float(cell) <= high else what


def _one_of(*words: str) -> Callable[[str], str]:
    return lambda cell: "" if cell in words else " or ".join(words)


def _date(cell: str) -> str:
    parts = cell.split("/")
    return (
        "" if len(parts) <= 2 and all(map(_is_date, parts)) else "a date of ISO 8601, or two with /"
    )


def _is_date(text: str) -> bool:
    if re.fullmatch(r"\d{4}(-(0[1-9]|1[0-2]))?", text, re.ASCII):
        return True
    try:
        date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError:
        return False
    return re.match(r"\d{4}-\d\d-\d\d(T|$)", text, re.ASCII) is not None


def _taxon(cell: str) -> str:
    marine = "marinespecies" in cell
    return (
        "urn:lsid:marinespecies.org:taxname: and a number"
        if marine and not _LSID.fullmatch(cell)
        else ""
    )


def _address(cell: str) -> str:
    if "vocab.nerc.ac.uk" in cell and not _NERC.fullmatch(cell):
        return "http://vocab.nerc.ac.uk/collection/<list>/current/<code>/"
    return "" if re.match(r"https?://\S+$|urn:\S+$", cell) else "an address, as http://…"


_RULES: dict[str, Callable[[str], str]] = {
    "eventDate": _date,
    "decimalLatitude": _between(-90, 90, "degrees from -90 to 90"),
    "decimalLongitude": _between(-180, 180, "degrees from -180 to 180"),
    "minimumDepthInMeters": _between(-100, 12_000, "metres below the surface"),
    "maximumDepthInMeters": _between(-100, 12_000, "metres below the surface"),
    "coordinateUncertaintyInMeters": _between(1e-9, 2e7, "metres above 0"),
    "sampleSizeValue": _between(0, float("inf"), "a number from 0"),
    "individualCount": lambda cell: (
        "" if cell.isascii() and cell.isdigit() else "a whole number from 0"
    ),
    "occurrenceStatus": _one_of(PRESENT, ABSENT),
    "basisOfRecord": _one_of(*BASES),
    "scientificNameID": _taxon,
    "measurementTypeID": _address,
    "measurementValueID": _address,
    "measurementUnitID": _address,
}
