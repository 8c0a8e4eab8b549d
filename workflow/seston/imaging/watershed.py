"""Organisms that touch, parted at their waist."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from seston.imaging.distance import distances

Mask = npt.NDArray[Any]  # of uint8, which OpenCV's type hints do not tell
Heights = npt.NDArray[Any]  # of float32

_AROUND = np.ones((3, 3), np.uint8)


def split(mask: Mask, waist: float, thinnest_px: float) -> list[Mask]:
    """Return the parts of a mask on either side of its waists, or the mask itself.

    A part is where the distance to the outline has a peak. Two parts are one if the
    way between their peaks is nowhere narrower than `waist` times the lower peak.
    The watershed of the distance draws the line between parts.

    Parameters
    ----------
    mask : ndarray of uint8, (height, width)
        255 on the organisms, 0 elsewhere.
    waist : float
        0: never parted; 1: at the slightest waist.
    thinnest_px : float
        Parts with a smaller inscribed circle (its diameter) are none.

    Returns
    -------
    list of ndarray of uint8, as `mask`
        Every pixel of the mask is in exactly one.
    """
    framed = cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    depth = distances(framed)
    count, seeds = cv2.connectedComponents(_peaks(depth, waist, thinnest_px))
    if count <= 2:  # the background is counted, too
        return [mask]
    basins = _flood(seeds, depth)[1:-1, 1:-1]
    return [np.where(basins == part, mask, np.uint8(0)) for part in range(1, count)]


def _flood(seeds: npt.NDArray[Any], depth: Heights) -> npt.NDArray[np.int32]:
    """Grow seeds downhill, one pixel of depth at a time, until all of the mask is theirs.

    `cv2.watershed` does not serve: it floods by the difference between neighbours,
    not by height.
    """
    basins = seeds.astype(np.float32)
    top, turned = basins.max() + 1, False
    for level in np.arange(np.ceil(depth.max()), -1, -1):
        while True:
            free = (basins == 0) & (depth >= level) & (depth > 0)
            grown = np.where(free, cv2.dilate(basins, _AROUND), basins)
            if np.array_equal(grown, basins):
                break
            # Where two meet, the higher number wins: so the numbers are turned round each time.
            basins, turned = np.where(grown > 0, top - grown, 0), not turned
    return np.where((basins > 0) & turned, top - basins, basins).astype(np.int32)


def _peaks(depth: Heights, waist: float, thinnest_px: float) -> Mask:
    """Return 255 on the tops of parts.

    Lowered to `waist` times its height and grown back below the distance, a peak
    that is joined to a higher one by a wide way drowns in it. What then is higher
    than all around is a top.
    """
    grown = _reconstruct(waist * depth, depth)
    step = np.float32(1e-3)
    tops = (grown - _reconstruct(grown - step, grown) > step / 2) & (depth > 0)
    tops &= 2 * grown >= waist * thinnest_px
    return np.where(tops, np.uint8(255), np.uint8(0))


def _reconstruct(marker: Heights, limit: Heights) -> Heights:
    """Return `marker` grown to its neighbours again and again, but never above `limit`.

    Morphological reconstruction by dilation (Vincent 1993).
    """
    marker = np.minimum(marker, limit)
    while True:
        grown = np.minimum(cv2.dilate(marker, _AROUND), limit)
        if np.array_equal(grown, marker):
            return grown
        marker = grown
