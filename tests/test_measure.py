"""Measurements against values by hand and a second library."""

import math

import numpy as np
import pytest
from skimage.measure import regionprops

from seston import measure
from synthetic.images import picture


def test_area_counts_all_parts_of_the_mask():
    mask = np.zeros((6, 8), np.uint8)
    mask[1:3, 1:4] = 255
    mask[5, 7] = 1
    assert measure.area_px(mask) == 7
    assert measure.area_um2(7, 0.5) == 1.75


def test_diameter_of_a_disc_is_that_of_skimage_and_of_the_circle():
    y, x = np.mgrid[:101, :101]
    disc = (y - 50) ** 2 + (x - 50) ** 2 <= 40**2
    expected = regionprops(disc.astype(int))[0].equivalent_diameter_area
    assert measure.equivalent_diameter(measure.area_px(disc)) == pytest.approx(expected)
    assert measure.equivalent_diameter(math.pi * 25) == pytest.approx(10)


def test_focus_by_hand():
    pixels = np.zeros((4, 4), np.uint8)
    pixels[1, 1] = 10
    # Laplacian where all four neighbours exist: -40 at the point, 10, 10 beside it, 0 across
    assert measure.focus(pixels) == np.var([-40, 10, 10, 0])


def test_focus_of_colour_is_that_of_its_luma():
    pixels = picture()
    grey = 0.299 * pixels[..., 0] + 0.587 * pixels[..., 1] + 0.114 * pixels[..., 2]
    inner = grey[1:-1, 1:-1]
    laplacian = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - 4 * inner
    assert measure.focus(pixels) == pytest.approx(laplacian.var())


def test_focus_falls_with_blur_and_is_zero_on_a_ramp():
    from scipy.ndimage import gaussian_filter

    sharp = picture(60, 60)
    soft = gaussian_filter(sharp, (2, 2, 0))
    assert measure.focus(sharp) > 20 * measure.focus(soft)
    ramp = np.tile(np.arange(0, 100, 5, np.uint8), (20, 1))
    assert measure.focus(ramp) == 0
