from dataclasses import replace

import cv2
import numpy as np
import pytest
from skimage import filters, morphology

from seston.imaging.foreground import (
    difference,
    disc,
    find_foreground,
    grey_of,
    levels,
    noise_of,
    within_half,
)
from seston.imaging.settings import FrameSettings

DEFAULT = FrameSettings()


def noisy(level: float, sigma: float, seed: int = 0, shape=(400, 500)) -> np.ndarray:
    values = np.random.default_rng(seed).normal(level, sigma, shape)
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def blurred_disc(radius: float, contrast: float, blur: float) -> tuple[np.ndarray, float]:
    """A dark disc on 200, and its true area."""
    y, x = np.mgrid[:800, :800] / 8 - 50 + 1 / 16
    fine = ((y**2 + x**2) <= radius**2).astype(np.float32)
    coverage = cv2.GaussianBlur(fine.reshape(100, 8, 100, 8).mean(axis=(1, 3)), None, blur)
    return np.rint(200 - contrast * coverage).astype(np.uint8), np.pi * radius**2


def test_grey_is_bt_601():
    colours = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [10, 20, 30]]], np.uint8)
    assert grey_of(colours).tolist() == [[76, 150, 29, 18]]  # 0.299 R + 0.587 G + 0.114 B
    grey = colours[..., 0]
    assert grey_of(grey) is grey


def test_in_transmitted_light_the_share_of_the_light_counts():
    background = np.full((64, 64), 200, np.uint8)
    background[:, 48:] = 140  # a dim quarter: the median of the background stays 200
    grey = np.rint(background * 0.75).astype(np.uint8)
    assert set(difference(grey, background, "dark").ravel()) == {50}
    assert set(difference(background, grey, "dark").ravel()) == {0}
    assert set(difference(grey, background, "both").ravel()) == {50}


def test_what_dark_corners_multiply_is_limited():
    background = np.full((64, 64), 200, np.uint8)
    background[:, 48:] = 20
    multiplied = difference(background - 10, background, "dark")
    assert multiplied[0, 0] == 10
    assert multiplied[0, 63] == 15  # not 100
    still = np.random.default_rng(0).normal(0, 3, background.shape)
    assert noise_of(np.rint(background + still).astype(np.uint8), background, "dark") < 4.5


def test_in_dark_field_the_light_that_is_added_counts():
    background = np.full((64, 64), 20, np.uint8)
    background[:, 48:] = 40
    assert set(difference(background + 50, background, "bright").ravel()) == {50}
    assert set(difference(background - 10, background, "bright").ravel()) == {0}


@pytest.mark.parametrize("sigma", [1.5, 3.0, 5.0, 8.0])
def test_noise_is_told_beside_organisms(sigma):
    grey = noisy(180, sigma)
    grey[:100, :200] = 60  # a tenth of the frame
    assert noise_of(grey, np.full_like(grey, 180), "dark") == pytest.approx(sigma, rel=0.07)
    assert noise_of(np.full_like(grey, 180), np.full_like(grey, 180), "dark") == 1


@pytest.mark.parametrize(
    ("name", "theirs"), [("otsu", filters.threshold_otsu), ("triangle", filters.threshold_triangle)]
)
def test_levels_are_those_of_scikit_image(name, theirs):
    signal = np.clip(200 - noisy(196, 3).astype(int), 0, 255).astype(np.uint8)
    signal[100:200, 100:300] = noisy(90, 10, seed=1, shape=(100, 200))
    settings = replace(DEFAULT, threshold=name, noise=0)
    assert levels(signal, 3, settings)[0] == pytest.approx(theirs(signal[::2, ::2]), abs=2)


def test_the_level_is_above_the_noise_and_the_fixed_one_as_it_is():
    signal = np.zeros((50, 50), np.uint8)
    assert levels(signal, 2.5, DEFAULT) == (15.0, 10.0)
    assert levels(signal, 2.5, replace(DEFAULT, hysteresis=1)) == (15.0, 15.0)
    fixed = replace(DEFAULT, threshold="fixed", level=8, hysteresis=0.25)
    assert levels(signal, 2.5, fixed) == (8, 2)


@pytest.mark.parametrize("threshold", ["otsu", "triangle"])
@pytest.mark.parametrize("seed", range(5))
def test_an_empty_frame_has_no_more_than_a_pixel_of_foreground(threshold, seed):
    background = np.full((400, 500), 180, np.uint8)
    found = find_foreground(noisy(180, 5, seed), background, replace(DEFAULT, threshold=threshold))
    assert np.count_nonzero(found.signal > found.level) <= 1


@pytest.mark.parametrize("contrast", [20, 60, 180])
@pytest.mark.parametrize("blur", [0.5, 1.0])
def test_the_outline_does_not_depend_on_contrast(contrast, blur):
    """The area of a disc is found within 3 %; at the level alone it is 10 to 30 % too large."""
    grey, area = blurred_disc(15, contrast, blur)
    background = np.full_like(grey, 200)
    half = find_foreground(grey, background, DEFAULT)
    assert np.count_nonzero(half.mask) == pytest.approx(area, rel=0.03)
    alone = find_foreground(grey, background, replace(DEFAULT, edge_px=0))
    if contrast > 20:
        assert np.count_nonzero(alone.mask) > 1.07 * area


def test_a_pale_part_beside_a_dark_one_is_kept():
    signal = np.zeros((40, 60), np.uint8)
    signal[10:30, 10:30] = 150
    signal[18:22, 30:50] = 30  # an antenna
    kept = within_half(signal, 5, 0) > 0
    assert kept[10:30, 10:30].all()
    assert not kept[18:22, 30:32].any()  # the rim of the dark part
    assert kept[18:22, 33:50].all()


@pytest.mark.parametrize(
    ("name", "theirs"), [("closing_px", morphology.closing), ("opening_px", morphology.opening)]
)
def test_closing_and_opening_are_those_of_scikit_image(name, theirs):
    grey = np.where(np.random.default_rng(0).random((80, 90)) < 0.3, 100, 200).astype(np.uint8)
    background = np.full_like(grey, 200)
    plain = replace(DEFAULT, threshold="fixed", level=20, edge_px=0, closing_px=0)
    before = find_foreground(grey, background, plain).mask
    after = find_foreground(grey, background, replace(plain, **{name: 5})).mask
    np.testing.assert_array_equal(after, theirs(before, disc(5)))
    assert (before != after).any()
