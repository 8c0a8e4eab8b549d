"""Neighbours and gutters go, and nothing of the organism does."""

from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from drawn import ORGANISM, ellipse, scene
from flowcam_crops import example_crops
from seston.imaging.clean import clean
from seston.imaging.crop_mask import crop_mask

BESIDE = np.zeros((60, 60), bool)
BESIDE[24:36, 20:40] = True
NEIGHBOUR = np.zeros((60, 60), bool)
NEIGHBOUR[2:9, 46:56] = True


@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize("framed", [False, True])
def test_a_neighbour_becomes_background(colour: bool, framed: bool):
    pixels, empty = scene(BESIDE | NEIGHBOUR), scene(np.zeros_like(BESIDE), empty=180, seed=1)
    if colour:
        pixels, empty = (np.stack([image, image // 2, image], axis=-1) for image in (pixels, empty))
    before = pixels.copy()
    cleaned, replaced = clean(pixels, BESIDE, empty if framed else None)
    assert (pixels == before).all()
    changed = (cleaned != pixels).reshape(60, 60, -1).any(axis=-1)
    assert NEIGHBOUR.sum() <= replaced < 4 * NEIGHBOUR.sum()
    assert changed.sum() <= replaced
    assert not (changed & ~ndimage.binary_dilation(NEIGHBOUR, np.ones((3, 3)), 5)).any()
    patch = cleaned[NEIGHBOUR].reshape(NEIGHBOUR.sum(), -1)
    assert np.abs(patch[:, 0].astype(int) - 170).max() <= (10 if framed else 2)


def test_nothing_to_remove_gives_the_very_same_array():
    pixels = scene(ORGANISM)
    assert clean(pixels, ORGANISM)[0] is pixels
    assert clean(pixels, ORGANISM)[1] == 0
    bare = scene(np.zeros_like(ORGANISM))
    assert clean(bare, np.zeros_like(ORGANISM)) == (bare, 0)


def test_without_a_mask_no_neighbour_is_known():
    pixels = scene(BESIDE | NEIGHBOUR)
    assert clean(pixels, np.zeros_like(BESIDE))[0] is pixels


def test_fringe_and_appendages_stay():
    y, x = np.mgrid[-30:30, -30:30]
    distance = np.hypot(x, y)
    rings = 60 * np.cos((distance - 10) * 1.2) * np.exp(-(distance - 10) / 8) * (distance > 10)
    seta = (np.abs(y) < 1) & (x > 8)
    pixels = np.where(distance <= 10, 60, np.where(seta, 145, 170 + rings)).astype(np.uint8)
    mask = distance <= 10
    cleaned, replaced = clean(pixels, mask)
    assert replaced == 0 and cleaned is pixels
    with_neighbour = pixels.copy()
    with_neighbour[2:8, 2:8] = 60
    cleaned, replaced = clean(with_neighbour, mask)
    assert replaced >= 36
    assert (cleaned[12:] == pixels[12:]).all()


def bare_scene() -> tuple[np.ndarray, np.ndarray]:
    """A disc without blur and noise, and its mask."""
    mask = np.pad(ellipse(10, 10), 17)
    return np.where(mask, 60, 170).astype(np.uint8), mask


def test_what_a_faint_thread_ties_to_the_organism_stays():
    pixels, mask = bare_scene()
    middle = pixels.shape[0] // 2
    pixels[middle - 4 : middle + 4, 2:6] = 60
    tied = pixels.copy()
    tied[middle, 6:20] = 161  # nine levels: by itself no more than noise
    assert clean(tied, mask)[0] is tied
    assert clean(pixels, mask)[1] >= 32


def test_a_bright_ring_around_a_dark_one_stays():
    pixels, mask = bare_scene()
    y, x = np.indices(mask.shape) - mask.shape[0] // 2
    distance = np.hypot(x, y)
    for radius, level in ((16, 130), (19, 210)):  # parted by what is as grey as the background
        pixels[np.abs(distance - radius) < 0.8] = level
    assert clean(pixels, mask)[0] is pixels


def test_a_neighbour_beside_an_appendage_does_not_shorten_it():
    pixels, mask = bare_scene()
    middle = pixels.shape[0] // 2
    pixels[middle, middle + 9 : middle + 19] = 100
    pixels[middle - 3 : middle + 4, middle + 22 : middle + 26] = 60  # three pixels off its tip
    cleaned, replaced = clean(pixels, mask)
    assert replaced >= 28 and (cleaned[:, middle + 22 :] == 170).all()
    pixels[middle, middle + 19] = 169  # the last of it is as good as background
    cleaned, _ = clean(pixels, mask)
    assert (cleaned[:, : middle + 20] == pixels[:, : middle + 20]).all()


def test_what_lies_in_the_middle_stays_though_the_mask_is_wrong():
    pixels = scene(BESIDE | NEIGHBOUR)
    cleaned, _ = clean(pixels, NEIGHBOUR)
    assert (cleaned[BESIDE] == pixels[BESIDE]).all()


def test_gutters_become_background():
    mask = np.pad(ORGANISM, ((2, 0), (0, 2)))
    pixels = np.pad(scene(ORGANISM), ((2, 0), (0, 2)))
    cleaned, replaced = clean(pixels, mask)
    assert replaced == mask.size - ORGANISM.size
    assert (cleaned[2:, :-2] == pixels[2:, :-2]).all()
    assert np.abs(cleaned[:2].astype(int) - 170).max() <= 2
    assert clean(pixels, np.zeros_like(mask))[1] == replaced
    empty = np.pad(scene(np.zeros_like(ORGANISM), seed=2), ((2, 0), (0, 2)), constant_values=170)
    assert np.abs(clean(pixels, mask, empty)[0][:2].astype(int) - 170).max() <= 10


def test_black_edges_of_dark_fields_and_wide_ones_are_no_gutters():
    dark = np.pad(scene(ORGANISM, empty=10, level=150), 2)
    assert clean(dark, np.pad(ORGANISM, 2))[0] is dark
    white = np.pad(np.full((30, 40), 200, np.uint8), 10)
    assert clean(white, white > 0)[0] is white


def test_a_black_organism_along_the_edge_stays():
    for rows in (3, 12):  # narrow enough for a gutter, and not
        mask = np.zeros((40, 40), bool)
        mask[:rows] = True
        pixels = np.where(mask, 0, 170).astype(np.uint8)
        assert clean(pixels, mask)[0] is pixels


def test_real_crops_lose_neighbours_and_never_a_pixel_of_their_mask(repository: Path):
    changed = {"bin": 0, "crop": 0}
    for crop in example_crops(repository):
        masks = {"bin": crop.mask, "crop": crop_mask(crop.pixels, crop.background)}
        for source, mask in masks.items():
            cleaned, replaced = clean(crop.pixels, mask, crop.background)
            differs = (cleaned != crop.pixels).any(axis=-1)
            assert differs.sum() <= replaced
            assert (cleaned is crop.pixels) == (replaced == 0)
            assert not (differs & ndimage.binary_dilation(mask, iterations=3)).any()
            changed[source] += replaced > 0
    assert 20 <= changed["bin"] <= 100
    assert 100 <= changed["crop"] <= 300


def test_an_ellipse_with_a_hole_keeps_what_is_in_it():
    ring = np.pad(ellipse(14, 14), 8) & ~np.pad(ellipse(9, 9), 13)
    dot = np.zeros_like(ring)
    middle = ring.shape[0] // 2
    dot[middle - 2 : middle + 3, middle - 2 : middle + 3] = True
    pixels = scene(ring | dot)
    assert clean(pixels, ring)[0] is pixels
