"""One image file to grey or colour bytes, or the reason why not."""

import io
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image, UnidentifiedImageError

from seston.instruments.contract import Reading
from seston.instruments.grey_levels import to_bytes
from seston.instruments.jpeg import plain_jpeg
from seston.instruments.names import kind_of
from seston.instruments.unusable import Unusable

__all__ = ["Picture", "Unusable", "most_bytes", "read_image", "read_mask", "read_picture"]

# Pillow only warns in the zone below twice its own limit; ours is checked before
# a single pixel is decoded, so Pillow's is not needed.
Image.MAX_IMAGE_PIXELS = None

_FORMATS = ("PNG", "JPEG", "TIFF")
#: Where Pillow keeps the EXIF data of a PNG or a JPEG; without one of them there are none.
_EXIF = {"exif", "Raw profile type exif", "XML:com.adobe.xmp", "xmp"}
_MOST_BYTES_A_PIXEL = 8  # four channels of 16 bits, not compressed
_HEADERS = 2**20


@dataclass(frozen=True, eq=False)
class Picture:
    """An image file, decoded.

    Attributes
    ----------
    pixels : ndarray of uint8, (height, width) for grey or (height, width, 3) for colour
    notes : tuple of str
        ``first_page``, ``extension_mismatch``, ``bad_exif``.
    taken : str or None
        When the photograph was taken by its EXIF data, as written there.
    """

    pixels: npt.NDArray[np.uint8]
    notes: tuple[str, ...] = ()
    taken: str | None = None


def read_image(path: Path, max_pixels: int, upright: bool = False) -> npt.NDArray[np.uint8]:
    """Return the pixels of a PNG, JPEG or TIFF file of one page; see `read_picture`."""
    return read_picture(path, path.name, Reading(max_pixels=max_pixels), upright).pixels


def read_picture(
    source: Path | bytes, name: str, reading: Reading, upright: bool = True
) -> Picture:
    """Decode a PNG, JPEG or TIFF file.

    Parameters
    ----------
    source : pathlib.Path or bytes
        A file, or the content of one. Nothing but a regular file is opened (a
        FIFO would wait for ever).
    name : str
        Its name, which may promise another format.
    reading : Reading
        Larger images than `max_pixels` are refused before they are decoded;
        `pages` says what becomes of a file with several pages.
    upright : bool
        Turn the image as its EXIF orientation says.

    Returns
    -------
    Picture
        16-bit values are scaled by their full range, floating-point ones from
        0..1; never by the range found in the image, which would differ
        between images. Transparent parts are white.

    Raises
    ------
    Unusable
        With reason ``missing``, ``unreadable``, ``empty_file``, ``not_an_image``,
        ``too_large``, ``multi_page``, ``truncated``, ``corrupt`` or ``unknown_scale``.
    """
    if isinstance(source, bytes):
        return _decode(io.BytesIO(source), len(source), name, reading, upright)
    try:
        status = source.stat()
        if not stat.S_ISREG(status.st_mode):
            raise Unusable("unreadable", "not a regular file")
        file = source.open("rb")
    except FileNotFoundError as error:
        if source.is_symlink():
            raise Unusable("unreadable", "a link to nothing") from error
        raise Unusable("missing", "it was there when the folder was listed") from error
    except OSError as error:
        raise Unusable("unreadable", error.strerror or str(error)) from error
    with file:
        return _decode(file, status.st_size, name, reading, upright)


def most_bytes(max_pixels: int) -> int:
    """Return the size of a file, bytes, that no image of so many pixels needs."""
    return _MOST_BYTES_A_PIXEL * max_pixels + _HEADERS


def _decode(file: BinaryIO, size: int, name: str, reading: Reading, upright: bool) -> Picture:
    if size == 0:
        raise Unusable("empty_file", "0 bytes")
    notes = []
    orientation, taken = 1, None
    try:
        with Image.open(file, formats=_FORMATS) as image:
            if _pages(image, reading) > 1:
                notes.append("first_page")
            if image.format not in (kind_of(name), "MPO"):
                notes.append("extension_mismatch")
            pixels = plain_jpeg(image, file) if size <= most_bytes(reading.max_pixels) else None
            if pixels is None:
                image.load()  # now a PNG gives EXIF data behind its pixels, and a TIFF is upright
            if image.format == "TIFF" or not _EXIF.isdisjoint(image.info):
                try:
                    orientation, taken = _exif(image)
                except Exception:  # whatever Pillow stumbles over there, the pixels are whole
                    notes.append("bad_exif")
            if pixels is None:
                pixels = to_bytes(image)
    except UnidentifiedImageError as error:
        raise _unidentified(file, size) from error
    except (Unusable, MemoryError):
        raise
    except Exception as error:  # on damaged files decoders raise whatever they stumble over
        text = str(error) or type(error).__name__
        raise Unusable("truncated" if "truncated" in text else "corrupt", text) from error
    if upright and orientation in _UPRIGHT:
        pixels = np.ascontiguousarray(_UPRIGHT[orientation](pixels))
    return Picture(pixels, tuple(notes), taken)


def _pages(image: Image.Image, reading: Reading) -> int:
    width, height = image.size
    if width * height > reading.max_pixels:
        detail = f"{width} x {height} px, more than max_pixels {reading.max_pixels}"
        raise Unusable("too_large", detail)
    pages = getattr(image, "n_frames", 1)
    if pages > 1 and reading.pages == "reject":
        raise Unusable("multi_page", f"{pages} pages; save each as a file of its own")
    return pages


def _exif(image: Image.Image) -> tuple[int, str | None]:
    exif = image.getexif()
    details = exif.get_ifd(ExifTags.IFD.Exif)
    taken = details.get(ExifTags.Base.DateTimeOriginal)
    offset = str(details.get(ExifTags.Base.OffsetTimeOriginal, "")).strip("\0 ")
    if taken is not None:
        taken = str(taken).strip("\0 ") + (offset if re.fullmatch(r"[+-]\d\d:\d\d", offset) else "")
    return exif.get(ExifTags.Base.Orientation, 1), taken


#: EXIF orientation -> what turns the image upright
_UPRIGHT: dict[int, Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.uint8]]] = {
    2: np.fliplr,
    3: lambda pixels: np.rot90(pixels, 2),
    4: np.flipud,
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: np.rot90(pixels, -1),
    7: lambda pixels: np.rot90(pixels, 2).swapaxes(0, 1),
    8: np.rot90,
}


def _unidentified(file: BinaryIO, size: int) -> Unusable:
    """Say why Pillow knows no image: a TIFF has its directory at its end, which a cut takes."""
    file.seek(0)
    head = file.read(8)
    if head[:4] not in (b"II*\0", b"MM\0*"):
        return Unusable("not_an_image", "neither PNG, JPEG nor TIFF inside")
    if int.from_bytes(head[4:], "little" if head[:1] == b"I" else "big") >= size:
        return Unusable("truncated", "an incomplete TIFF, its end is missing; copy it again")
    return Unusable("not_an_image", "a TIFF that is damaged, or of a kind that cannot be read")


def read_mask(path: Path, shape: tuple[int, ...], max_pixels: int) -> npt.NDArray[np.bool_]:
    """Return a binary image as booleans, True where any channel is above 0.

    Raises
    ------
    Unusable
        As `read_image`, and ``wrong_size`` if the mask has not the shape (H, W).
    """
    values = read_image(path, max_pixels)
    mask = (values if values.ndim == 2 else values.max(axis=2)) > 0
    if mask.shape != shape:
        raise Unusable("wrong_size", f"{mask.shape[1]} x {mask.shape[0]} px, not as its collage")
    return mask
