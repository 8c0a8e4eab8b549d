"""The description of a dataset: EML in the profile of GBIF (version 1.3, as its IPT writes it)."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from xml.etree import ElementTree as ET

from seston import __version__
from seston.export.darwin_core.findings import Findings
from seston.export.darwin_core.terms import LICENCES
from seston.export.found.said import VALIDATED

_EML = "https://eml.ecoinformatics.org/eml-2.2.0"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_XML = "http://www.w3.org/XML/1998/namespace"
_SCHEMA = "https://rs.gbif.org/schema/eml-gbif-profile/1.3/eml.xsd"
_TITLES = {
    "CC0-1.0": "Creative Commons Zero v1.0 Universal",
    "CC-BY-4.0": "Creative Commons Attribution 4.0 International",
    "CC-BY-NC-4.0": "Creative Commons Attribution Non Commercial 4.0 International",
}


class About(NamedTuple):
    """What people say of the data.

    Attributes
    ----------
    contact : str
        ``Surname, Given name``.
    email : str
    abstract : str
        "" = a sentence that the data tell themselves.
    published : str
        ISO date, or "": then whoever publishes the archive adds it.
    """

    contact: str
    email: str
    abstract: str
    published: str


def eml(found: Findings, about: About) -> bytes:
    """Return ``eml.xml``.

    Parameters
    ----------
    found : Findings
        With at least one event.
    about : About
    """
    ET.register_namespace("eml", _EML)
    ET.register_namespace("xsi", _XSI)
    root = ET.Element(
        f"{{{_EML}}}eml",
        {
            f"{{{_XSI}}}schemaLocation": f"{_EML} {_SCHEMA}",
            "packageId": found.dataset.id,
            "system": "http://gbif.org",
            "scope": "system",
            f"{{{_XML}}}lang": "eng",
        },
    )
    dataset = ET.SubElement(root, "dataset")
    _add(dataset, "alternateIdentifier", found.dataset.id)
    _add(dataset, "title", found.dataset.name).set(f"{{{_XML}}}lang", "eng")
    for role in ("creator", "metadataProvider"):
        _party(dataset, role, found, about)
    if about.published:
        _add(dataset, "pubDate", about.published)
    _add(dataset, "language", "eng")
    _add(dataset, "abstract/para", about.abstract or _summary(found))
    _licence(dataset, found.dataset.licence)
    _coverage(dataset, found)
    _party(dataset, "contact", found, about)
    _add(dataset, "methods/methodStep/description/para", _method(found))
    ET.indent(root, " ")
    return ET.tostring(root, encoding="UTF-8", xml_declaration=True) + b"\n"


def _add(parent: ET.Element, path: str, text: str) -> ET.Element:
    for name in path.split("/"):
        parent = ET.SubElement(parent, name)
    parent.text = text
    return parent


def _party(dataset: ET.Element, role: str, found: Findings, about: About) -> None:
    party = ET.SubElement(dataset, role)
    surname, _, given = (part.strip() for part in about.contact.partition(","))
    person = ET.SubElement(party, "individualName")
    if given:
        _add(person, "givenName", given)
    _add(person, "surName", surname)
    _add(party, "organizationName", found.dataset.institution)
    _add(party, "electronicMailAddress", about.email)


def _licence(dataset: ET.Element, licence: str) -> None:
    name, address = _TITLES[licence], LICENCES[licence]
    para = _add(dataset, "intellectualRights/para", "This work is licensed under a ")
    link = ET.SubElement(para, "ulink", {"url": address})
    _add(link, "citetitle", f"{name} License")
    licensed = ET.SubElement(dataset, "licensed")
    _add(licensed, "licenseName", name)
    _add(licensed, "url", f"https://spdx.org/licenses/{licence}.html")
    _add(licensed, "identifier", licence)


def _coverage(dataset: ET.Element, found: Findings) -> None:
    rows = [found.samples.rows[row] for row in found.events()]
    coverage = ET.SubElement(dataset, "coverage")
    place = ET.SubElement(coverage, "geographicCoverage")
    sites = sorted({row["site"] for row in rows if row["site"]})
    _add(place, "geographicDescription", ", ".join(sites) or "see the events")
    box = ET.SubElement(place, "boundingCoordinates")
    for side, of, which in (
        ("west", "longitude", min), ("east", "longitude", max),
        ("north", "latitude", max), ("south", "latitude", min),
    ):  # fmt: skip
        _add(box, f"{side}BoundingCoordinate", which((row[of] for row in rows), key=float))
    begin, end = _days(rows)
    dates = ET.SubElement(ET.SubElement(coverage, "temporalCoverage"), "rangeOfDates")
    _add(dates, "beginDate/calendarDate", begin)
    _add(dates, "endDate/calendarDate", end)
    # A taxon may stand for several classes.
    taxa = sorted(
        {(t.rank, t.name) for cell in found.occurrences() if (t := found.taxa[cell.code])}
    )
    if taxa:
        taxonomic = ET.SubElement(coverage, "taxonomicCoverage")
        for rank, name in taxa:
            one = ET.SubElement(taxonomic, "taxonomicClassification")
            if rank:
                _add(one, "taxonRankName", rank)
            _add(one, "taxonRankValue", name)


def _days(rows: Sequence) -> tuple[str, str]:
    days = [datetime.fromisoformat(row["datetime"]).date() for row in rows]
    return min(days).isoformat(), max(days).isoformat()


def _summary(found: Findings) -> str:
    rows = [found.samples.rows[row] for row in found.events()]
    images = sum(int(row["used"]) for row in rows)
    begin, end = _days(rows)
    who = "people" if found.said.status == VALIDATED else "machine"
    return (
        f"Plankton in {len(rows)} samples of {begin} to {end}: {images} images of single organisms,"
        f" identified by {who}."
    )


def _method(found: Findings) -> str:
    return (
        f"Images were cut, measured and counted by Seston {__version__}. Identifications:"
        f" {found.said.by} ({found.said.status}). One occurrence is a class in a sample;"
        " individualCount are images, in which a colony or chain is one. Abundances are images per"
        " litre of the water analysed, less the part of images that could not be read, before"
        " dilution. What was not found is given as absent only where the volume is known and the"
        " images were classified."
    )
