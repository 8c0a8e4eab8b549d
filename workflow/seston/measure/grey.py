"""Grey levels and sharpness of one organism."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[Any]  # (H, W) of float32, which OpenCV's type hints do not tell


def luma(pixels: npt.NDArray[np.uint8]) -> Grey:
    """Return the grey levels of a crop, (H, W) float32 and not rounded.

    Of colour this is ITU-R BT.601: 0.299 R + 0.587 G + 0.114 B, as Pillow's "L".
    """
    levels = pixels.astype(np.float32)
    return cv2.cvtColor(levels, cv2.COLOR_RGB2GRAY) if pixels.ndim == 3 else levels


def mean_and_spread(grey: Grey, mask: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Return mean and population standard deviation of the grey levels (H, W) in the mask."""
    mean, spread = cv2.meanStdDev(grey, mask=mask.view(np.uint8))
    return mean.item(), spread.item()


def focus_of(grey: Grey) -> float:
    """Return the variance of the Laplacian: high where the image is sharp.

    The Laplacian is the four-neighbour difference (1, 1, -4, 1, 1) of the grey
    levels, taken where all four neighbours exist. Compare it only within one
    instrument: it grows with contrast and with the square of the grey scale.

    Parameters
    ----------
    grey : ndarray of float32, (H, W)
        At least 3 x 3.

    Returns
    -------
    float
        Population variance, grey levels².

    Raises
    ------
    ValueError
        If no pixel has four neighbours.

    References
    ----------
    Pech-Pacheco et al. 2000, doi:10.1109/ICPR.2000.903548.
    """
    if min(grey.shape) < 3:
        raise ValueError(f"a crop of {grey.shape[1]} x {grey.shape[0]} px has no sharpness")
    _, spread = cv2.meanStdDev(cv2.Laplacian(grey, cv2.CV_32F)[1:-1, 1:-1])
    return spread.item() ** 2
