"""Instruments: from the files of one sample to its organisms, one module each.

A new instrument is a module that keeps `seston.instruments.contract`, and a line here.
"""

from seston.instruments import flowcam, frames, ifcb, images
from seston.instruments.contract import Instrument

#: instrument of the sample sheet -> its module
INSTRUMENTS: dict[str, Instrument] = {
    "flowcam": flowcam,
    "ifcb": ifcb,
    "frames": frames,
    "images": images,
}


def instrument(name: str) -> Instrument:
    """Return the module of an instrument."""
    return INSTRUMENTS[name]
