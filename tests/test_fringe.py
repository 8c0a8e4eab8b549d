"""VisualSpreadsheet's sizes, from raw values by the formulae and as real lists print them."""

from pathlib import Path

import numpy as np
import pytest

from seston.instruments.flowcam.fringe import FIELD_OF, corrected, sizes_of
from seston.instruments.flowcam.lst import read_list

EXAMPLE = Path(__file__).parents[1] / "example"
NAMES = (
    "cal_const", "fringe_size", "raw_area", "raw_filled_area", "raw_feret_mean", "raw_feret_max",
    "raw_feret_min", "raw_perimeter", "raw_convex_perimeter",
)  # fmt: skip


def raw(*values):
    return {name: np.array([value], float) for name, value in zip(NAMES, values, strict=True)}


def test_a_large_and_a_small_particle():
    large = corrected(raw(1.813, 4.5, 244, 323, 21.25, 24, 18, 67.1127, 63.9022))
    expected = {
        "length": 35.3535, "width": 24.4755, "esd_diameter": 30.3677, "abd_diameter": 23.7972,
        "abd_area": 444.7747, "fd_diameter": 28.6082, "filled_area": 642.7907,
        "perimeter": 121.6753, "convex_perimeter": 107.6962,
    }  # fmt: skip
    assert {name: pytest.approx(size[0], abs=1e-4) for name, size in large.items()} == expected
    small = corrected(raw(1.813, 4.5, 22, 22, 5.8889, 8, 4, 15.8995, 15.5432))
    assert small["length"][0] == pytest.approx(7.2520, abs=1e-4)  # half of 8 px, not 8 - 4.5
    assert small["width"][0] == pytest.approx(3.6260, abs=1e-4)
    assert small["esd_diameter"][0] == pytest.approx(5.3383, abs=1e-4)
    assert small["abd_diameter"][0] == pytest.approx(4.7977, abs=1e-4)


def test_a_particle_is_never_thinner_than_a_pixel():
    sizes = corrected(raw(1.813, 4.5, 6, 6, 4.2222, 6, 1, 10, 10))
    assert sizes["width"][0] == 1.813


def test_what_is_unknown_stays_unknown():
    sizes = corrected(raw(1.813, np.nan, 244, 323, 21.25, 24, 18, 67.1127, 63.9022))
    known = {name for name, size in sizes.items() if not np.isnan(size[0])}
    assert known == {"perimeter"}


def every_list_agrees(folder, particles):
    rows = [row for path in sorted(folder.glob("*/*.lst")) for row in read_list(path).rows]
    sizes = sizes_of(rows)
    assert (len(rows), sizes.computed, sizes.different) == (particles, 0, 0)
    # and the same without the package's comparison and its tolerance
    values = {name: np.array([float(row.text(name)) for row in rows]) for name in NAMES}
    follows = corrected(values)
    for column, field in FIELD_OF.items():
        printed = np.array([float(row.text(field)) for row in rows])
        assert np.abs(printed - follows[field]).max() <= 1e-3
        assert [each[column] for each in sizes.columns] == printed.tolist()


@pytest.mark.parametrize(("name", "particles"), [("culture", 3000), ("ocean", 506)])
def test_all_printed_sizes_of_the_example(name, particles):
    every_list_agrees(EXAMPLE / name, particles)


def test_all_printed_sizes_of_the_tank(shared):
    every_list_agrees(shared / "flowcam-tank", 8976 + 475)
