from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage
from skimage import measure

from seston.imaging.foreground import Foreground
from seston.imaging.objects import Organism, find_organisms
from seston.imaging.settings import FrameSettings

DEFAULT = FrameSettings()


def foreground(mask: np.ndarray, signal: np.ndarray | None = None) -> Foreground:
    binary = np.where(mask, np.uint8(255), np.uint8(0))
    return Foreground(binary if signal is None else signal, binary, 10.0)


def blobs(seed: int = 0) -> np.ndarray:
    """Rugged blobs with holes, some at the border, some in each other's holes."""
    rough = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=(300, 400)), 3)
    return np.abs(rough) > 0.13


def boxes(organisms: list[Organism]) -> list[tuple[int, int, int, int]]:
    return [organism.box for organism in organisms]


@pytest.mark.parametrize("seed", range(3))
def test_filled_organisms_are_those_of_scikit_image(seed):
    """Boxes and pixels of all blobs of 50 px or more, with their holes filled."""
    mask = blobs(seed)
    found = find_organisms(foreground(mask), DEFAULT, np.sqrt(50 * 4 / np.pi))
    labels = measure.label(ndimage.binary_fill_holes(mask), connectivity=2)
    expected = {}
    for region in measure.regionprops(labels):
        # what lies in a hole that is open at a corner is filled by outlines, not by filling
        if region.area_filled >= 50:
            top, left, bottom, right = region.bbox
            expected[left, top, right, bottom] = region.image_filled
    assert len(found) > 20
    assert set(boxes(found)) <= set(expected)
    inner = {box for box in expected if box not in boxes(found)}
    assert all(any(_inside(box, other) for other in boxes(found)) for box in inner)
    for organism in found:
        np.testing.assert_array_equal(organism.mask, expected[organism.box])


def _inside(box: tuple[int, ...], other: tuple[int, ...]) -> bool:
    left, top, right, bottom = box
    return other[0] <= left and other[1] <= top and right <= other[2] and bottom <= other[3]


def test_they_come_in_raster_order_of_their_upper_left_corners():
    found = boxes(find_organisms(foreground(blobs()), DEFAULT, 3))
    assert found == sorted(found, key=lambda box: (box[1], box[0]))


def test_holes_are_kept_on_demand():
    mask = np.zeros((40, 40), bool)
    mask[5:35, 5:35] = True
    mask[15:25, 15:25] = False
    (filled,) = find_organisms(foreground(mask), DEFAULT, 5)
    (open_,) = find_organisms(foreground(mask), replace(DEFAULT, fill_holes=False), 5)
    assert filled.mask.all()
    np.testing.assert_array_equal(open_.mask, mask[5:35, 5:35])


def test_small_ones_are_left_out_by_their_area():
    mask = np.zeros((40, 60), bool)
    mask[5:15, 5:15] = True  # 100 px: an ESD of 11.28 px
    mask[5:15, 30:39] = True  # 90 px: 10.70 px
    assert boxes(find_organisms(foreground(mask), DEFAULT, 11.2)) == [(5, 5, 15, 15)]
    assert len(find_organisms(foreground(mask), DEFAULT, 10.7)) == 2
    assert find_organisms(foreground(mask), DEFAULT, 11.3) == []


def test_one_without_a_pixel_above_the_level_is_none():
    mask = np.zeros((40, 60), bool)
    mask[5:20, 5:20] = mask[5:20, 30:45] = True
    signal = np.where(mask, np.uint8(8), np.uint8(0))
    signal[10, 10] = 11
    signal[22, 40] = 200  # beside the second one
    assert boxes(find_organisms(foreground(mask, signal), DEFAULT, 5)) == [(5, 5, 20, 20)]


@pytest.mark.parametrize(("merge_px", "count"), [(0, 3), (3, 3), (4, 2), (9, 2), (12, 1)])
def test_fragments_with_a_smaller_gap_are_one(merge_px, count):
    mask = np.zeros((40, 80), bool)
    mask[10:30, 5:20] = mask[10:30, 23:40] = True  # a gap of 3 px
    mask[10:30, 50:70] = True  # one of 10 px
    found = find_organisms(foreground(mask), replace(DEFAULT, merge_px=merge_px), 5)
    assert len(found) == count
    assert sum(int(organism.mask.sum()) for organism in found) == mask.sum()


def test_what_touches_the_border_is_known_and_dropped_on_demand():
    mask = np.zeros((40, 60), bool)
    for place in np.s_[0:10, 20:30], np.s_[15:25, 0:10], np.s_[30:40, 20:30], np.s_[15:25, 50:60]:
        mask[place] = True
    mask[15:25, 20:30] = True
    found = find_organisms(foreground(mask), DEFAULT, 5)
    assert [organism.touches((40, 60)) for organism in found] == [True, True, False, True, True]
    dropped = find_organisms(foreground(mask), replace(DEFAULT, border="drop"), 5)
    assert boxes(dropped) == [(20, 15, 30, 25)]


def test_touching_ones_are_parted_on_demand():
    y, x = np.mgrid[:60, :100]
    mask = ((y - 30) ** 2 + (x - 30) ** 2 <= 225) | ((y - 30) ** 2 + (x - 58) ** 2 <= 196)
    assert len(find_organisms(foreground(mask), DEFAULT, 8)) == 1
    parts = find_organisms(foreground(mask), replace(DEFAULT, split=True), 8)
    assert len(parts) == 2
    assert sum(int(part.mask.sum()) for part in parts) == mask.sum()


def test_the_smallest_size_is_in_um_where_it_can_be():
    settings = FrameSettings(min_esd_um=20, min_esd_px=8)
    assert settings.smallest_px(None) == 8
    assert settings.smallest_px(1.0) == 20
    assert settings.smallest_px(10.0) == 8  # 2 px: no shape


def test_nothing_is_found_in_nothing():
    assert find_organisms(foreground(np.zeros((30, 30), bool)), DEFAULT, 8) == []
