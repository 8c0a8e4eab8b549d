"""What an instrument module gives: effort, and organisms one by one.

The contract (see `Instrument`):

* ``RECURSIVE`` says whether it reads folders inside the sample's folder too;
* ``check(path)`` refuses what is plainly no sample of this instrument;
* ``date(path)`` says when it was taken, from the instrument's own words;
* ``inventory(path)`` names the raw files, so that a change of them is seen;
* ``count(path)`` says how many organisms are listed, to tell the time left;
* ``read(path, max_pixels)`` gives the `Effort` of the sample and then, one by
  one, every listed organism: a `Roi`, or a `Rejection` with its reason.

An instrument knows neither the sample sheet nor the files of this project.
All but `read` are asked at every start of Snakemake: they open no image, and
a module imports numpy and Pillow (`seston.instruments.pixels`) behind `read`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


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

    RECURSIVE: bool

    def check(self, path: Path) -> None:
        """Raise `SestonError` if the path is no sample of this instrument."""
        ...

    def date(self, path: Path) -> datetime | None:
        """Return when the sample was taken, as far as its files or names tell."""
        ...

    def inventory(self, path: Path) -> list[str]:
        """Return the names (and sizes, where that is cheap) of the raw files, sorted."""
        ...

    def count(self, path: Path) -> int:
        """Return how many organisms the sample lists, as fast as that can be known."""
        ...

    def read(self, path: Path, max_pixels: int) -> tuple[Effort, Iterator[Roi | Rejection]]:
        """Return the effort and an iterator over everything listed."""
        ...
