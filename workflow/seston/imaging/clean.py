"""Taking neighbours and gutters out of a crop, and nothing of the organism."""

import cv2
import numpy as np
import numpy.typing as npt

from seston.imaging.crop_contrast import Levels, contrast_of, inside_gutters

#: Whatever comes this near to the organism is its fringe, or one of its appendages: 4 px.
_NEAR = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (9, 9))
#: How much of a neighbour's own fringe goes with it: 2 px.
_HALO = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
_RING = cv2.getStructuringElement(cv2.MORPH_RECT, (3, 3))
#: What is connected with the organism by something of this share of the level is part of it.
_CONNECTED = 0.5
#: Fewer pixels are noise, and no neighbour.
_SMALLEST = 9


def clean(
    pixels: npt.NDArray[np.uint8],
    mask: npt.NDArray[np.bool_],
    background: npt.NDArray[np.uint8] | None = None,
) -> tuple[npt.NDArray[np.uint8], int]:
    """Replace neighbours and gutters by the local background.

    A neighbour stands out from the background and is nowhere connected with the
    organism, not even by something half as distinct: what is connected is
    taken for an appendage or for the rings of diffraction and stays, and
    so does everything within four pixels of the mask.

    Parameters
    ----------
    pixels : ndarray of uint8, (H, W) or (H, W, 3)
    mask : ndarray of bool, (H, W)
        The organism. If it is False everywhere only gutters are replaced.
    background : ndarray of uint8, same shape as `pixels`, or None
        The same place of an empty frame. It is put in, levelled to the crop;
        without it the median of the crop's own background is.

    Returns
    -------
    ndarray of uint8, same shape as `pixels`
        The very same array if there was nothing to replace.
    int
        Number of pixels that were replaced.
    """
    inside = inside_gutters(pixels)
    within, frame = pixels[inside], None if background is None else background[inside]
    neighbours, empty = _neighbours(within, mask[inside], frame)
    alien = np.ones(mask.shape, bool)  # as gutters are
    alien[inside] = neighbours
    alien &= ~mask
    replaced = int(np.count_nonzero(alien))
    if replaced == 0 or not empty.any():
        return pixels, 0
    cleaned = pixels.copy()
    if background is None or frame is None:
        cleaned[alien] = np.median(within[empty], axis=0)
    else:
        shift = np.median(within[empty].astype(np.int16) - frame[empty], axis=0)
        cleaned[alien] = np.clip(background[alien] + shift, 0, 255)
    return cleaned, replaced


def _neighbours(
    pixels: npt.NDArray[np.uint8],
    mask: npt.NDArray[np.bool_],
    background: npt.NDArray[np.uint8] | None,
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return where neighbours are, and where neither they nor the organism are."""
    found = contrast_of(pixels, background)
    signal = cv2.max(found.darker, found.brighter)
    distinct: Levels = cv2.threshold(signal, found.level - 1, 1, cv2.THRESH_BINARY)[1]
    near: Levels = cv2.dilate(np.ascontiguousarray(mask).view(np.uint8), _NEAR)
    empty = (distinct | near) == 0
    if not mask.any() or cv2.countNonZero(cv2.subtract(distinct, near)) < _SMALLEST:
        return np.zeros(mask.shape, bool), empty
    faint = cv2.threshold(signal, _CONNECTED * found.level, 1, cv2.THRESH_BINARY)[1]
    # The dark and the bright ring of one fringe are parted by a pixel as grey as the background.
    whole: Levels = cv2.max(cv2.dilate(distinct, _RING), cv2.max(faint, near))
    count, labels = cv2.connectedComponents(whole, connectivity=8)
    neighbour = np.bincount(labels[distinct > 0], minlength=count) >= _SMALLEST
    height, width = mask.shape
    middle = (slice(height // 3, -(height // 3)), slice(width // 3, -(width // 3)))
    neighbour[0] = False
    neighbour[labels[near > 0]] = False
    neighbour[labels[middle]] = False  # should the mask be wrong: there the organism is
    theirs = neighbour[labels]
    reached = cv2.dilate(theirs.view(np.uint8), _HALO).view(np.bool_)
    taken = theirs | (reached & (labels == 0))
    return taken, empty & ~taken
