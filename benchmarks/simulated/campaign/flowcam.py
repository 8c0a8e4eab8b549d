"""A FlowCam run on disk: collages, their masks, list, context and summary.

Written by the facts of the format, without the package's own reader.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image
from simulated.campaign.crops import Grey, Pool, varied
from simulated.campaign.particle_list import FRAME, FRINGE_PX, listed, write_list
from simulated.campaign.water import DEPTH_UM, REGION, SCALE_UM

SIDE, GUTTER_PX = 2048, 2


def write_run(
    folder: Path, kinds: Sequence[int], pool: Pool, sample: pd.Series, random: np.random.Generator
) -> int:
    """Write a run of one organism per entry of `kinds`; return the pixels of all crops.

    `sample` has ``start frames dilution volume_ml``; `kinds` are places in the pool.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[tuple[object, ...]] = []
    collages = _Collages(folder)
    for kind in kinds:
        number = int(random.integers(len(pool.crops[kind])))
        crop, mask, size = varied(*pool.crops[kind][number], random)
        place = collages.add(crop, mask)
        area = np.count_nonzero(mask)
        rows.append((kind, number, size, area, crop.shape[1], crop.shape[0], *place))
    collages.close()
    columns = ["kind", "number", "size", "area", "image_w", "image_h"]
    table = pd.DataFrame(rows, columns=[*columns, "collage_file", "image_x", "image_y"])
    write_list(folder / f"{folder.name}.lst", listed(table, pool, sample, random))
    _write_context(folder / folder.name, sample, len(table))
    return int((table["image_w"] * table["image_h"]).sum())


class _Collages:
    """Puts crops side by side on black, row under row, and saves what is full."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.number = folder, 1
        self._start()

    def _start(self) -> None:
        self.pixels, self.masks = np.zeros((2, SIDE, SIDE), np.uint8)
        self.x, self.y, self.row = GUTTER_PX, GUTTER_PX, 0

    @property
    def name(self) -> str:
        return f"{self.folder.name}_{self.number:06d}"

    def add(self, crop: Grey, mask: Grey) -> tuple[str, int, int]:
        """Place an organism; return collage, left and upper edge."""
        height, width = crop.shape
        if self.x + width + GUTTER_PX > SIDE:
            self.x, self.y, self.row = GUTTER_PX, self.y + self.row + GUTTER_PX, 0
        if self.y + height + GUTTER_PX > SIDE:
            self.close()
            self.number += 1
            self._start()
        inside = (slice(self.y, self.y + height), slice(self.x, self.x + width))
        self.pixels[inside], self.masks[inside] = crop, mask
        place = (f"{self.name}.tif", self.x, self.y)
        self.x, self.row = self.x + width + GUTTER_PX, max(self.row, height)
        return place

    def close(self) -> None:
        if self.x == self.y == GUTTER_PX:
            return  # a run that caught nothing
        end = self.y + self.row + GUTTER_PX
        for pictures, kind in ((self.pixels, ""), (self.masks, "_bin")):
            path = self.folder / f"{self.name}{kind}.tif"
            Image.fromarray(pictures[:end]).save(path, compression="tiff_lzw")


def _context(sample: pd.Series) -> Iterator[str]:
    left, right, top, bottom = REGION
    start = pd.Timestamp(sample["start"])
    end = start + timedelta(seconds=int(sample["frames"]) / 10)
    sections = {
        "Software": {"SoftwareVersion": "4.19.3", "CameraMagnification": "4"},
        "General": {
            "RunStartTime": f"{start:%Y-%m-%d %H:%M:%S}",
            "RunEndTime": f"{end:%Y-%m-%d %H:%M:%S}",
        },
        "Camera": {"ImageWidth": FRAME[0], "ImageHeight": FRAME[1]},
        "Fluid": {
            "FlowCellDepth": DEPTH_UM, "UseDilutionCalculation": 1,
            "SampleDilution": sample["dilution"], "CalibrationConstant": SCALE_UM,
            "FringeSize": FRINGE_PX,
        },
        "CaptureRegion": {
            "AcceptableLeft": left, "AcceptableRight": right, "AcceptableTop": top,
            "AcceptableBottom": bottom, "SaveBinaryImageFiles": 1,
        },
        "CaptureStats": {"RawImageTotal": sample["frames"], "VolumeCF": "1.0000", "AutoTrigger": 1},
    }  # fmt: skip
    for name, keys in sections.items():
        yield f"[{name}]"
        yield from (f"{key}={value}" for key, value in keys.items())


def _write_context(stem: Path, sample: pd.Series, count: int) -> None:
    stem.with_name(f"{stem.name}.ctx").write_text(
        "\r\n".join(_context(sample)) + "\r\n", newline=""
    )
    imaged = sample["volume_ml"] * sample["dilution"]
    start = datetime.isoformat(pd.Timestamp(sample["start"]).to_pydatetime(), " ")
    summary = [
        "Run:", "\tMode:  AutoImage", f"\tFluid Volume Imaged:  {imaged:.4f} ml",
        f"\tParticle Count:  {count}", "Date/Time:", f"\tStart:  {start}",
        "Environment:", "\tMagnification:  4X",
    ]  # fmt: skip
    path = stem.with_name(f"{stem.name}_run_summary.txt")
    path.write_text("\r\n".join(summary) + "\r\n", newline="")
