"""Instruments: from the files of one sample to its organisms, one module each.

The contract of an instrument module (see `Instrument`):

* ``raw_files(path)`` lists what belongs to the sample;
* ``date(path)`` says when it was taken, from the instrument's own words;
* ``read(path, max_pixels)`` gives the `Effort` of the sample and then, one by
  one, every listed organism: a `Roi`, or a `Rejection` with its reason.

An instrument knows neither the sample sheet nor the files of this project.
`raw_files` and `date` are asked at every start of Snakemake, so a module
imports numpy and Pillow inside `read` or behind it (`seston.instruments.pixels`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

#: instrument of the sample sheet -> module that reads it; None: not in this version
INSTRUMENTS: dict[str, str | None] = {
    "flowcam": "seston.instruments.flowcam",
    "images": "seston.instruments.images",
    "ifcb": None,
    "frames": None,
}


@dataclass(frozen=True)
class Effort:
    """What the instrument says of a sample as a whole; None where it says nothing.

    Attributes
    ----------
    listed : int
        Organisms that the sample lists: `Roi` and `Rejection` together are as many.
    volume_ml : float or None
        Fluid volume that was imaged, mL.
    volume_source : str or None
        Where it comes from: ``"ctx"`` or ``"run_summary"``.
    dilution : float or None
        How many times the sample was diluted; 1 is undiluted.
    pixel_um : float or None
        µm per pixel.
    run_mode : str or None
        ``"AutoImage"``, ``"Trigger"``.
    warnings : tuple of str
        What a user should know before using the numbers.
    """

    listed: int
    volume_ml: float | None = None
    volume_source: str | None = None
    dilution: float | None = None
    pixel_um: float | None = None
    run_mode: str | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Roi:
    """One organism, cut out.

    Attributes
    ----------
    roi : str
        The instrument's own number or name; unique within the sample.
    frame : str
        File that it was cut from.
    x, y : int
        Upper left corner in that file, 0-based pixels.
    pixels : ndarray of uint8, (height, width) or (height, width, 3)
    timestamp : datetime or None
    mask : ndarray of bool, (height, width), or None
        True on the organism.
    mask_source : str or None
        ``"bin"`` for the instrument's own binary image.
    pixel_um : float or None
        µm per pixel where it is known per organism.
    columns : dict of str to float or None
        The instrument's own measurements, by column of the crops table.
    """

    roi: str
    frame: str
    x: int
    y: int
    pixels: "npt.NDArray[np.uint8]"
    timestamp: datetime | None = None
    mask: "npt.NDArray[np.bool_] | None" = None
    mask_source: str | None = None
    pixel_um: float | None = None
    columns: dict[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Rejection:
    """One listed thing that can not be used, with a short code for the reason."""

    roi: str
    path: str
    reason: str
    detail: str


class Instrument(Protocol):
    """What every instrument module offers."""

    def raw_files(self, path: Path) -> list[Path]:
        """Return the files of the sample; raise `SestonError` if there is none to read."""
        ...

    def date(self, path: Path) -> datetime | None:
        """Return when the sample was taken, as far as its files or names tell."""
        ...

    def read(self, path: Path, max_pixels: int) -> tuple[Effort, Iterator[Roi | Rejection]]:
        """Return the effort and an iterator over everything listed."""
        ...


def instrument(name: str) -> Instrument:
    """Return the module that reads this instrument."""
    module = INSTRUMENTS[name]
    if module is None:
        raise ValueError(f"instrument {name} cannot be read in this version")
    return cast(Instrument, import_module(module))
