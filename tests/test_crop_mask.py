"""Masks of single crops: drawn organisms, and FlowCam crops whose masks are known."""

from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from drawn import ORGANISM, Mask, ellipse, scene
from flowcam_crops import Crop, example_crops
from seston.imaging.crop_mask import crop_mask


def overlap(one: Mask, other: Mask) -> float:
    """Intersection over union."""
    return float((one & other).sum() / max(1, (one | other).sum()))


@pytest.mark.parametrize("empty, level", [(170, 90), (200, 150), (8, 120), (0, 60)])
@pytest.mark.parametrize("colour", [False, True])
def test_dark_on_light_and_light_on_dark(empty: int, level: int, colour: bool):
    pixels = scene(ORGANISM, empty, level)
    if colour:
        pixels = np.stack([pixels, (pixels * 0.8).astype(np.uint8), pixels], axis=-1)
    found = crop_mask(pixels)
    assert found.dtype == bool and found.shape == ORGANISM.shape
    assert overlap(found, ORGANISM) > 0.85


def test_an_empty_crop_has_no_organism():
    for seed in range(50):
        for noise in (0, 1, 4, 9):
            assert not crop_mask(scene(np.zeros((47, 46), bool), noise=noise, seed=seed)).any()
    for level in (0, 128, 255):
        assert not crop_mask(np.full((30, 30, 3), level, np.uint8)).any()


def test_uneven_light_needs_the_empty_frame():
    shade = np.linspace(-40, 40, ORGANISM.shape[1])
    frame = (scene(np.zeros_like(ORGANISM)) + shade).astype(np.uint8)
    pixels = (scene(ORGANISM, level=130, seed=1) + shade - 13).astype(np.uint8)  # a darker lamp
    assert overlap(crop_mask(pixels, frame), ORGANISM) > 0.85
    assert overlap(crop_mask(pixels), ORGANISM) < 0.6


def test_holes_belong_to_the_organism():
    ring = ORGANISM & ~np.pad(ellipse(8, 4, 0.5), (ORGANISM.shape[0] - 23) // 2)
    assert overlap(crop_mask(scene(ring)), ORGANISM) > 0.85


def test_neighbours_are_left_out_and_fragments_kept():
    organism = np.zeros((60, 60), bool)
    organism[20:40, 22:30] = True
    organism[25:33, 33:37] = True  # a fragment, three pixels away
    whole = organism.copy()
    whole[5:11, 5:11] = True  # far away
    whole[10:50, 55:] = True  # larger, but cut by the edge
    assert overlap(crop_mask(scene(whole)), organism) > 0.85
    whole[44:, 20:40] = True  # near, but cut by the edge while the organism is not
    found = crop_mask(scene(whole))
    assert overlap(found, organism) > 0.85 and not found[43:].any()


def test_an_organism_cut_by_the_edge_is_found_if_it_is_alone_or_in_the_middle():
    alone = np.zeros((50, 50), bool)
    alone[:20, 5:18] = True
    assert overlap(crop_mask(scene(alone)), alone) > 0.85
    across = np.zeros((50, 50), bool)
    across[20:30, :] = True
    both = across.copy()
    both[40:46, 20:30] = True
    assert overlap(crop_mask(scene(both)), across) > 0.85


def test_gutters_are_not_the_background():
    framed = np.pad(scene(ORGANISM), ((2, 2), (0, 2)))
    expected = np.pad(ORGANISM, ((2, 2), (0, 2)))
    assert overlap(crop_mask(framed), expected) > 0.85


@pytest.mark.parametrize("shape", [(3, 3), (1, 1), (1, 30), (3, 200), (4, 4, 3)])
def test_the_smallest_crops(shape: tuple[int, ...]):
    assert crop_mask(np.full(shape, 100, np.uint8)).shape == shape[:2]


@pytest.fixture(scope="module")
def crops(repository: Path) -> list[Crop]:
    return example_crops(repository)


def agreement(crops: list[Crop], framed: bool) -> tuple[list[float], list[float], int]:
    """Overlaps and ratios of area with the filled masks, and how often the organism is missed."""
    overlaps, ratios, missed = [], [], 0
    for crop in crops:
        expected = ndimage.binary_fill_holes(crop.mask)
        found = crop_mask(crop.pixels, crop.background if framed else None)
        overlaps.append(overlap(found, expected))
        ratios.append(found.sum() / expected.sum())
        missed += not (found & expected).any()
    return overlaps, ratios, missed


def test_ocean_crops_against_the_instruments_own_masks(crops: list[Crop]):
    ocean = [crop for crop in crops if crop.background is None]
    assert len(ocean) == 506
    overlaps, ratios, missed = agreement(ocean, framed=False)
    assert np.median(overlaps) > 0.88
    assert 0.9 < np.median(ratios) < 1.1
    assert missed <= 3


@pytest.mark.parametrize("framed", [False, True])
def test_culture_crops_against_the_instruments_own_masks(crops: list[Crop], framed: bool):
    culture = [crop for crop in crops if crop.background is not None]
    assert len(culture) == 3000
    # Half of these particles have less than 35 pixels on a grainy background.
    large = [crop for crop in culture if crop.mask.sum() > 60]
    overlaps, ratios, missed = agreement(large, framed)
    assert np.median(overlaps) > 0.82
    assert 0.9 < np.median(ratios) < 1.1
    assert missed < 0.03 * len(large)
    overlaps, ratios, missed = agreement(culture, framed)
    assert np.median(overlaps) > 0.55
    assert 0.9 < np.median(ratios) < 1.15
    assert missed < 0.04 * len(culture)
