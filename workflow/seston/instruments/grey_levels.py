"""The pixels of a decoded image, of whatever kind, as bytes: grey or RGB."""

from functools import cache

import numpy as np
import numpy.typing as npt
from PIL import Image
from PIL.TiffImagePlugin import BITSPERSAMPLE, TiffImageFile

from seston.instruments.unusable import Unusable

_MAX_SAMPLE_VALUE = 281  # tag of TIFF 6.0
_FULL_16_BIT = 65535
#: Full ranges of cameras that write their 10, 12 or 14 bits into files of 16.
_FULL_RANGES = {1023, 4095, 16383}


def to_bytes(image: Image.Image) -> npt.NDArray[np.uint8]:
    """Return the pixels of a decoded image.

    Returns
    -------
    ndarray of uint8, (height, width) for grey or (height, width, 3) for colour
        16-bit values are scaled by their full range, floating-point ones from
        0..1; never by the range found in the image, which would differ between
        images. Transparent parts are white.

    Raises
    ------
    Unusable
        ``unknown_scale`` if nothing says which value is white.
    """
    mode = image.mode
    if mode.startswith("I;16"):
        return _from_16_bit(np.asarray(image), _full_range(image))
    if mode == "F":
        values = np.asarray(image)
        if not (np.isfinite(values).all() and values.min() >= 0 and values.max() <= 1):
            raise Unusable("unknown_scale", "floating-point values outside 0..1")
        return np.rint(values * 255).astype(np.uint8)
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


def _full_range(image: Image.Image) -> int:
    """Return the value of white in a file of more than 8 bits, by the file's own word.

    Only TIFF has one. The sBIT of a PNG tells how many bits were significant
    before they were scaled up to 16 (PNG specification, 11.3.2.4), so it
    changes nothing.
    """
    if not isinstance(image, TiffImageFile):
        return _FULL_16_BIT
    bits = image.tag_v2.get(BITSPERSAMPLE, (16,))[0]
    (largest, *_) = image.tag_v2.get(_MAX_SAMPLE_VALUE, (0,))
    if bits < 16:
        return 2**bits - 1
    # Other values are the largest one found in this image, which differs between images.
    return largest if largest in _FULL_RANGES else _FULL_16_BIT


def _from_16_bit(values: npt.NDArray[np.uint16], full: int) -> npt.NDArray[np.uint8]:
    if values.max() > full:
        raise Unusable("unknown_scale", f"a value of {values.max()}, though {full} is to be white")
    return _levels(full)[values]


@cache
def _levels(full: int) -> npt.NDArray[np.uint8]:
    levels = np.rint(np.arange(full + 1) * (255 / full)).astype(np.uint8)
    levels.flags.writeable = False
    return levels
