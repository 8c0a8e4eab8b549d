"""Crops and masks of real FlowCam runs, cut by the list alone, without the package's reader."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image


@dataclass(frozen=True, eq=False)
class Crop:
    """One particle: its crop, its mask (`_bin`), and its empty frame if there is one."""

    pixels: npt.NDArray[np.uint8]
    mask: npt.NDArray[np.bool_]
    background: npt.NDArray[np.uint8] | None
    row: dict[str, str]


def flowcam_crops(run: Path) -> Iterator[Crop]:
    """Cut all particles of a run with a list of version 017 and mask collages."""
    (path,) = run.glob("*.lst")
    lines = path.read_text("latin-1").splitlines()
    fields = int(lines[1].split("|")[1])
    names = [line.split("|")[0] for line in lines[2 : 2 + fields]]
    pictures: dict[str, npt.NDArray[np.uint8]] = {}
    for line in lines[2 + fields :]:
        row = dict(zip(names, line.split("|"), strict=True))
        file = Path(row["collage_file"])
        files = [file.name, f"{file.stem}_bin{file.suffix}"]
        empty = f"cal_image_{int(row['cal_image']):06d}.tif"
        if (run / empty).exists():
            files.append(empty)
        for name in files:
            if name not in pictures:
                pictures[name] = np.array(Image.open(run / name).convert("RGB"))
        x, y, w, h = (int(row[f"image_{key}"]) for key in "xywh")
        collage, binary = (pictures[name][y : y + h, x : x + w] for name in files[:2])
        left, top = int(row["src_x"]), int(row["src_y"])
        background = pictures[empty][top : top + h, left : left + w] if len(files) == 3 else None
        yield Crop(collage, binary[..., 0] > 0, background, row)


def example_crops(repository: Path) -> list[Crop]:
    """All 3,506 particles of the FlowCam runs in example/."""
    runs = sorted(path.parent for path in (repository / "example").glob("*/*/*.lst"))
    return [crop for run in runs for crop in flowcam_crops(run)]
