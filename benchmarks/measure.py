"""What measuring, masking and cleaning cost per organism, and what scikit-image costs.

    python benchmarks/measure.py [example/ocean/<run>] [--repeats 5]

On the real crops and masks of a FlowCam run with collages, masks and a list (by
default the one in example/ocean: 506 colour crops, median 46 x 47 px). CPU time of
one thread, the best of the repeats. scikit-image measures the same sizes of the
same masks, without grey levels, focus, volumes and carbon, which it does not have.
"""

import argparse
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from skimage.measure import regionprops_table

from seston.imaging.clean import clean
from seston.imaging.crop_mask import crop_mask
from seston.measure import Organism, measure

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY / "tests"))
from flowcam_crops import Crop, flowcam_crops  # noqa: E402 - the path is set before

SAME = (
    "area", "perimeter", "feret_diameter_max", "axis_major_length", "axis_minor_length",
    "eccentricity", "solidity", "equivalent_diameter_area",
)  # fmt: skip


def cpu_us(do: Callable[[Crop], object], crops: list[Crop], repeats: int) -> float:
    """Return the CPU time per crop, µs: the best of some repeats."""
    best = float("inf")
    for _ in range(repeats):
        start = time.process_time()
        for crop in crops:
            do(crop)
        best = min(best, time.process_time() - start)
    return best / len(crops) * 1e6


def main() -> None:
    """Print one line per step."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("run", type=Path, nargs="?")
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    warnings.simplefilter("ignore")
    run = arguments.run or next((REPOSITORY / "example" / "ocean").glob("*/"))
    crops = list(flowcam_crops(run))
    height, width = (int(np.median([crop.mask.shape[i] for crop in crops])) for i in (0, 1))
    print(f"{len(crops)} crops of {run.name}, median {width} x {height} px")
    steps: dict[str, Callable[[Crop], object]] = {
        "measure": lambda crop: measure([Organism(crop.pixels, crop.mask, 1.8)]),
        "crop_mask": lambda crop: crop_mask(crop.pixels),
        "clean": lambda crop: clean(crop.pixels, crop.mask),
        "scikit-image": lambda crop: regionprops_table(crop.mask.astype(np.uint8), properties=SAME),
    }
    for name, step in steps.items():
        print(f"{name:14}{cpu_us(step, crops, arguments.repeats):8.0f} µs per organism")


if __name__ == "__main__":
    main()
