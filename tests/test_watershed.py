import numpy as np
import pytest
from scipy import ndimage
from skimage import segmentation

from seston.imaging.watershed import split


def discs(*places: tuple[int, int, int], shape=(80, 120)) -> np.ndarray:
    y, x = np.mgrid[: shape[0], : shape[1]]
    mask = np.zeros(shape, bool)
    for at_y, at_x, radius in places:
        mask |= (y - at_y) ** 2 + (x - at_x) ** 2 <= radius**2
    return np.where(mask, np.uint8(255), np.uint8(0))


def test_the_parts_are_those_of_scikit_image_and_the_truth():
    """Along the line between parts some pixels fall to the other side."""
    centres = [(40, 30, 18), (40, 61, 14), (18, 80, 16)]
    mask = discs(*centres)
    parts = split(mask, 0.7, 4)
    assert len(parts) == 3
    depth = ndimage.distance_transform_edt(mask)
    seeds = np.zeros(mask.shape, int)
    for number, (y, x, _) in enumerate(centres, start=1):
        seeds[y, x] = number
    theirs = segmentation.watershed(-depth, seeds, mask=mask > 0)
    for number, (y, x, radius) in enumerate(centres, start=1):
        (part,) = (part for part in parts if part[y, x])
        assert np.count_nonzero((part > 0) != (theirs == number)) <= 0.03 * radius**2 * np.pi
        assert np.count_nonzero(part) == pytest.approx(np.pi * radius**2, rel=0.05)
    np.testing.assert_array_equal(sum(part // 255 for part in parts), mask // 255)


def test_one_organism_stays_one():
    y, x = np.mgrid[:80, :120]
    ellipse = ((y - 40) / 12) ** 2 + ((x - 60) / 50) ** 2 <= 1
    (whole,) = split(np.where(ellipse, np.uint8(255), np.uint8(0)), 0.7, 4)
    np.testing.assert_array_equal(whole > 0, ellipse)
    rod = discs()
    rod[36:44, 10:110] = 255
    assert len(split(rod, 0.7, 4)) == 1


def test_the_waist_decides():
    """Two discs of radius 20, centres 30 apart: the waist is 2 * sqrt(20² - 15²) = 26.5 of 40."""
    mask = discs((40, 40, 20), (40, 70, 20))
    assert len(split(mask, 0.55, 4)) == 1
    assert len(split(mask, 0.8, 4)) == 2


def test_a_thin_appendage_is_no_part():
    mask = discs((40, 40, 20), (40, 63, 3))
    assert len(split(mask, 0.9, 8)) == 1
    assert len(split(mask, 0.9, 3)) == 2


def test_organisms_at_the_edge_of_their_box():
    mask = discs((10, 10, 10), (10, 29, 10), shape=(21, 40))
    assert len(split(mask, 0.7, 4)) == 2
