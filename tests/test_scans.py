"""Raw frames of a real instrument: two flatbed scans, and the tables that came with them."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from seston.instruments import frames
from seston.instruments.contract import Reading, Roi

SCANS = {
    "ScanCol24.2000-05-05.p72+A": "BIO.2000-05-05.p72",
    "ScanCol24.2000-05-08.p123+A": "BIO.2000-05-08.p123",
}
PIXEL_UM = 42.33  # of the scans, by their .zim files


@pytest.mark.parametrize("scan", SCANS)
def test_real_scans_beside_the_boxes_of_their_tables(shared, repository, scan):
    """The tables come from the same scans; they hold what has an ESD of 0.75 mm or more.

    Where the boxes differ, the table has drawn neighbours together, or an antenna is
    thinner than half of what the scanner's blur leaves of it: look at the picture.
    """
    file = shared / "scanner-zooimage" / "ScanCol24-example" / f"{scan}.jpg"
    found = list(frames.read(file, Reading(pixel_um=PIXEL_UM))[1])
    rois = [item for item in found if isinstance(item, Roi)]
    assert rois == found  # no frame is rejected, nothing is odd
    table = _zim_boxes(shared / "scanner-zooimage" / SCANS[scan])
    ours = np.array([_tight_box(roi) for roi in rois])
    _save_side_by_side(file, rois, table, repository / "tests" / "artifacts" / f"{scan}.png")
    areas = np.array([roi.mask.sum() for roi in rois]) * (PIXEL_UM / 1000) ** 2  # mm²
    large = 2 * np.sqrt(areas / np.pi) >= 0.75
    assert large.sum() == pytest.approx(len(table), rel=0.15)
    met = _overlaps(table[:, :4], ours).max(axis=1) >= 0.5
    print(
        f"{met.sum()} of {len(table)} boxes of the table met, {large.sum()} organisms of its sizes"
    )
    assert met.mean() >= 0.9
    assert areas[large].sum() == pytest.approx(table[:, 4].sum(), rel=0.15)


def _zim_boxes(folder: Path) -> np.ndarray:
    """Left, top, right, bottom in pixels, and area in mm²."""
    (file,) = folder.glob("*_dat1.zim")
    lines = file.read_text("latin-1").split("[Data]\n")[1].splitlines()
    names = lines[0].split("\t")
    rows = [dict(zip(names, line.split("\t"), strict=False)) for line in lines[1:] if line]
    values = np.array(
        [[float(row[key]) for key in ("BX", "BY", "Width", "Height", "Area")] for row in rows]
    )
    values[:, :4] /= PIXEL_UM / 1000
    values[:, 2:4] += values[:, :2]
    return values


def _rows(roi: Roi) -> np.ndarray:
    return np.flatnonzero(roi.mask.any(axis=1))


def _tight_box(roi: Roi) -> list[int]:
    columns = np.flatnonzero(roi.mask.any(axis=0))
    left, top = roi.x + columns[0], roi.y + _rows(roi)[0]
    return [left, top, roi.x + columns[-1] + 1, roi.y + _rows(roi)[-1] + 1]


def _overlaps(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Intersection over union of each box with each, (len(one), len(other))."""
    low = np.maximum(one[:, None, :2], other[None, :, :2])
    high = np.minimum(one[:, None, 2:], other[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=2)
    area = [(boxes[:, 2:] - boxes[:, :2]).prod(axis=1) for boxes in (one, other)]
    return shared / (area[0][:, None] + area[1][None] - shared)


def _save_side_by_side(file: Path, rois: list[Roi], table: np.ndarray, target: Path) -> None:
    """Left: boxes and outlines found here; right: the boxes of the table."""
    ours = np.array(Image.open(file).convert("RGB"))
    theirs = ours.copy()
    for roi in rois:
        outlines, _ = cv2.findContours(
            roi.mask.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE
        )
        cv2.drawContours(ours, outlines, -1, (0, 0, 255), 1, offset=(roi.x, roi.y))
        left, top, right, bottom = _tight_box(roi)
        cv2.rectangle(ours, (left - 4, top - 4), (right + 3, bottom + 3), (0, 130, 0), 2)
    for left, top, right, bottom in table[:, :4].round().astype(int).tolist():
        cv2.rectangle(theirs, (left - 4, top - 4), (right + 3, bottom + 3), (230, 120, 0), 2)
    target.parent.mkdir(exist_ok=True)
    (target.parent / ".gitignore").write_text("*\n")  # the scans may not be shared on
    Image.fromarray(np.hstack([ours, theirs])).save(target)
