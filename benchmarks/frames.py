"""Raw frames to measured organisms beside two common ways, from the same files in the same run.

    python benchmarks/frames.py [--frames 24] [--organisms 90] [--repeats 3] [--format png]

Frames of 2000 x 1500 px, grey, with organisms of known shape (`tests/synthetic/frames.py`).
Each way goes from the files to organisms that are measured and encoded:

* seston: what stage `segment` does for a frame: decode, running median, detection, measurements,
  cleaning, crop as PNG at native resolution.
* scikit-image idiom: Otsu, closing, label, `regionprops_table` with 13 properties, crop resized
  to 64 x 64. Nothing is encoded and light is not evened out, which is in its favour: so the light
  of these frames is even.
* PlanktoScope chain: the operations of its segmenter, re-typed: flat field as the median of ten
  frames (once a run), division, rescaling, triangle, erosion, dilation, closing, erosion, label,
  properties and colour statistics per object, crop as JPEG. Its pictures of every step are left
  out, which is in its favour.
* decoding alone: what no way can go below.

CPU-seconds on one thread, the median of the repeats; numbers of organisms are printed, since a way
that finds less does less.
"""
# ruff: noqa: E402 - threads are limited before the libraries are loaded

import argparse
import io
import statistics
import sys
import time
from collections.abc import Callable
from datetime import datetime
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path[:0] = [str(Path(__file__).parents[1] / folder) for folder in ("workflow", "tests")]
from seston.threads import limit_threads

limit_threads(1)

import cv2
import numpy as np
from PIL import Image
from skimage import exposure, filters, measure, morphology, transform

from seston.imaging.settings import FrameSettings
from seston.instruments import frames
from seston.instruments.contract import Reading, Roi
from seston.instruments.pixels import read_image
from seston.organisms import crop_rows
from seston.sheet import Sample
from synthetic import frames as synthetic

cv2.setNumThreads(1)

PIXEL_UM = 1.5
READING = Reading(pixel_um=PIXEL_UM, frames=FrameSettings(min_esd_um=12))
SAMPLE = Sample(
    sample="a", path=Path(), place="", instrument="frames", datetime=datetime(2024, 5, 1),
    date_pattern=None, site="", group="", volume_ml=None, dilution=None, pixel_um=PIXEL_UM,
    latitude=None, longitude=None, depth_m=None, metadata={}, line=2,
)  # fmt: skip
SMALLEST = np.pi / 4 * READING.frames.smallest_px(PIXEL_UM) ** 2
SHAPE = (
    "label", "bbox", "area", "area_convex", "area_filled", "axis_major_length",
    "axis_minor_length", "eccentricity", "feret_diameter_max", "intensity_mean", "orientation",
    "perimeter", "solidity",
)  # fmt: skip


def decoding(folder: Path) -> int:
    for file in sorted(folder.iterdir()):
        read_image(file, READING.max_pixels)
    return 0


def detection(folder: Path) -> int:
    return sum(isinstance(item, Roi) for item in frames.read(folder, READING)[1])


def ours(folder: Path) -> int:
    found = 0
    items = frames.read(folder, READING)[1]
    for batch in iter(lambda: list(islice(items, 256)), []):
        rois = [item for item in batch if isinstance(item, Roi)]
        found += len(crop_rows(SAMPLE, rois, PIXEL_UM, clean=True))
    return found


def scikit_image(folder: Path) -> int:
    found = 0
    for file in sorted(folder.iterdir()):
        frame = np.asarray(Image.open(file))
        mask = frame < filters.threshold_otsu(frame)
        labels = measure.label(morphology.closing(mask, morphology.disk(4)))
        table = measure.regionprops_table(labels, frame, properties=SHAPE)
        for row in np.flatnonzero(table["area"] >= SMALLEST):
            top, left, bottom, right = (table[f"bbox-{side}"][row] for side in range(4))
            transform.resize(frame[top:bottom, left:right], (64, 64), anti_aliasing=True)
            found += 1
    return found


def planktoscope(folder: Path) -> int:
    """Operations in the order of the PlanktoScope's segmenter, on the files of one acquisition."""
    files = sorted(folder.iterdir())
    colour = [np.asarray(Image.open(file).convert("RGB")) for file in files[:10]]
    flat = np.median(colour, axis=0)
    found = 0
    for file in files:
        frame = np.asarray(Image.open(file).convert("RGB"))
        even = exposure.rescale_intensity(
            frame / flat, in_range=(0, 1.04), out_range="uint8"
        ).astype(np.uint8)
        grey = cv2.cvtColor(even, cv2.COLOR_RGB2GRAY)
        mask = cv2.threshold(grey, 127, 255, cv2.THRESH_TRIANGLE | cv2.THRESH_BINARY_INV)[1]
        square, disc = np.ones((2, 2), np.uint8), cv2.getStructuringElement(2, (8, 8))
        mask = cv2.dilate(cv2.erode(mask, square), disc)
        mask = cv2.erode(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, disc), disc)
        for region in measure.regionprops(measure.label(mask)):
            if region.area_filled < SMALLEST:
                continue
            top, left, bottom, right = region.bbox
            part = even[max(0, top - 10) : bottom + 10, max(0, left - 10) : right + 10]
            _describe(region, even[top:bottom, left:right])
            Image.fromarray(part).save(io.BytesIO(), "jpeg", quality=95)
            found += 1
    return found


def _describe(region: "measure._regionprops.RegionProperties", crop: np.ndarray) -> None:
    names = (
        "area", "area_bbox", "area_convex", "area_filled", "axis_major_length",
        "axis_minor_length", "centroid", "eccentricity", "equivalent_diameter_area",
        "euler_number", "extent", "centroid_local", "orientation", "perimeter", "solidity",
    )  # fmt: skip
    for name in names:
        getattr(region, name)
    hsv = cv2.cvtColor(crop, cv2.COLOR_RGB2HSV)[region.image_filled]
    hsv.mean(axis=0), hsv.std(axis=0)
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    for operator in (cv2.Laplacian(grey, cv2.CV_32F), *cv2.spatialGradient(grey)):
        (operator.astype(np.float32) ** 2).sum()


def cpu_seconds(way: Callable[[Path], int], folder: Path, repeats: int) -> tuple[float, int]:
    taken, found = [], 0
    for _ in range(repeats):
        start = time.process_time()
        found = way(folder)
        taken.append(time.process_time() - start)
    return statistics.median(taken), found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--organisms", type=int, default=90)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--format", choices=["png", "jpg", "tif"], default="png")
    asked = parser.parse_args()
    with TemporaryDirectory() as temporary:
        drawn = synthetic.series(
            1,
            asked.frames,
            empty=(),
            uneven=False,
            height=1500,
            width=2000,
            organisms=asked.organisms,
        )
        folder = synthetic.write(Path(temporary), drawn, asked.format)
        truth = sum(len(frame.kinds) for frame in drawn)
        del drawn
        ways = {
            "decoding alone": decoding,
            "seston, detection alone": detection,
            "seston": ours,
            "scikit-image idiom": scikit_image,
            "PlanktoScope chain": planktoscope,
        }
        cost = {name: cpu_seconds(way, folder, asked.repeats) for name, way in ways.items()}
    print(
        f"{asked.frames} frames of 2000 x 1500 px ({asked.format}), {truth} organisms, one thread"
    )
    print(f"{'way':24} organisms  ms/frame  organisms/CPU-s  times seston")
    for name, (seconds, found) in cost.items():
        print(
            f"{name:24} {found:9} {1000 * seconds / asked.frames:9.1f}"
            f" {found / seconds:16.0f} {seconds / cost['seston'][0]:13.2f}"
        )


if __name__ == "__main__":
    main()
