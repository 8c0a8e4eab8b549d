"""Instruments: from the files of one sample to its organisms, one module each.

A new instrument is a module that keeps `seston.instruments.contract`, and a line here.
"""

from seston.instruments import flowcam, images
from seston.instruments.contract import Instrument

#: instrument of the sample sheet -> its module; None: known, but not read by this version
INSTRUMENTS: dict[str, Instrument | None] = {
    "flowcam": flowcam,
    "ifcb": None,
    "frames": None,
    "images": images,
}


def instrument(name: str) -> Instrument:
    """Return the module of an instrument that can be read."""
    module = INSTRUMENTS[name]
    if module is None:
        raise ValueError(f"instrument {name} cannot be read by this version")
    return module
