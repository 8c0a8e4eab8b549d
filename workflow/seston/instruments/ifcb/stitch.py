"""Organisms that the first IFCBs cut in two: boxes of one trigger that overlap, joined again.

Instruments 1 to 6 gave a long organism two boxes of the same camera frame, in
neighbouring rows. Together they show one organism; what neither shows is
filled with the background beside it, which no mask may claim.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from seston.instruments.ifcb.adc import Target

_OVERLAP_PX = 2


def group(targets: Sequence[Target]) -> list[list[Target]]:
    """Return the targets as organisms: a list of one, or of those that belong together."""
    groups: list[list[Target]] = []
    for target in targets:
        if groups and _overlap(groups[-1][-1], target):
            groups[-1].append(target)
        else:
            groups.append([target])
    return groups


def _overlap(a: Target, b: Target) -> bool:
    if a.trigger != b.trigger or not (a.has_image and b.has_image):
        return False
    across = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    down = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    return across > _OVERLAP_PX and down > _OVERLAP_PX


def canvas(parts: Sequence[Target]) -> tuple[int, int, int, int]:
    """Return x, y, width and height of the box around all boxes, px of the camera's frame."""
    x, y = min(part.x for part in parts), min(part.y for part in parts)
    right = max(part.x + part.width for part in parts)
    return x, y, right - x, max(part.y + part.height for part in parts) - y


def join(
    parts: Sequence[Target], images: Sequence[npt.NDArray[np.uint8]]
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    """Put the images of overlapping boxes on one canvas.

    Parameters
    ----------
    parts : sequence of Target
    images : sequence of ndarray of uint8, (height, width) of each part

    Returns
    -------
    pixels : ndarray of uint8, (height, width) of the `canvas`
        What no part shows has the median grey of the parts' own borders.
    shown : ndarray of bool, same shape
        False where the canvas was filled.
    """
    left, top, width, height = canvas(parts)
    edges = [np.concatenate([i[0], i[-1], i[1:-1, 0], i[1:-1, -1]]) for i in images]
    pixels = np.full((height, width), np.median(np.concatenate(edges)), np.uint8)
    shown = np.zeros((height, width), bool)
    for part, image in zip(parts, images, strict=True):
        inside = (
            slice(part.y - top, part.y - top + part.height),
            slice(part.x - left, part.x - left + part.width),
        )
        pixels[inside] = image
        shown[inside] = True
    return pixels, shown
