"""Size and shape of a mask, in pixels.

Area, perimeter and hull are what scikit-image gives (the tests hold them to
it), but from outlines and moments by OpenCV, some twenty times faster. Three
definitions need a word:

* The hull holds the pixels whose centre lies in the hull of all centres, so that
  a disc and a rectangle have a solidity of 1. `regionprops` puts the corners of
  the hull half a pixel further out: a disc of 20 px has 0.96 there.
* For the Feret diameters a pixel is the diamond between the middles of its
  four sides, so that a row of n pixels is n long and 1 wide, whichever way it
  lies.
* The axes contain the second moment of a pixel itself, 1/12, as MATLAB's do
  and scikit-image's do not: a line is not infinitely thin.
"""

import math
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

Binary = npt.NDArray[Any]  # 0 and 1 of uint8, which OpenCV's type hints do not tell
Points = npt.NDArray[Any]  # x, y of int32

_TURN = np.array([1.0, -1.0])
_SLANTS = np.array([[1.0, 1.0], [1.0, -1.0]])  # the sides of a diamond
_CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))

# A border pixel gets the sum of this kernel over its border neighbours; the sum tells how
# the outline runs through it, and with it the length: 1 straight, √2 diagonal, half of each.
_NEIGHBOURS = np.array([[10, 2, 10], [2, 1, 2], [10, 2, 10]], np.float32)
_LENGTH = np.zeros(256)
_LENGTH[[5, 7, 15, 17, 25, 27]] = 1
_LENGTH[[21, 33]] = math.sqrt(2)
_LENGTH[[13, 23]] = (1 + math.sqrt(2)) / 2


class Ellipse(NamedTuple):
    """The ellipse of equal second moments.

    Attributes
    ----------
    x, y : float
        Its centre, pixels.
    major, minor : float
        Full lengths of its axes, pixels.
    angle : float
        Of the major axis from the x axis towards the y axis (which points down), radians.
    """

    x: float
    y: float
    major: float
    minor: float
    angle: float

    @property
    def eccentricity(self) -> float:
        """Distance of the foci over the major axis: 0 is a circle, towards 1 a line."""
        return math.sqrt(max(0.0, 1 - (self.minor / self.major) ** 2))


class Shape(NamedTuple):
    """One organism: all parts of it together.

    Attributes
    ----------
    area : int
        Pixels.
    parts : int
        Groups of pixels that touch at a side or a corner.
    solid : bool
        One part without holes.
    perimeter : float
        Length of the outlines through the centres of the border pixels, holes included.
    ellipse : Ellipse
    feret_max, feret_min : float
        Largest and smallest distance of parallel tangents of the hull.
    hull_area : int
        Pixels whose centre is in the hull.
    """

    area: int
    parts: int
    solid: bool
    perimeter: float
    ellipse: Ellipse
    feret_max: float
    feret_min: float
    hull_area: int

    @property
    def esd(self) -> float:
        """Equivalent spherical diameter: of the circle of equal area."""
        return equivalent_diameter(self.area)

    @property
    def solidity(self) -> float:
        """Area over area of the convex hull."""
        return self.area / self.hull_area


def equivalent_diameter(area: float) -> float:
    """Return the diameter of the circle of equal area, in the unit whose square `area` has.

    In µm this is the area-based diameter of the raw mask (ESD). FlowCam's own
    diameters are smaller: it takes off the fringe that diffraction adds.
    """
    return 2 * math.sqrt(area / math.pi)


def tight(mask: npt.NDArray[np.bool_]) -> Binary | None:
    """Return the mask as 0 and 1, cut to its box with one pixel of 0 around it.

    None if there is no True in it.
    """
    image = np.ascontiguousarray(mask).view(np.uint8)
    x, y, width, height = cv2.boundingRect(image)
    if width == 0:
        return None
    inside = image[y : y + height, x : x + width]
    return cv2.copyMakeBorder(inside, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)


def shape_of(image: Binary) -> Shape:
    """Return the shape of an image of 0 and 1 (`tight`): some 1, a border of 0."""
    area, ellipse = area_and_ellipse(image)
    outlines, tree = cv2.findContours(image, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    solid = len(outlines) == 1
    parts = 1 if solid else int((tree[0, :, 3] < 0).sum())  # the outlines inside nothing
    hull = hull_of(outlines[0] if solid else np.concatenate(outlines))
    feret_max, feret_min = feret(hull)
    return Shape(
        area=area,
        parts=parts,
        solid=solid,
        perimeter=_perimeter(image),
        ellipse=ellipse,
        feret_max=feret_max,
        feret_min=feret_min,
        hull_area=pixels_inside(hull),
    )


def border_of(image: Binary) -> Binary:
    """Return the pixels of an image of 0 and 1 with a side on the background."""
    return image - cv2.erode(image, _CROSS, borderType=cv2.BORDER_CONSTANT, borderValue=0)


def _perimeter(image: Binary) -> float:
    """Length of all outlines after Benkrid, Crookes & Benkrid 2000."""
    how = cv2.filter2D(border_of(image), -1, _NEIGHBOURS, borderType=cv2.BORDER_CONSTANT)
    return cv2.sumElems(cv2.LUT(how, _LENGTH))[0]


def area_and_ellipse(image: Binary) -> tuple[int, Ellipse]:
    """Return the number of 1 in an image of 0 and 1, and the ellipse of equal second moments."""
    moments = cv2.moments(image, binaryImage=True)
    area = moments["m00"]
    # 1/12 is the second moment of a pixel, which is a square and not a point.
    xx, yy = moments["mu20"] / area + 1 / 12, moments["mu02"] / area + 1 / 12
    xy = moments["mu11"] / area
    mean, half = (xx + yy) / 2, math.hypot((xx - yy) / 2, xy)
    ellipse = Ellipse(
        x=moments["m10"] / area,
        y=moments["m01"] / area,
        major=4 * math.sqrt(mean + half),
        minor=4 * math.sqrt(max(mean - half, 1 / 12)),
        angle=math.atan2(2 * xy, xx - yy) / 2,
    )
    return int(area), ellipse


def hull_of(points: Points) -> Points:
    """Return the convex hull of pixels (n, 1, 2): the centres at its corners (m, 2), in turn."""
    return cv2.convexHull(points)[:, 0]


def pixels_inside(hull: Points) -> int:
    """Count the pixels whose centre is in or on a convex hull of pixel centres.

    By Pick's theorem they follow from its area and from the centres on its sides.
    """
    twice_area = on_sides = 0
    corners = hull.tolist()  # plain numbers: so few are not worth an array
    x, y = corners[-1]
    for next_x, next_y in corners:
        twice_area += x * next_y - next_x * y
        on_sides += math.gcd(next_x - x, next_y - y)
        x, y = next_x, next_y
    return (abs(twice_area) + on_sides) // 2 + 1


def feret(hull: Points) -> tuple[float, float]:
    """Return the largest and the smallest distance of parallel tangents, in pixels.

    The tangents are those of the hull with a diamond around each corner: a width
    of both is the sum of their widths. The largest is found between two corners,
    the smallest across a side of the hull or of the diamond (Freeman & Shapira
    1975, doi:10.1145/360881.360919).
    """
    corners = hull.astype(np.float64)
    x, y = corners.T
    across, down = np.abs(x[:, None] - x), np.abs(y[:, None] - y)
    squares = across * across + down * down + 2 * np.maximum(across, down) + 1
    _, longest, _, _ = cv2.minMaxLoc(squares)
    sides = np.concatenate((corners[1:] - corners[:-1], corners[:1] - corners[-1:], _SLANTS))
    sides = sides[sides.any(axis=1)]  # a hull of one pixel has none
    heights = sides[:, ::-1] * _TURN @ corners.T  # times the length of each side
    spans = cv2.reduce(heights, 1, cv2.REDUCE_MAX) - cv2.reduce(heights, 1, cv2.REDUCE_MIN)
    spans += cv2.reduce(np.abs(sides), 1, cv2.REDUCE_MAX)  # of the diamond
    shortest, _, _, _ = cv2.minMaxLoc(spans[:, 0] / np.hypot(sides[:, 0], sides[:, 1]))
    return math.sqrt(longest), shortest
