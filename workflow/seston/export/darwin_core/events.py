"""The core of an archive: one event per sample."""

from collections.abc import Iterator

import numpy as np

from seston.export.darwin_core.cells import date, number
from seston.export.darwin_core.findings import Findings
from seston.export.darwin_core.terms import EVENT, FROM_SHEET, INSTRUMENTS, LICENCES

#: How images came about, where the sheet has no `samplingProtocol`.
_PROTOCOLS = {
    "ifcb": "images of an Imaging FlowCytobot",
    "flowcam": "images of a FlowCam",
    "frames": "organisms found in camera frames",
    "images": "images of single organisms",
}


def event_lines(found: Findings) -> Iterator[tuple[str, ...]]:
    """Yield the cells of each event, by the terms `terms.EVENT`."""
    own = [name for name in FROM_SHEET if name in found.samples.further]
    events = {found.event(row) for row in found.events()}
    for row in found.events():
        sample, effort = found.samples.rows[row], found.samples.effort.iloc[row]
        depth, water = found.samples.depth(row), float(effort["water_ml"])
        cells = {
            "eventID": found.event(row),
            "type": "Event",
            "eventType": "Sample",
            "datasetID": found.dataset.id,
            "datasetName": found.dataset.name,
            "institutionCode": found.dataset.institution,
            "license": LICENCES[found.dataset.licence],
            "eventDate": date(effort["time"].to_pydatetime()),
            "locality": sample["site"],
            "decimalLatitude": sample["latitude"],
            "decimalLongitude": sample["longitude"],
            "geodeticDatum": "EPSG:4326",
            "minimumDepthInMeters": depth,
            "maximumDepthInMeters": depth,
            "samplingProtocol": _PROTOCOLS[sample["instrument"]],
            "sampleSizeValue": number(water),
            "sampleSizeUnit": "millilitre" if np.isfinite(water) else "",
            "samplingEffort": f"{sample['used']} of {sample['listed']} images analysed",
            "eventRemarks": sample["warnings"],
            **{name: sample[name] for name in own if sample[name]},
        }
        if cells.get("parentEventID") not in events:
            cells["parentEventID"] = ""  # OBIS refuses parents that are no events of the archive
        yield tuple(cells.get(name, "") for name in EVENT)


def instrument_of(found: Findings, row: int) -> tuple[str, str]:
    """Return the name of a sample's instrument and its address; "" where a name says too little."""
    return INSTRUMENTS.get(found.samples.rows[row]["instrument"], ("", ""))
