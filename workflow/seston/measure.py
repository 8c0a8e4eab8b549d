"""Size and sharpness of one organism, from its mask and its crop."""

import math

import numpy as np
import numpy.typing as npt
from scipy import ndimage

# ITU-R BT.601, the weights that Pillow uses for "L" too.
_LUMA = np.array([0.299, 0.587, 0.114])


def area_px(mask: npt.NDArray) -> int:
    """Return the number of pixels of the mask (H, W) that are above 0."""
    return int(np.count_nonzero(mask))


def area_um2(pixels: int, pixel_um: float) -> float:
    """Return an area of so many pixels in µm²."""
    return pixels * pixel_um**2


def equivalent_diameter(area: float) -> float:
    """Return the diameter of the circle of equal area, in the unit whose square `area` has.

    In µm this is the area-based diameter of the raw mask (ESD). FlowCam's own
    diameters are smaller: it takes off the fringe that diffraction adds.
    """
    return 2 * math.sqrt(area / math.pi)


def focus(pixels: npt.NDArray[np.uint8]) -> float:
    """Return the variance of the Laplacian: high where the image is sharp.

    The Laplacian is the four-neighbour difference (1, 1, -4, 1, 1) of the grey
    levels, taken where all four neighbours exist; grey is the BT.601 luma of a
    colour image. Compare it only within one instrument: it grows with
    contrast and with the square of the grey scale.

    Parameters
    ----------
    pixels : ndarray of uint8, (H, W) or (H, W, 3)
        At least 3 x 3.

    Returns
    -------
    float
        Population variance, grey levels².

    References
    ----------
    Pech-Pacheco et al. 2000, doi:10.1109/ICPR.2000.903548.
    """
    grey = pixels @ _LUMA if pixels.ndim == 3 else pixels.astype(np.float64)
    return float(ndimage.laplace(grey)[1:-1, 1:-1].var())
