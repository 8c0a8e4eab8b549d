"""Pictures as EcoTaxa takes them."""

import warnings
from typing import IO

from PIL import Image

from seston.export.ecotaxa.rules import MODES, PICTURES
from seston.export.zip_entry import UNREADABLE

#: Above it Pillow, which the server reads with, warns, and where it is set to be strict refuses.
MOST_PIXELS = 89_478_485
_TOO_LARGE = f"larger than the {MOST_PIXELS} pixels that are taken"


def picture_mistake(file: IO[bytes]) -> str:
    """Return what is wrong with a picture, "" if nothing is; all of its pixels are read."""
    try:
        with warnings.catch_warnings():
            # Pillow's own limit may have been lifted in this process.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(file)
        with picture:
            if picture.format not in PICTURES:
                return f"found {picture.format}, expected one of {', '.join(PICTURES)}"
            if picture.width * picture.height > MOST_PIXELS:
                return _TOO_LARGE
            picture.load()
            if picture.mode not in MODES:
                return f"found pixels of {picture.mode}, expected 8 bits, grey or colour"
    except Image.DecompressionBombError:
        return _TOO_LARGE
    except (*UNREADABLE, SyntaxError, ValueError) as error:
        return f"not a readable picture ({error})"
    return ""
