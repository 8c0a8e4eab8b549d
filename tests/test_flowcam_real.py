"""Real FlowCam runs: every crop, mask and value equals what the run's own files say."""

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from flowcam_reading import organisms, read
from seston.instruments import flowcam

CULTURE = Path(__file__).parents[1] / "example" / "culture"
OCEAN = Path(__file__).parents[1] / "example" / "ocean"


def list_as_table(path):
    """The list, read without the project's code: by position of the names in its head."""
    with path.open(newline="", encoding="latin-1") as file:
        lines = list(csv.reader(file, delimiter="|"))
    count = int(lines[1][1])
    names = [line[0] for line in lines[2 : 2 + count]]
    return [dict(zip(names, line, strict=True)) for line in lines[2 + count :]]


def require_pixel_exact(folder, found):
    """Compare every crop with the collage, cut by the list that was read in another way."""
    (path,) = folder.glob("*.lst")
    rows = list_as_table(path)
    collages = {}
    for row, roi in zip(rows, found, strict=True):
        file = row["collage_file"]
        if file not in collages:
            collages[file] = Image.open(folder / file)
        x, y, w, h = (int(row[f"image_{key}"]) for key in "xywh")
        expected = np.asarray(collages[file].crop((x, y, x + w, y + h)))
        assert int(roi.roi) == int(row["id"])
        assert (roi.frame, roi.x, roi.y) == (file, x, y)
        # Of a grey camera's colour collage one channel is kept: it must equal all three.
        assert np.array_equal(
            *np.broadcast_arrays(np.atleast_3d(roi.pixels), np.atleast_3d(expected))
        )
        assert roi.pixels.ndim == 3 or expected.ndim == 2 or (np.ptp(expected, axis=2) == 0).all()
        assert list(roi.recorded)[: len(row)] == list(row)
        assert roi.recorded["raw_area"] == float(row["raw_area"])
        assert roi.timestamp.isoformat(timespec="milliseconds") == row["timestamp"]
    return rows


@pytest.mark.parametrize("name", sorted(path.name for path in CULTURE.iterdir() if path.is_dir()))
def test_crops_masks_and_volume_of_the_culture(name):
    folder = CULTURE / name
    effort, found, flags = read(folder)
    rows = require_pixel_exact(folder, found)
    assert effort.listed == len(found) == 1000
    assert [np.count_nonzero(roi.mask) for roi in found] == [float(row["raw_area"]) for row in rows]
    summary = (folder / f"{name}_run_summary.txt").read_text()
    (printed,) = (line for line in summary.splitlines() if "Fluid Volume Imaged" in line)
    (images,) = (line for line in summary.splitlines() if "Total:" in line)
    assert effort.volume_ml == pytest.approx(float(printed.split()[-2]), abs=0.00005)
    assert (effort.volume_source, effort.run_mode) == ("ctx", "AutoImage")
    assert (effort.pixel_um, effort.dilution, effort.magnification) == (0.5544, 1, "10X")
    assert effort.frames == int(images.split()[-1])
    assert list(flags) == ["clock_mismatch"]
    assert "time zones" in flags["clock_mismatch"]


def test_labels_of_the_culture_are_those_of_its_classification():
    (folder,) = (path for path in CULTURE.iterdir() if "NITRATE" in path.name)
    tokens = (folder / f"{folder.name}.cla").read_text().split("\n")
    first = tokens.index("266")  # particles of the first class, Junk; one is in the second
    junk = {f"{int(text):06d}" for text in tokens[first + 1 : first + 267]}
    labels = {roi.roi: roi.label for roi in organisms(folder)}
    assert {roi for roi, label in labels.items() if label == "Junk"} == junk
    assert {roi for roi, label in labels.items() if label == "protist"} == {"000999"}


def test_masks_of_comics_have_the_area_of_the_list():
    (folder,) = (path for path in OCEAN.iterdir() if path.is_dir())
    effort, found, flags = read(folder)
    rows = require_pixel_exact(folder, found)
    assert effort.listed == len(found) == 506
    assert [np.count_nonzero(roi.mask) for roi in found] == [float(row["raw_area"]) for row in rows]
    first, second = found[:2]
    assert (first.x, first.y, *first.pixels.shape) == (0, 0, 63, 59, 3)
    assert np.count_nonzero(first.mask) == 244
    assert first.columns == {
        "vs_esd_um": 30.3677, "vs_abd_um": 23.7972, "vs_fd_um": 28.6082, "vs_length_um": 35.3535,
        "vs_width_um": 24.4755, "vs_area_um2": 444.7747, "vs_filled_area_um2": 642.7907,
        "vs_perimeter_um": 121.6753, "vs_convex_perimeter_um": 107.6962,
    }  # fmt: skip
    assert np.count_nonzero(second.mask) == 22
    assert (second.columns["vs_esd_um"], second.columns["vs_abd_um"]) == (5.3383, 4.7977)
    assert effort.pixel_um == first.pixel_um == 1.813
    assert (effort.volume_ml, effort.frames, flags) == (None, None, {})


def test_an_edited_run_with_outlines(shared):
    folder = shared / "flowcam-tank" / "19_10_Tank25_blanksremoved"
    effort, found, flags = read(folder)
    rows = require_pixel_exact(folder, found)
    assert effort.listed == len(found) == 8976
    filled = [float(row["raw_filled_area"]) for row in rows]
    assert [np.count_nonzero(roi.mask) for roi in found] == filled
    assert {(roi.mask_source, roi.notes, roi.label) for roi in found} == {("outline", (), None)}
    first = found[0]
    assert (first.x, first.y, *first.pixels.shape[:2]) == (2, 2, 28, 24)
    assert (first.columns["vs_esd_um"], first.columns["vs_abd_um"]) == (105.0902, 58.4881)
    assert effort.volume_ml == pytest.approx(289.6065, abs=0.00005)
    assert (effort.magnification, effort.frames, effort.dilution) == ("12X", 801, None)
    assert set(flags) == {"edited_run", "classes_of_another_list"}
    assert "10381" in flags["edited_run"]
    assert "8976" in flags["edited_run"]
    assert "211 of 1677" in flags["classes_of_another_list"]


def test_a_list_called_metadata(shared):
    (folder,) = (shared / "flowcam-tank").glob("MicrobialMethane*")
    effort, found, flags = read(folder)
    require_pixel_exact(folder, found)
    assert effort.listed == len(found) == 475
    assert {(roi.mask_source, roi.background is None) for roi in found} == {(None, True)}
    assert flowcam.date(folder) is not None
    assert (effort.volume_ml, flags) == (None, {})
