"""All measurements of an organism: their names, units, what is unknown, and grey levels."""

import math
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from drawn import ellipse, rod
from flowcam_crops import example_crops
from seston import schemas
from seston.measure import Organism, measure
from seston.measure.grey import focus_of, luma
from synthetic.images import picture

CARBON = {"carbon_pg", "carbon_if_diatom_pg", "diatom"}


def organism() -> tuple[np.ndarray, np.ndarray]:
    mask = np.pad(ellipse(12, 7, 0.4), 3)
    return picture(*mask.shape), mask


def measured(pixels, mask, pixel_um, at_border=False):
    (found,) = measure([Organism(pixels, mask, pixel_um, at_border)])
    return found


def in_um(name: str) -> bool:
    return name.endswith(("_um", "_um2", "_um3")) or name in CARBON


def test_every_column_is_there_and_fits_its_type():
    pixels, mask = organism()
    found = measured(pixels, mask, 0.5, at_border=True)
    assert list(found) == schemas.MEASUREMENTS.names
    assert None not in found.values()
    assert found["at_border"] is True
    assert found["diatom"] == "unknown"
    table = schemas.pa.Table.from_pylist([found], schema=schemas.MEASUREMENTS)
    assert table.to_pylist() == [found]


@pytest.mark.parametrize("nothing", [None, np.zeros((35, 35), bool)], ids=["none", "empty"])
def test_without_a_mask_only_the_crop_is_known(nothing: np.ndarray | None):
    pixels = picture(35, 35)
    found = measured(pixels, nothing, 1.0)
    assert list(found) == schemas.MEASUREMENTS.names
    assert found.pop("focus") == focus_of(luma(pixels)) > 0
    assert found.pop("at_border") is False
    assert set(found.values()) == {None}


def test_without_a_pixel_size_nothing_is_in_micrometres():
    found = measured(*organism(), None)
    assert {name for name, value in found.items() if value is None} == set(filter(in_um, found))


def test_micrometres_are_pixels_times_their_size():
    one, half = (measured(*organism(), pixel_um) for pixel_um in (1.0, 0.5))
    for name in filter(in_um, set(one) - CARBON):
        power = {"2": 2, "3": 3}.get(name[-1], 1)
        assert half[name] == pytest.approx(one[name] * 0.5**power), name
        pixels = one.get(name.removesuffix("2").replace("_um", "_px"))
        assert pixels is None or one[name] == pixels, name
    assert one["volume_sphere_um3"] == pytest.approx(math.pi / 6 * one["esd_px"] ** 3)
    spheroid = math.pi / 6 * one["major_px"] * one["minor_px"] ** 2
    assert one["volume_spheroid_um3"] == pytest.approx(spheroid)
    assert one["carbon_pg"] == pytest.approx(10**-0.665 * one["biovolume_um3"] ** 0.939)
    assert one["biovolume_um3"] < 3000
    assert one["carbon_if_diatom_pg"] == pytest.approx(10**-0.541 * one["biovolume_um3"] ** 0.811)


def test_an_organism_of_two_parts_is_one():
    one = np.pad(rod(20, 6, 0.0), 4)
    both = np.vstack((one, one))
    pixels = np.zeros(both.shape, np.uint8)
    single = measured(pixels[: len(one)], one, 1.0)
    double = measured(pixels, both, 1.0)
    assert (single["parts"], double["parts"]) == (1, 2)
    for name in ("area_px", "perimeter_px", "biovolume_um3"):
        assert double[name] == pytest.approx(2 * single[name]), name
    assert double["feret_max_px"] == pytest.approx(math.hypot(len(one) + 7, 21), abs=1)


def test_grey_levels_of_the_mask():
    pixels, mask = organism()
    found = measured(pixels, mask, None)
    levels = (pixels @ [0.299, 0.587, 0.114])[mask]
    assert found["mean_grey"] == pytest.approx(levels.mean(), rel=1e-6)
    assert found["sd_grey"] == pytest.approx(levels.std(), rel=1e-5)
    grey = measured(pixels[..., 0], mask, None)
    assert grey["mean_grey"] == pytest.approx(pixels[..., 0][mask].mean())


def test_real_masks_give_finite_numbers(repository: Path):
    crops = example_crops(repository)
    for crop in crops:
        found = measured(crop.pixels, crop.mask, 0.5)
        assert found["area_px"] == float(crop.row["raw_area"])
        numbers = [value for name, value in found.items() if name != "diatom"]
        assert all(value is not None and math.isfinite(value) for value in numbers)
        assert found["feret_min_px"] <= found["feret_max_px"]
        assert 0 < found["solidity"] <= 1
    assert len(crops) == 3506


@pytest.mark.parametrize("mask", [np.eye(5), np.eye(5)[:1], np.ones((5, 5)), np.eye(5)[:, 2:3]])
def test_points_and_lines_and_full_crops_give_finite_numbers(mask: np.ndarray):
    whole = np.zeros((5, 5), bool)
    whole[: mask.shape[0], : mask.shape[1]] = mask
    found = measured(np.zeros((5, 5), np.uint8), whole, 1.0)
    assert all(math.isfinite(value) for name, value in found.items() if name != "diatom")
    assert found["biovolume_um3"] > 0


def test_focus_by_hand():
    pixels = np.zeros((4, 4), np.uint8)
    pixels[1, 1] = 10
    # Laplacian where all four neighbours exist: -40 at the point, 10, 10 beside it, 0 across
    assert focus_of(luma(pixels)) == pytest.approx(np.var([-40, 10, 10, 0]))


def test_focus_of_colour_is_that_of_its_luma():
    pixels = picture()
    grey = 0.299 * pixels[..., 0] + 0.587 * pixels[..., 1] + 0.114 * pixels[..., 2]
    inner = grey[1:-1, 1:-1]
    laplacian = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - 4 * inner
    assert focus_of(luma(pixels)) == pytest.approx(laplacian.var(), rel=1e-5)


def test_focus_falls_with_blur_and_is_zero_on_a_ramp():
    sharp = picture(60, 60)
    soft = gaussian_filter(sharp, (2, 2, 0))
    assert focus_of(luma(sharp)) > 20 * focus_of(luma(soft))
    ramp = np.tile(np.arange(0, 200, 10, dtype=np.uint8), (20, 1))
    assert focus_of(luma(ramp)) == 0


def test_focus_needs_three_by_three_pixels():
    with pytest.raises(ValueError, match="2 x 9 px"):
        focus_of(luma(np.zeros((9, 2), np.uint8)))


def test_the_docs_name_every_measurement(repository: Path):
    lines = (repository / "docs" / "measurements.md").read_text("utf-8").splitlines()
    rows = [line.split("|") for line in lines if line.startswith("| `")]
    named = [row[1].strip().strip("`") for row in rows]
    expected = [*schemas.MEASUREMENTS, *schemas.FRINGE_CORRECTED]
    assert named == [field.name for field in expected]
    for row, field in zip(rows, expected, strict=True):
        unit = row[2].strip()
        suffix = field.name.rsplit("_", 1)[-1]
        units = {"um": "µm", "um2": "µm²", "um3": "µm³", "px": "px", "pg": "pg C"}
        assert unit == units.get(suffix, unit) or field.name == "area_px", field.name
