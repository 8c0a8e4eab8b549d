"""The mask of an organism that came already cut out, without one from its instrument.

The constants were set on FlowCam crops whose own masks are known, and looked
at on crops of a lake camera (bright on dark) and of an IFCB.
"""

import cv2
import numpy as np
import numpy.typing as npt

from seston.imaging.crop_contrast import Levels, contrast_of, inside_gutters, touching_edge

#: Share of the organism's own mean contrast at which its blurred edge is cut.
_SHARE = 0.3
#: Fragments that are nearer to each other than twice this are one organism, px.
_REACH = 3
#: Anything smaller is noise, px.
_SMALLEST = 4
#: What is cut by the edge of the crop counts as so much smaller.
_CUT = 0.05

_DISC = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
_AROUND = np.ones((2 * _REACH + 1, 2 * _REACH + 1), np.uint8)


def crop_mask(
    pixels: npt.NDArray[np.uint8],
    background: npt.NDArray[np.uint8] | None = None,
    alone: bool = False,
) -> npt.NDArray[np.bool_]:
    """Find the organism of a crop.

    It is what is darker than the background, or what is brighter, whichever is
    more; holes are filled. Of several things it is the largest, together with
    the fragments around it. What is cut by the edge of the crop is taken for a
    neighbour, unless it lies across the middle or is all there is.

    Parameters
    ----------
    pixels : ndarray of uint8, (H, W) or (H, W, 3)
    background : ndarray of uint8, same shape, or None
        The same place of an empty frame; it may be brighter or darker as a whole.
    alone : bool
        Nothing in the crop is a neighbour: all that stands out is the organism.

    Returns
    -------
    ndarray of bool, (H, W)
        False everywhere if nothing stands out from the noise.
    """
    mask = np.zeros(pixels.shape[:2], np.uint8)
    inside = inside_gutters(pixels)
    side = _clearer_side(pixels[inside], None if background is None else background[inside])
    if side is None:
        return mask.view(np.bool_)
    level = _SHARE * cv2.sumElems(side)[0] / cv2.countNonZero(side)
    _, binary = cv2.threshold(side, level, 1, cv2.THRESH_BINARY)
    closed = cv2.morphologyEx(binary, cv2.MORPH_CLOSE, _DISC)
    outlines, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    cv2.drawContours(closed, outlines, -1, 1, cv2.FILLED)
    if len(outlines) > 1 and not alone:
        closed = _main(closed)
    if cv2.countNonZero(closed) >= _SMALLEST:
        mask[inside] = closed
    return mask.view(np.bool_)


def _clearer_side(
    pixels: npt.NDArray[np.uint8], background: npt.NDArray[np.uint8] | None
) -> Levels | None:
    """Return how much darker, or brighter, the crop is where that is no noise, else 0."""
    found = contrast_of(pixels, background)
    darker, brighter = (
        cv2.threshold(side, found.level - 1, 0, cv2.THRESH_TOZERO)[1]
        for side in (found.darker, found.brighter)
    )
    dark, bright = cv2.sumElems(darker)[0], cv2.sumElems(brighter)[0]
    if dark == bright == 0:
        return None
    return darker if dark >= bright else brighter


def _main(binary: Levels) -> Levels:
    """Return the organism of an image of 0 and 1, without its neighbours."""
    _, labels, boxes, _ = cv2.connectedComponentsWithStats(binary, connectivity=8)
    cut = touching_edge(boxes, binary.shape)
    aside = cut & ~_across_middle(boxes, binary.shape)
    areas = boxes[:, cv2.CC_STAT_AREA] * np.where(aside, _CUT, 1)
    main = 1 + int(areas[1:].argmax())
    _, groups = cv2.connectedComponents(cv2.dilate(binary, _AROUND), connectivity=8)
    fragments = ~cut | cut[main]
    return binary * ((groups == groups[labels == main][0]) & fragments[labels])


def _across_middle(boxes: Levels, shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    (x, y, width, height), (middle_y, middle_x) = boxes.T[:4], (shape[0] // 2, shape[1] // 2)
    across = (x <= middle_x) & (middle_x < x + width)
    return across & (y <= middle_y) & (middle_y < y + height)
