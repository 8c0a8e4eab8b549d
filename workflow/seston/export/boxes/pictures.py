"""The pictures that organisms were cut from: where they lie, and how large they are."""

from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from PIL import ExifTags, Image, UnidentifiedImageError

from seston.instruments.flowcam.run_files import list_of
from seston.sheet import Sample

#: Instruments whose organisms have a box in a picture that is on disk -> the folder of its names.
#: Of IFCB only the organisms are kept, and a ready crop is a picture of its own.
BOXED: dict[str, Callable[[Path], Path]] = {
    "flowcam": lambda path: list_of(path).parent,
    "frames": lambda path: path if path.is_dir() else path.parent,
}


class Header(NamedTuple):
    """What the header of a picture says.

    Attributes
    ----------
    width, height : int
        As the pixels stand in the file.
    turned : bool
        Whether EXIF asks viewers to turn it; boxes are of the picture that is not turned.
    """

    width: int
    height: int
    turned: bool


def read_header(sample: Sample, frame: str) -> Header:
    """Return what the header of a picture says; its pixels are not read.

    Parameters
    ----------
    sample : Sample
        Of an instrument of `BOXED`.
    frame : str
        As the table of images names it.

    Raises
    ------
    ValueError
        If it cannot be read; says why.
    """
    name = PurePosixPath(frame)
    if name.is_absolute() or ".." in name.parts:
        raise ValueError("its name leads out of the sample's folder")
    path = BOXED[sample.instrument](sample.path) / name
    try:
        with Image.open(path) as picture:
            # Asked for EXIF that does not stand before them, Pillow decodes all pixels of a PNG.
            told = picture.format != "PNG" or "exif" in picture.info
            asks = told and picture.getexif().get(ExifTags.Base.Orientation, 1) not in (0, 1)
            # Pillow gives the size of a TIFF as it is turned, as the reader of frames does.
            return Header(picture.width, picture.height, asks and picture.format != "TIFF")
    except FileNotFoundError as error:
        raise ValueError("no such file") from error
    except (OSError, UnidentifiedImageError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"not readable ({error})") from error
