"""Volume of an organism from its outline, by three models.

References
----------
Moberg & Sosik 2012, Limnol. Oceanogr. Methods 10:278, doi:10.4319/lom.2012.10.278.
"""

import math

import cv2
import numpy as np

from seston.imaging.distance import distances
from seston.measure.shape import (
    Binary,
    Ellipse,
    Shape,
    area_and_ellipse,
    border_of,
    equivalent_diameter,
    hull_of,
    pixels_inside,
)


def sphere(diameter: float) -> float:
    """Return the volume of a sphere."""
    return math.pi / 6 * diameter**3


def spheroid(major: float, minor: float) -> float:
    """Return the volume of a prolate spheroid: an ellipse turned about its major axis."""
    return math.pi / 6 * major * minor**2


def moberg_sosik(image: Binary, shape: Shape) -> float:
    """Return the volume after Moberg & Sosik 2012: the sum over the parts.

    A part is its filled outline. One that is convex, or compact and round, is
    turned about its major axis; any other is taken for round wherever it is
    cut across, and its volume follows from the distances to the outline.

    Parameters
    ----------
    image : ndarray of uint8, (H, W)
        0 and 1, with a border of 0 (`seston.measure.shape.tight`).
    shape : Shape
        Its shape.

    Returns
    -------
    float
        Pixels³.
    """
    if shape.solid:
        return _part(image, shape.area, shape.ellipse, shape.hull_area)
    volume = 0.0
    outlines, _ = cv2.findContours(image, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    for outline in outlines:
        x, y, width, height = cv2.boundingRect(outline)
        part = np.zeros((height + 2, width + 2), np.uint8)
        cv2.drawContours(part, [outline], -1, 1, cv2.FILLED, offset=(1 - x, 1 - y))
        volume += _part(part, *area_and_ellipse(part), pixels_inside(hull_of(outline)))
    return volume


def _part(part: Binary, area: int, ellipse: Ellipse, hull_area: int) -> float:
    convex = hull_area < 1.2 * area
    round_ = ellipse.eccentricity < 0.8 and equivalent_diameter(area) > 0.8 * ellipse.major
    return solid_of_revolution(part, ellipse) if convex or round_ else by_distances(part)


def solid_of_revolution(part: Binary, ellipse: Ellipse) -> float:
    """Return the volume of a part turned about its major axis, pixels³.

    The part is turned until the axis lies level; then each column is the
    diameter of a disc, and between two columns lies a frustum of height 1.
    The outermost columns reach half a pixel further, to the ends of their pixels.
    """
    height, width = part.shape
    cos, sin = math.cos(ellipse.angle), math.sin(ellipse.angle)
    # Not a pixel more where nothing is turned, or columns would fall between columns.
    length = math.ceil(width * abs(cos) + height * abs(sin) - 1e-9)
    breadth = math.ceil(width * abs(sin) + height * abs(cos) - 1e-9)
    x, y = (width - 1) / 2, (height - 1) / 2  # the middle stays the middle
    turn = np.array(
        [
            [cos, sin, (length - 1) / 2 - cos * x - sin * y],
            [-sin, cos, (breadth - 1) / 2 + sin * x - cos * y],
        ]
    )
    level = cv2.warpAffine(part.astype(np.float32), turn, (length, breadth))
    columns = cv2.reduce(level, 0, cv2.REDUCE_SUM)[0].astype(np.float64)
    diameters = columns[columns > 0]
    if diameters.size == 1:
        return math.pi / 4 * diameters.item() ** 2
    first, second = diameters[:-1], diameters[1:]
    frusta = first * first + first * second + second * second
    return math.pi / 12 * float(frusta.sum() + frusta[0] / 2 + frusta[-1] / 2)


def by_distances(part: Binary) -> float:
    """Return the volume of a part that is round wherever it is cut across, pixels³.

    Over a cut the distances to the outline rise and fall like a roof, so twice
    their sum is the area of a square on its corner; π/2 makes a circle of it.
    """
    off_border = 1 - border_of(part)
    inside = distances(off_border)[part.view(np.bool_)].astype(np.float64) + 1
    width = 4 * inside.mean() - 2  # of a cut, pixels
    stairs = width**2 / (width**2 + 2 * width + 0.5)  # pixels for a straight roof
    return float(stairs * math.pi * inside.sum())
