"""A FlowCam run with particles of known pixels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

START = datetime(2024, 5, 6, 7, 8, 9)

#: Name and type, in VisualSpreadsheet's order but for the many that are left out.
FIELDS = {
    "id": "int32",
    "image_x": "int32",
    "image_y": "int32",
    "image_w": "int32",
    "image_h": "int32",
    "cal_const": "double",
    "raw_area": "double",
    "abd_diameter": "double",
    "esd_diameter": "double",
    "timestamp": "timestamp",
    "collage_file": "string",
    "image_id": "guid",
}

CONTEXT = {
    "Software": {"SoftwareVersion": "4.19.3"},
    "General": {"RunStartTime": START.isoformat(" "), "LocationName": " "},
    "Fluid": {
        "FlowCellDepth": "100",
        "UseDilutionCalculation": "1",
        "SampleDilution": "4",
        "CalibrationConstant": "0.5",
    },
    "CaptureRegion": {
        "AcceptableLeft": "1",
        "AcceptableRight": "1000",
        "AcceptableTop": "1",
        "AcceptableBottom": "800",
    },
    # 500 µm x 400 µm x 100 µm = 2e7 µm³ = 2e-5 mL an image, 1,000 images, half of them counted
    "CaptureStats": {"RawImageTotal": "1000", "VolumeCF": "0.5", "AutoTrigger": "1"},
}
VOLUME_ML = 0.01


@dataclass
class Run:
    """A run on disk and the truth about it."""

    folder: Path
    rows: list[dict[str, str]]
    crops: dict[str, npt.NDArray]
    masks: dict[str, npt.NDArray]

    @property
    def list(self) -> Path:
        return self.folder / f"{self.folder.name}.lst"

    def collage(self, number: int) -> Path:
        return self.folder / f"{self.folder.name}_{number:06d}.tif"

    def write_list(
        self,
        fields: Sequence[str] = tuple(FIELDS),
        newline: str = "\n",
        extra: Sequence[str] = (),
        version: str = "017",
    ) -> None:
        """Write the rows as they now are; `extra` are raw lines behind them."""
        head = [version, f"num-fields|{len(fields)}"]
        head += [f"{name}|{FIELDS.get(name, 'double')}" for name in fields]
        lines = ["|".join(row.get(name, "0.0000") for name in fields) for row in self.rows]
        text = newline.join([*head, *lines, *extra]) + newline
        self.list.write_bytes(text.encode("latin-1"))

    def write_context(self, changes: Mapping[str, Mapping[str, str]] | None = None) -> None:
        sections = {
            name: {**keys, **(changes or {}).get(name, {})} for name, keys in CONTEXT.items()
        }
        text = "".join(
            f"[{name}]\n" + "".join(f"{key}={value}\n" for key, value in keys.items())
            for name, keys in sections.items()
        )
        self.list.with_suffix(".ctx").write_text(text, newline="\r\n")

    def write_summary(self, **values: str) -> None:
        lines = [f"\t{key.replace('_', ' ')}:  {value}" for key, value in values.items()]
        path = self.folder / f"{self.folder.name}_run_summary.txt"
        path.write_text("Run:\n" + "\n".join(lines) + "\n", newline="\r\n")


def write_run(
    folder: Path, count: int = 6, collages: int = 2, colour: bool = True, masks: bool = True
) -> Run:
    """Write a run: particles of 8 to 19 px in rows, 2 black pixels apart, masks of known area."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(count)
    run = Run(folder, [], {}, {})
    for number, ids in enumerate(np.array_split(np.arange(1, count + 1), collages), start=1):
        collage = np.zeros(
            (24, 22 * len(ids) + 2, 3) if colour else (24, 22 * len(ids) + 2), np.uint8
        )
        binary = np.zeros(collage.shape[:2], np.uint8)
        for place, identity in enumerate(ids):
            width, height = (int(side) for side in random.integers(8, 20, 2))
            x, y = 22 * place + 2, 2
            pixels = random.integers(60, 200, (height, width, *collage.shape[2:]), np.uint8)
            mask = np.zeros((height, width), bool)
            mask[2 : height - 2, 2 : width - 2] = True
            collage[y : y + height, x : x + width] = pixels
            binary[y : y + height, x : x + width] = mask * 255
            roi = f"{identity:06d}"
            run.crops[roi], run.masks[roi] = pixels, mask
            run.rows.append(
                {
                    "id": str(identity),
                    "image_x": str(x),
                    "image_y": str(y),
                    "image_w": str(width),
                    "image_h": str(height),
                    "cal_const": "0.5000",
                    "raw_area": f"{mask.sum():.4f}",
                    "abd_diameter": f"{identity + 0.25:.4f}",
                    "esd_diameter": f"{identity + 0.5:.4f}",
                    "timestamp": (START + timedelta(seconds=int(identity))).isoformat(),
                    "collage_file": run.collage(number).name,
                    "image_id": f"GUID-{identity}",
                }
            )
        Image.fromarray(collage).save(run.collage(number), compression="tiff_lzw")
        if masks:
            path = run.collage(number)
            Image.fromarray(binary).save(path.with_name(f"{path.stem}_bin.tif"))
    run.write_list()
    run.write_context()
    return run
