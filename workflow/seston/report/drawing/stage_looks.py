"""What a classifier says at each stage, in the same look everywhere: raw, calibrated, corrected."""

from typing import NamedTuple

from seston.report.drawing import style


class Look(NamedTuple):
    """How a stage is called and drawn."""

    title: str
    colour: str
    marker: str


LOOKS = {
    "raw": Look("as learned", style.COLOURS[1], "o"),
    "calibrated": Look("calibrated", style.COLOURS[4], "D"),
    "corrected": Look("corrected", style.COLOURS[0], "s"),
}
