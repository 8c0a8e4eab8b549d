"""Plain JPEG files by OpenCV: ready crops are mostly such, and it takes half of Pillow's time."""

from typing import BinaryIO

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

#: Markers of JPEG that may stand within a scan (ITU-T T.81, B.1.1.3)
_RESTARTS = [bytes((0xFF, 0xD0 + number)) for number in range(8)]


def plain_jpeg(image: Image.Image, file: BinaryIO) -> npt.NDArray[np.uint8] | None:
    """Return the pixels of a grey or RGB JPEG of one scan, or None.

    Both decoders use libjpeg-turbo, so the pixels are equal. But of some
    damaged files OpenCV gives the undamaged part without a word: what is not
    one whole scan is left to Pillow, which also says what is wrong.

    Parameters
    ----------
    image : PIL.Image.Image
        As just opened, not yet decoded.
    file : binary file
        From which it was opened.

    Returns
    -------
    ndarray of uint8, (height, width) or (height, width, 3), or None
    """
    colour = {"L": cv2.IMREAD_GRAYSCALE, "RGB": cv2.IMREAD_COLOR_RGB}.get(image.mode)
    if image.format != "JPEG" or colour is None:
        return None
    scan = file.tell()  # Pillow has read the headers
    file.seek(0)
    data = file.read()
    markers = data.count(b"\xff", scan) - data.count(b"\xff\0", scan)
    if markers > 1:
        markers -= sum(data.count(restart, scan) for restart in _RESTARTS)
    if markers != 1 or not data.endswith(b"\xff\xd9"):
        return None
    flags = colour | cv2.IMREAD_IGNORE_ORIENTATION
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    return None if pixels is None else pixels.astype(np.uint8, copy=False)
