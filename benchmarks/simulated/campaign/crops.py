"""Real crops of the bundled example, by kind: what stands for all organisms of a campaign.

Labelled lake images, shrunk to the size of a FlowCam's organisms, and particles of two FlowCams.
All are grey. A crop is pasted mirrored, turned, larger or smaller, paler or darker, so that no two
organisms of a campaign have the same pixels.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd

Grey = npt.NDArray[np.uint8]
SIDE_PX = 36.0  # mean side of a kind, unless its crops are smaller
FEWEST = 40  # images of a label

#: Measurements of a mask in pixels, by the names of FlowCam's list.
MEASURED = (
    "raw_area", "raw_filled_area", "raw_convex_hull_area", "raw_feret_max", "raw_feret_min",
    "raw_feret_mean", "raw_perimeter", "raw_convex_perimeter", "intensity", "sigma_intensity",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Pool:
    """Crops of each kind, with masks, and what is measured of them, shape (crops, MEASURED)."""

    kinds: list[str]
    crops: list[list[tuple[Grey, Grey]]]
    measured: list[npt.NDArray[np.float64]]


def pool_of(example: Path) -> Pool:
    """Read the crops of all kinds with enough of them, in the order of their names."""
    kinds = dict(sorted([*_lake(example), *_flowcam(example)]))
    crops = [_sized(pairs) for pairs in kinds.values()]
    measured = [np.array([_measure(*pair) for pair in pairs]) for pairs in crops]
    return Pool(list(kinds), crops, measured)


def varied(crop: Grey, mask: Grey, random: np.random.Generator) -> tuple[Grey, Grey, float]:
    """Return crop and mask of another organism of the kind, and its size relative to the first."""
    size = float(np.exp(random.normal(0, 0.15)))
    stretch = float(np.exp(random.normal(0, 0.04)))
    height, width = crop.shape
    shape = (max(6, round(width * size * stretch)), max(6, round(height * size / stretch)))
    crop = cv2.resize(crop, shape, interpolation=cv2.INTER_LINEAR)
    mask = cv2.resize(mask, shape, interpolation=cv2.INTER_NEAREST)
    turn = int(random.integers(8))
    if turn & 4:
        crop, mask = crop.T, mask.T
    mirrored = (slice(None, None, 1 - (turn & 2)), slice(None, None, 1 - 2 * (turn & 1)))
    crop, mask = crop[mirrored], mask[mirrored]
    crop = cv2.convertScaleAbs(crop, alpha=random.uniform(0.85, 1.1), beta=random.uniform(-3, 6))
    return crop, mask, size


def _lake(example: Path) -> Iterator[tuple[str, list[tuple[Grey, Grey]]]]:
    labels = pd.read_csv(example / "labels.tsv", sep="\t")
    for label, rows in labels.groupby("label"):
        if len(rows) >= FEWEST:
            files = [example / "lake" / name.removeprefix("lake-") for name in rows["image_id"]]
            yield str(label), [_with_mask(cv2.imread(str(file), 0)) for file in files]


def _with_mask(grey: Grey) -> tuple[Grey, Grey]:
    """Part a bright organism from the dark water of the lake camera."""
    blurred = cv2.GaussianBlur(grey, (3, 3), 0)
    return grey, cv2.threshold(blurred, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_TRIANGLE)[1]


def _flowcam(example: Path) -> Iterator[tuple[str, list[tuple[Grey, Grey]]]]:
    for kind in ("culture", "ocean"):
        pairs = []
        for file in sorted((example / kind).glob("*/*.lst")):
            rows = _rows(file)
            for name, listed in rows.groupby("collage_file"):
                path = file.with_name(name)
                collage = cv2.imread(str(path), 0)
                masks = cv2.imread(str(path.with_name(f"{path.stem}_bin.tif")), 0)
                boxes = listed[[f"image_{key}" for key in "xywh"]].astype(int).to_numpy()
                pairs += [
                    (collage[y : y + h, x : x + w], masks[y : y + h, x : x + w])
                    for x, y, w, h in boxes
                ]
        yield kind, pairs


def _rows(file: Path) -> pd.DataFrame:
    lines = file.read_text("latin-1").splitlines()
    fields = int(lines[1].partition("|")[2])
    names = [line.partition("|")[0] for line in lines[2 : 2 + fields]]
    return pd.DataFrame([line.split("|") for line in lines[2 + fields :]], columns=names)


def _sized(pairs: list[tuple[Grey, Grey]]) -> list[tuple[Grey, Grey]]:
    """Shrink the crops of a kind to a mean side of `SIDE_PX`; drop those without a mask."""
    sides = np.array([crop.shape for crop, _ in pairs], float)
    by = min(1.0, SIDE_PX / sides.mean())
    sized = []
    for crop, mask in pairs:
        if by < 1:
            shape = (max(6, round(crop.shape[1] * by)), max(6, round(crop.shape[0] * by)))
            crop = cv2.resize(crop, shape, interpolation=cv2.INTER_AREA)
            mask = cv2.resize(mask, shape, interpolation=cv2.INTER_AREA)
        mask = np.where(mask > 127, np.uint8(255), np.uint8(0))
        if np.count_nonzero(mask) > 8:
            sized.append((crop, mask))
    return sized


def _measure(crop: Grey, mask: Grey) -> tuple[float, ...]:
    """Measure a mask as FlowCam does; see `MEASURED`."""
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    points = np.concatenate(outlines)[:, 0]
    angles = np.deg2rad(np.arange(0, 180, 10))
    along = points @ np.array([np.cos(angles), np.sin(angles)])
    feret = along.max(axis=0) - along.min(axis=0) + 1
    filled = cv2.drawContours(np.zeros_like(mask), outlines, -1, 1, cv2.FILLED)
    grey = crop[mask > 0]
    return (
        np.count_nonzero(mask), np.count_nonzero(filled),
        cv2.contourArea(cv2.convexHull(points)), feret.max(), feret.min(), feret.mean(),
        sum(cv2.arcLength(outline, closed=True) for outline in outlines),
        np.pi * feret.mean(), grey.mean(), grey.std(),
    )  # fmt: skip
