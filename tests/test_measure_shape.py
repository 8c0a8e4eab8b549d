"""Size and shape against scikit-image, and against figures whose size is known."""

import math
import warnings
from pathlib import Path

import numpy as np
import pytest
from skimage.measure import label, regionprops
from skimage.morphology import convex_hull_image

from drawn import Mask, ellipse, random_shape, rod
from flowcam_crops import example_crops
from seston.measure.shape import Shape, equivalent_diameter, shape_of, tight


def measured(mask: Mask) -> Shape:
    image = tight(mask)
    assert image is not None
    return shape_of(image)


def require_equal_to_skimage(mask: Mask) -> None:
    shape = measured(mask)
    with warnings.catch_warnings():  # about hulls of a point or a line
        warnings.simplefilter("ignore")
        region = regionprops(np.pad(mask, 1).astype(np.uint8))[0]
        expected_area = region.area
        expected_hull = convex_hull_image(mask, offset_coordinates=False).sum()
        expected_feret = region.feret_diameter_max
    assert shape.area == expected_area
    assert shape.parts == label(mask, connectivity=2).max()
    assert shape.perimeter == pytest.approx(region.perimeter, abs=1e-9)
    if expected_hull:  # scikit-image knows no hull of points in one line
        assert shape.hull_area == expected_hull
    # Its `solidity` puts the corners of the hull half a pixel further out.
    assert region.solidity - 1e-9 <= shape.solidity <= 1
    # Without the 1/12 of a pixel's own extent, which is 4² / 12 in the square of an axis.
    assert shape.ellipse.major**2 - 4 / 3 == pytest.approx(region.axis_major_length**2, abs=1e-8)
    assert shape.ellipse.minor**2 - 4 / 3 == pytest.approx(region.axis_minor_length**2, abs=1e-8)
    # scikit-image measures the hull after it has been drawn in pixels, which adds a little.
    assert expected_feret - 1 < shape.feret_max <= expected_feret + 1e-9


def test_random_shapes_are_as_scikit_image_has_them():
    random = np.random.default_rng(3)
    for _ in range(300):
        require_equal_to_skimage(random_shape(random))


def test_real_masks_are_as_scikit_image_has_them(repository: Path):
    for crop in example_crops(repository)[::12]:
        require_equal_to_skimage(crop.mask)


def test_smallest_feret_is_that_of_all_directions():
    random = np.random.default_rng(4)
    angles = np.linspace(0, np.pi, 2000, endpoint=False)
    directions = np.stack((np.cos(angles), np.sin(angles)))
    # half the width of the diamond that a pixel counts as, seen from each direction
    reach = np.abs(directions).max(axis=0) / 2
    for _ in range(100):
        mask = random_shape(random)
        spans = np.ptp(np.argwhere(mask)[:, ::-1] @ directions, axis=0) + 2 * reach
        shape = measured(mask)
        assert shape.feret_min == pytest.approx(spans.min(), rel=2e-3)
        assert shape.feret_max == pytest.approx(spans.max(), rel=1e-5)


@pytest.mark.parametrize(
    ("mask", "length", "width"),
    [
        (np.ones((1, 1), bool), 1, math.sqrt(0.5)),  # the diamond itself
        (np.ones((1, 9), bool), 9, 1),
        (np.ones((9, 1), bool), 9, 1),
        (np.eye(9, dtype=bool), math.hypot(9, 8), math.sqrt(0.5)),
        (np.eye(9, dtype=bool)[::-1], math.hypot(9, 8), math.sqrt(0.5)),
    ],
    ids=["point", "row", "column", "diagonal", "other diagonal"],
)
def test_points_and_lines_have_finite_sizes(mask: Mask, length: float, width: float):
    shape = measured(mask)
    assert shape.feret_max == pytest.approx(length)
    assert shape.feret_min == pytest.approx(width)
    assert shape.solidity == 1
    assert shape.ellipse.minor == pytest.approx(4 / math.sqrt(12))
    numbers = [shape.perimeter, shape.esd, shape.ellipse.major, shape.ellipse.eccentricity]
    assert all(map(math.isfinite, numbers))


@pytest.mark.parametrize("radius", [5, 10, 30])
def test_discs(radius: int):
    shape = measured(ellipse(radius, radius, x=0.3, y=0.2))
    assert shape.esd == pytest.approx(2 * radius, rel=0.02)
    assert shape.ellipse.major == pytest.approx(2 * radius, rel=0.03)
    assert shape.ellipse.minor == pytest.approx(2 * radius, rel=0.03)
    assert shape.feret_max == pytest.approx(2 * radius, abs=1)
    assert shape.feret_min == pytest.approx(2 * radius, abs=1)
    assert shape.perimeter == pytest.approx(2 * math.pi * radius, rel=0.05)
    assert shape.parts == 1 and shape.solid


@pytest.mark.parametrize("angle", np.arange(0, 180, 20))
def test_ellipses_keep_their_axes_whichever_way_they_lie(angle: int):
    shape = measured(ellipse(30, 10, math.radians(angle)))
    assert shape.ellipse.major == pytest.approx(60, rel=0.01)
    assert shape.ellipse.minor == pytest.approx(20, rel=0.01)
    assert shape.ellipse.eccentricity == pytest.approx(math.sqrt(1 - 1 / 9), rel=0.005)
    turned = (math.degrees(shape.ellipse.angle) - angle + 90) % 180 - 90
    assert turned == pytest.approx(0, abs=0.5)
    assert shape.feret_max == pytest.approx(60, abs=1)
    assert shape.feret_min == pytest.approx(20, abs=1)


@pytest.mark.parametrize("angle", [0, 15, 45, 70])
def test_rods_keep_length_and_width(angle: int):
    shape = measured(rod(50, 9, math.radians(angle)))
    assert shape.feret_max == pytest.approx(math.hypot(50, 9), abs=1.3)
    assert shape.feret_min == pytest.approx(9, abs=1)


def test_a_rectangle_that_fills_its_crop_is_not_cut():
    shape = measured(np.ones((6, 10), bool))
    assert (shape.area, shape.parts, shape.hull_area) == (60, 1, 60)
    assert shape.perimeter == 2 * (5 + 9)
    # from the left corner of one diamond to the right one of the diamond across
    assert shape.feret_max == pytest.approx(math.hypot(10, 5))
    assert shape.feret_min == 6


def test_parts_and_holes():
    mask = np.zeros((20, 30), bool)
    mask[2:12, 2:12] = True
    mask[4:10, 4:10] = False
    mask[6:8, 6:8] = True  # a part in the hole of another
    mask[12, 12] = True  # touches at a corner
    mask[15:18, 20:25] = True
    shape = measured(mask)
    assert shape.parts == 3
    assert not shape.solid
    assert shape.area == 100 - 36 + 4 + 1 + 15
    assert not measured(np.pad(np.ones((3, 3), bool), 2) ^ np.pad([[True]], 3)).solid


def test_a_mask_of_nothing_has_no_shape():
    assert tight(np.zeros((5, 5), bool)) is None


def test_a_view_of_a_larger_mask_will_do():
    whole = np.zeros((50, 80), bool)
    whole[10:20, 30:50] = True
    assert measured(whole[5:30, 25:60]).area == 200
    assert measured(whole.T[25:60:1, 5:30]).area == 200


def test_equivalent_diameter():
    assert equivalent_diameter(math.pi * 25) == pytest.approx(10)
