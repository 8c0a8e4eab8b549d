"""What an instrument module gives: effort, and organisms one by one.

The contract (see `Instrument`):

* ``RECURSIVE`` says whether it reads folders inside the sample's folder too;
* ``check(path)`` refuses what is plainly no sample of this instrument;
* ``date(path)`` says when it was taken, from the instrument's own words;
* ``one_path(path)`` is the same by whichever of its files a sample is given;
* ``inventory(path)`` names the raw files, so that a change of them is seen;
* ``read(path, reading)`` gives the `Effort` of the sample and then, one by
  one, every organism: a `Roi`, or a `Rejection` with its reason; between them
  a `Flag` for what is known only while reading.

An instrument knows neither the sample sheet nor the files of this project.
All but `read` are asked at every start of Snakemake: they open no image, and
a module imports numpy and Pillow (`seston.instruments.pixels`) behind `read`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from seston.imaging.settings import FrameSettings

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


#: Shortest side of a crop that can be used, px: sharpness needs neighbours on all sides.
MIN_SIDE = 3


@dataclass(frozen=True)
class Reading:
    """How a sample is to be read.

    Attributes
    ----------
    max_pixels : int
        Larger images are rejected without being decoded.
    pages : {"first", "reject"}
        What becomes of an image file with several pages.
    pixel_um : float or None
        µm per pixel by the sample sheet, which goes before the instrument.
    date_pattern : str or None
        Regular expression that finds the date of an image in its name (`date_patterns.date_by`).
    frames : FrameSettings
        How organisms are found in raw frames.
    """

    max_pixels: int = 50_000_000
    pages: Literal["first", "reject"] = "reject"
    pixel_um: float | None = None
    date_pattern: str | None = None
    frames: FrameSettings = field(default_factory=FrameSettings)


@dataclass(frozen=True)
class Flag:
    """What a user should know before using a sample: a short code, and a sentence for people."""

    code: str
    text: str


@dataclass(frozen=True)
class Effort:
    """What the instrument says of a sample as a whole; None where it says nothing.

    Attributes
    ----------
    listed : int or None
        Organisms that the sample lists: `Roi` and `Rejection` together are as many.
        None where there is no list (raw frames), so that what is found is what is listed.
    volume_ml : float or None
        Fluid volume that was imaged, mL.
    volume_source : str or None
        Where it comes from: ``"ctx"``, ``"run_summary"``, ``"hdr"``, ``"adc"``.
    dilution : float or None
        How many times the sample was diluted; 1 is undiluted.
    pixel_um : float or None
        µm per pixel.
    run_mode : str or None
        ``"AutoImage"``, ``"Trigger"``.
    magnification : str or None
        As the instrument names it, such as ``"10X"``.
    frames : int or None
        Camera frames taken, with an organism or without.
    flags : tuple of Flag
        What a user should know before using the numbers.
    """

    listed: int | None
    volume_ml: float | None = None
    volume_source: str | None = None
    dilution: float | None = None
    pixel_um: float | None = None
    run_mode: str | None = None
    magnification: str | None = None
    frames: int | None = None
    flags: tuple[Flag, ...] = ()


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
        True on the organism; None where the instrument gives none.
    mask_source : str or None
        ``"bin"`` for the instrument's binary image, ``"outline"`` for its
        outlines, ``"frame"`` for a detection in the frame.
    background : ndarray of uint8, same shape as `pixels`, or None
        The same place of an empty frame.
    alone : bool
        The box was drawn around this organism alone: whatever stands out in it is part of it.
    at_border : bool
        The box touches the border of the camera's frame: part of the organism may be outside.
    pixel_um : float or None
        µm per pixel where it is known per organism.
    label : str or None
        Class that the instrument's own files give.
    notes : tuple of str
        Short codes for what is odd about this one, such as ``"bad_clock"``.
    columns : dict of str to float or None
        The instrument's own measurements, by column of the crops table.
    recorded : mapping of str to str or float
        Everything else that the instrument recorded of it, by its own names.
    """

    roi: str
    frame: str
    x: int
    y: int
    pixels: "npt.NDArray[np.uint8]"
    timestamp: datetime | None = None
    mask: "npt.NDArray[np.bool_] | None" = None
    mask_source: str | None = None
    background: "npt.NDArray[np.uint8] | None" = None
    alone: bool = False
    at_border: bool = False
    pixel_um: float | None = None
    label: str | None = None
    notes: tuple[str, ...] = ()
    columns: Mapping[str, float | None] = field(default_factory=dict)
    recorded: Mapping[str, str | float] = field(default_factory=dict)


@dataclass(frozen=True)
class Rejection:
    """One listed thing that can not be used, with a short code for the reason."""

    roi: str
    path: str
    reason: str
    detail: str


Found = Roi | Rejection | Flag


class Instrument(Protocol):
    """What every instrument module offers."""

    RECURSIVE: bool

    def check(self, path: Path) -> None:
        """Raise `SestonError` if the path is no sample of this instrument."""
        ...

    def date(self, path: Path) -> datetime | None:
        """Return when the sample was taken, as far as its files or names tell."""
        ...

    def one_path(self, path: Path) -> Path:
        """Return one and the same path for a sample, by whichever of its files it is given."""
        ...

    def inventory(self, path: Path) -> list[str]:
        """Return the names (and sizes, where that is cheap) of the raw files, sorted."""
        ...

    def read(self, path: Path, reading: Reading) -> tuple[Effort, Iterator[Found]]:
        """Return the effort and an iterator over everything listed."""
        ...
