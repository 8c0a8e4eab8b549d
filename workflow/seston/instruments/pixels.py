"""One image file to grey or colour bytes, or the reason why not."""

import stat
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

# Pillow only warns in the zone below twice its own limit; ours is checked before
# a single pixel is decoded, so Pillow's is not needed.
Image.MAX_IMAGE_PIXELS = None

_FORMATS = ("PNG", "JPEG", "TIFF")
_FULL_16_BIT = 65535


class Unusable(Exception):
    """An image file that cannot be used: a short code and what was found."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail = reason, detail


def read_image(path: Path, max_pixels: int, upright: bool = False) -> npt.NDArray[np.uint8]:
    """Decode a PNG, JPEG or TIFF file.

    Parameters
    ----------
    path : pathlib.Path
        Nothing but a regular file is opened (a FIFO would wait for ever).
    max_pixels : int
        Larger images are refused before they are decoded.
    upright : bool
        Turn the image as its EXIF orientation says.

    Returns
    -------
    ndarray of uint8, (height, width) for grey or (height, width, 3) for colour
        16-bit values are scaled by their full range, floating-point ones from
        0..1; never by the range found in the image, which would differ
        between images. Transparent parts are white.

    Raises
    ------
    Unusable
        With reason ``unreadable``, ``empty_file``, ``not_an_image``,
        ``too_large``, ``multi_page``, ``truncated`` or ``corrupt``.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise Unusable("unreadable", "not a regular file")
        if status.st_size == 0:
            raise Unusable("empty_file", "0 bytes")
        file = path.open("rb")
    except OSError as error:
        raise Unusable("unreadable", error.strerror or str(error)) from error
    with file:
        try:
            with Image.open(file, formats=_FORMATS) as image:
                _check(image, max_pixels)
                image.load()
                whole = ImageOps.exif_transpose(image) if upright else image
        except UnidentifiedImageError as error:
            raise _unidentified(file, status.st_size) from error
        except (Unusable, MemoryError):
            raise
        except Exception as error:  # on damaged files decoders raise whatever they stumble over
            text = str(error) or type(error).__name__
            raise Unusable("truncated" if "truncated" in text else "corrupt", text) from error
        return to_bytes(whole)


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


def _check(image: Image.Image, max_pixels: int) -> None:
    width, height = image.size
    if width * height > max_pixels:
        raise Unusable("too_large", f"{width} x {height} px, more than max_pixels {max_pixels}")
    pages = getattr(image, "n_frames", 1)
    if pages > 1:
        raise Unusable("multi_page", f"{pages} pages; save each as a file of its own")


def to_bytes(image: Image.Image) -> npt.NDArray[np.uint8]:
    """Return the pixels of a decoded image as uint8, grey or RGB."""
    mode = image.mode
    if mode.startswith("I;16"):
        return _scaled(np.asarray(image) / _FULL_16_BIT)
    if mode == "F":
        values = np.asarray(image)
        if not (np.isfinite(values).all() and values.min() >= 0 and values.max() <= 1):
            raise Unusable("unknown_scale", "floating-point values outside 0..1")
        return _scaled(values)
    if mode == "I":
        raise Unusable("unknown_scale", "32-bit integers have no known full range")
    if "A" in image.getbands() or "transparency" in image.info:
        whole = image.convert("RGBA")
        white = Image.new("RGBA", whole.size, "white")
        image = Image.alpha_composite(white, whole).convert("L" if mode in ("L", "LA") else "RGB")
    elif mode == "1":
        image = image.convert("L")
    elif mode not in ("L", "RGB"):
        image = image.convert("RGB")
    return np.asarray(image, np.uint8)


def _scaled(values: npt.NDArray[np.floating]) -> npt.NDArray[np.uint8]:
    return np.rint(values * 255).astype(np.uint8)
