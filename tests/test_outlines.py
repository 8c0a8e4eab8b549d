"""Outlines of FlowCam: lengths and areas of real ones, and shapes drawn by hand."""

from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from flowcam_reading import organisms
from seston.instruments.flowcam.lst import read_list
from seston.instruments.flowcam.outlines import Outline, enclosed, length, read_outlines
from synthetic.flowcam_particles import Particle, outlines_of

CULTURE = Path(__file__).parents[1] / "example" / "culture"
GOLDEN = "1,44,757,612,65655567887887781878818113345444343442322335"


def drawn(*lines):
    return np.array([[cell == "#" for cell in line] for line in lines])


def test_a_particle_of_the_tank(tmp_path):
    path = tmp_path / "run.edg"
    path.write_text(GOLDEN + "\r\n", newline="")
    ((outline,),) = read_outlines(path).of.values()
    assert length(outline) == pytest.approx(53.1127, abs=1e-4)  # 22 straight, 22 diagonal steps
    mask = enclosed([outline], 745, 607, (28, 24))
    assert mask.shape == (28, 24)
    assert np.count_nonzero(mask) == 92


def require_exact(path):
    """Compare filled areas and lengths with the list's; return how many particles there are."""
    outlines = read_outlines(path)
    assert outlines.unreadable == []
    rows = list(read_list(path.with_suffix(".lst")).rows)
    for row in rows:
        lines = outlines.of[int(row.text("id"))]
        x, y, w, h = (int(row.text(name)) for name in ("src_x", "src_y", "image_w", "image_h"))
        assert np.count_nonzero(enclosed(lines, x, y, (h, w))) == row.number("raw_filled_area")
        assert sum(map(length, lines)) == pytest.approx(
            row.number("raw_perimeter"), rel=1e-5, abs=1e-4
        )
    assert len(outlines.of) == len(rows)
    return len(rows)


def test_all_of_the_tank(shared):
    (path,) = (shared / "flowcam-tank").glob("*/*.edg")
    assert require_exact(path) == 8976


@pytest.mark.parametrize("path", sorted(CULTURE.glob("*/*.edg")), ids=lambda path: path.stem[:30])
def test_all_of_the_culture_which_has_binary_images_too(path):
    assert require_exact(path) == 1000
    outlines = read_outlines(path)
    for roi in organisms(path.parent):
        corner = int(roi.recorded["src_x"]), int(roi.recorded["src_y"])
        outlined = enclosed(outlines.of[int(roi.roi)], *corner, roi.mask.shape)
        assert np.array_equal(outlined, ndimage.binary_fill_holes(roi.mask))


def test_the_boundary_belongs_to_it_and_holes_are_filled():
    ring = Outline(11, 21, "11775533")
    assert np.array_equal(
        enclosed([ring], 10, 20, (5, 5)),
        drawn(".....", ".###.", ".###.", ".###.", "....."),
    )
    diamond = Outline(12, 20, "8642")
    assert np.array_equal(enclosed([diamond], 10, 20, (3, 5)), drawn("..#..", ".###.", "..#.."))


def test_random_masks_through_their_outlines():
    """Spurs, necks of one pixel, diagonal touches, parts in holes: all but the holes come back."""
    random = np.random.default_rng(1)
    for share in random.uniform(0.1, 0.9, 300):
        mask = np.pad(random.random((12, 15)) < share, 1)
        particle = Particle(np.zeros(mask.shape, np.uint8), mask, 100, 50)
        outlines = [Outline(*outline) for outline in outlines_of(particle)]
        filled = ndimage.binary_fill_holes(mask)
        assert np.array_equal(enclosed(outlines, 100, 50, mask.shape), filled)


def test_parts_lines_and_single_pixels():
    line, point = Outline(10, 20, "1155"), Outline(14, 22, "")
    assert np.array_equal(enclosed([line, point], 10, 20, (3, 5)), drawn("###..", ".....", "....#"))


@pytest.mark.parametrize(
    "outline",
    [
        Outline(10, 20, "11"),  # does not close
        Outline(10, 20, "55511177733311"),  # leaves the box to the left
        Outline(14, 22, "8642"),  # to the right and below
        Outline(9, 20, "15"),  # starts outside
        Outline(10**30, 20, "15"),
        Outline(10, 20, "19"),
        Outline(10, 20, "10"),
        Outline(10, 20, "1é"),
    ],
)
def test_an_outline_that_does_not_fit_gives_no_mask(outline):
    fitting = Outline(10, 20, "15")
    assert enclosed([fitting], 10, 20, (3, 5)) is not None
    assert enclosed([fitting, outline], 10, 20, (3, 5)) is None
    assert enclosed([], 10, 20, (3, 5)) is None


def test_lines_that_cannot_be_read_are_counted(tmp_path):
    path = tmp_path / "run.edg"
    path.write_text(
        "7,2,1,1,15\n\n7,2,3,1,15\nseven,2,1,1,15\n8,3,1,1,15\n8,2,1,1,15\n8,2,1,1\n9,0,4,4,\n"
    )
    outlines = read_outlines(path)
    assert outlines.of == {
        7: [Outline(1, 1, "15"), Outline(3, 1, "15")], 8: [], 9: [Outline(4, 4, "")]
    }  # fmt: skip
    assert outlines.unreadable == [4, 5, 7]
