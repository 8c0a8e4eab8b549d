"""The terms of Darwin Core and the codes of BODC that an archive uses.

Sources: Darwin Core text guide (rs.tdwg.org/dwc/text), the event core of OBIS with its extended
measurements or facts, the vocabularies P01 (what), P06 (units) and L22 (instruments) of NERC, and
the best practices for plankton imaging of Martin-Cabrera et al. 2022 (doi:10.25607/OBP-1742).
"""

from typing import NamedTuple

_DWC = "http://rs.tdwg.org/dwc/terms/"
_DC = "http://purl.org/dc/terms/"
_OBIS = "http://rs.iobis.org/obis/terms/"
_NERC = "http://vocab.nerc.ac.uk/collection/"

EVENT_FILE, OCCURRENCE_FILE, FACT_FILE = (
    "event.txt",
    "occurrence.txt",
    "extendedmeasurementorfact.txt",
)
#: File -> type of its rows.
ROW_TYPES = {
    EVENT_FILE: f"{_DWC}Event",
    OCCURRENCE_FILE: f"{_DWC}Occurrence",
    FACT_FILE: f"{_OBIS}ExtendedMeasurementOrFact",
}
#: What cannot be told by a name alone: these are not of Darwin Core itself.
_OTHERS = {
    "type": _DC, "license": _DC,
    "measurementTypeID": _OBIS, "measurementValueID": _OBIS, "measurementUnitID": _OBIS,
}  # fmt: skip

#: Of the sample sheet: further columns of these names are taken as they are.
FROM_SHEET = (
    "parentEventID", "fieldNumber", "locationID", "waterBody", "country", "countryCode",
    "stateProvince", "locality", "geodeticDatum", "coordinateUncertaintyInMeters", "footprintWKT",
    "minimumDepthInMeters", "maximumDepthInMeters", "samplingProtocol", "recordedBy",
)  # fmt: skip
EVENT = (
    "eventID", "parentEventID", "type", "eventType", "datasetID", "datasetName", "institutionCode",
    "license", "fieldNumber", "eventDate", "locationID", "waterBody", "country", "countryCode",
    "stateProvince", "locality", "decimalLatitude", "decimalLongitude", "geodeticDatum",
    "coordinateUncertaintyInMeters", "footprintWKT", "minimumDepthInMeters",
    "maximumDepthInMeters", "samplingProtocol", "sampleSizeValue", "sampleSizeUnit",
    "samplingEffort", "eventRemarks",
)  # fmt: skip
OCCURRENCE = (
    "eventID", "occurrenceID", "basisOfRecord", "recordedBy", "individualCount",
    "occurrenceStatus", "verbatimIdentification", "identificationQualifier",
    "identificationVerificationStatus", "identificationReferences", "scientificName",
    "scientificNameID", "scientificNameAuthorship", "taxonRank", "kingdom", "phylum", "class",
    "order", "family", "genus", "occurrenceRemarks", "dynamicProperties",
)  # fmt: skip
FACT = (
    "eventID", "occurrenceID", "measurementType", "measurementTypeID", "measurementValue",
    "measurementValueID", "measurementUnit", "measurementUnitID", "measurementRemarks",
)  # fmt: skip
COLUMNS = {EVENT_FILE: EVENT, OCCURRENCE_FILE: OCCURRENCE, FACT_FILE: FACT}

BASIS = "MachineObservation"
PRESENT, ABSENT = "present", "absent"
#: Licences that GBIF and OBIS take.
LICENCES = {
    "CC0-1.0": "http://creativecommons.org/publicdomain/zero/1.0/legalcode",
    "CC-BY-4.0": "http://creativecommons.org/licenses/by/4.0/legalcode",
    "CC-BY-NC-4.0": "http://creativecommons.org/licenses/by-nc/4.0/legalcode",
}


class Code(NamedTuple):
    """A measurement and its unit, in words and by their addresses; "" where there is no code."""

    name: str
    address: str
    unit: str
    unit_address: str


def term(name: str) -> str:
    """Return the address of a term."""
    return _OTHERS.get(name, _DWC) + name


def _code(name: str, what: str, unit: str, of: str) -> Code:
    return Code(
        name,
        f"{_NERC}P01/current/{what}/" if what else "",
        unit,
        f"{_NERC}P06/current/{of}/" if of else "",
    )


COUNT = _code(
    "Count (in assayed sample) of biological entity specified elsewhere",
    "OCOUNT01", "Dimensionless", "UUUU",
)  # fmt: skip
ABUNDANCE = _code(
    "Abundance of biological entity specified elsewhere per unit volume of the water body",
    "SDBIOL01", "Number per litre", "UCPL",
)  # fmt: skip
#: The same, but not what was counted: no code tells the two apart.
CORRECTED = _code(
    "Abundance corrected for errors of the classifier", "", "Number per litre", "UCPL"
)
BIOVOLUME = _code(
    "Biovolume of biological entity specified elsewhere per unit volume of the water body",
    "CVOLUKNB", "Cubic millimetres per cubic metre", "CMCM",
)  # fmt: skip
CARBON = _code("Carbon content", "MDMAP010", "Micrograms per litre", "UGPL")
VOLUME = _code("Volume", "VOLXXXXX", "Millilitres", "VVML")
INSTRUMENT = _code("Name of sampling instrument", "NMSPINST", "Not applicable", "XXXX")
ANALYSER = _code("Name of analytical instrument", "NMANINST", "Not applicable", "XXXX")
IMAGES = _code("Images analysed", "", "Dimensionless", "UUUU")
UNCLASSIFIED = _code("Images of no class", "", "Dimensionless", "UUUU")
CODES = (
    COUNT, ABUNDANCE, CORRECTED, BIOVOLUME, CARBON, VOLUME, INSTRUMENT, ANALYSER, IMAGES,
    UNCLASSIFIED,
)  # fmt: skip
#: Instruments that are known by name, and their address where there is one.
INSTRUMENTS = {
    "ifcb": ("Imaging FlowCytobot", f"{_NERC}L22/current/TOOL1588/"),
    "flowcam": ("FlowCam", ""),
}
