"""A small run by hand: tables, crops and predictions as the stages before the export write them."""

import csv
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from PIL import Image

from seston import schemas, store
from seston.organisms import _png as stored_png
from seston.sheet import Sample
from seston.tables import sample_lines
from synthetic.images import picture

CLASSES = ("copepod", "diatom <chain>")
DAY = datetime(2024, 5, 6, 10, 30)


@dataclass
class Run:
    """Where everything is, and what was planted: pixels by id, in the order of the ids."""

    folder: Path
    shards: list[str] = field(default_factory=list)
    pixels: dict[str, npt.NDArray[np.uint8]] = field(default_factory=dict)

    @property
    def given(self) -> dict[str, object]:
        """Options of the stage."""
        tables = self.folder / "tables"
        return {
            "images": tables / "images.parquet",
            "samples": tables / "samples.tsv",
            "segment_dir": self.folder / "segment",
            "shards": self.shards,
            "archives": self.folder / "out",
        }


def a_sample(name: str, rois: Sequence[str] = (), **told: object) -> tuple[Sample, list[str]]:
    """A sample of the sheet, and the names of its organisms."""
    cells = {
        "sample": name, "path": Path(name), "place": name, "instrument": "images",
        "datetime": DAY, "date_pattern": None, "site": "fjord", "group": "", "volume_ml": None,
        "dilution": None, "pixel_um": None, "latitude": None, "longitude": None, "depth_m": None,
        "metadata": {}, "line": 2,
    }  # fmt: skip
    return Sample(**(cells | told)), list(rois)


def write_run(folder: Path, samples: Sequence[tuple[Sample, list[str]]], per_shard: int = 1) -> Run:
    """Write a run of these samples, `per_shard` of them in each shard."""
    run, images, efforts = Run(folder), [], []
    for start in range(0, len(samples), per_shard):
        shard, rows = f"s{start}", []
        run.shards.append(shard)
        for sample, rois in samples[start : start + per_shard]:
            rows += [_crop(sample, roi, len(images) + place) for place, roi in enumerate(rois)]
            images += [row | _of(sample) for row in rows[len(rows) - len(rois) :]]
            efforts.append(_effort(sample, len(rois)))
        rows.sort(key=lambda row: row["image_id"].encode())
        table = pa.Table.from_pylist(rows, schema=schemas.CROPS)
        path = folder / "segment" / shard / "crops.parquet"
        store.write_table(table, path, schemas.CROPS, "crops", "cut")
    images.sort(key=lambda row: row["image_id"].encode())
    run.pixels = {
        row["image_id"]: np.asarray(Image.open(io.BytesIO(row["crop"]))) for row in images
    }
    table = pa.Table.from_pylist(images, schema=schemas.IMAGES)
    tables = folder / "tables"
    store.write_table(
        table, tables / "images.parquet", schemas.IMAGES, "images", "made", clusters="c" * 64
    )
    effort = pa.Table.from_pylist(efforts, schema=schemas.EFFORT)
    store.write_text(
        sample_lines(effort, [sample for sample, _ in samples]), tables / "samples.tsv"
    )
    return run


def write_predictions(run: Run, rejected: Sequence[str] = ()) -> Path:
    """Predictions in turn of the two classes."""
    count = len(run.pixels)
    table = pa.table(
        {
            "image_id": [*run.pixels],
            "prediction": [CLASSES[place % 2] for place in range(count)],
            **{name: [0.75] * count for name in ("raw", "calibrated", "corrected", "entropy")},
            "rejected": [image in rejected for image in run.pixels],
            "prior": ["training"] * count,
        }
    )
    path = run.folder / "tables" / "predictions.parquet"
    store.write_table(table, path, schemas.PREDICTIONS, "class_predictions", "learned")
    return path


def read_archives(folder: Path) -> tuple[list[str], list[dict[str, str]], dict[str, bytes]]:
    """Header, all lines with their types first, and all pictures, with nothing of Seston."""
    header, lines, pictures = [], [], {}
    for path in sorted(folder.glob("*.zip")):
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
            tables = [name for name in archive.namelist() if name.endswith(".tsv")]
            assert tables == [f"{path.stem}.tsv"]
            text = archive.read(tables[0]).decode("utf-8-sig")
            rows = csv.DictReader(io.StringIO(text, newline=""), delimiter="\t")
            lines += [row | {"archive": path.name} for row in rows]
            header = list(rows.fieldnames)
            pictures |= {name: archive.read(name) for name in archive.namelist()[:-1]}
    return header, lines, pictures


def _crop(sample: Sample, roi: str, seed: int) -> dict[str, object]:
    pixels = picture(12 + seed % 5, 10 + seed % 7, seed)
    pixels = pixels[..., 0] if seed % 3 == 0 else pixels
    height, width = pixels.shape[:2]
    return {
        "image_id": f"{sample.sample}/{roi}", "sample": sample.sample, "roi": roi,
        "frame": f"frame é {seed}", "x": seed, "y": 2, "w": width, "h": height,
        "timestamp": None if seed == 1 else DAY + timedelta(seconds=seed),
        "crop": stored_png(np.ascontiguousarray(pixels)), "notes": "blurred" if seed == 2 else "",
        "mask": "crop", "label": "rotifer" if seed % 4 == 0 else None, "pixel_um": 1.8,
        "area_px": 100 + seed, "at_border": seed == 2, "esd_um": 12.3456789,
        "diatom": "unknown",
    }  # fmt: skip


def _of(sample: Sample) -> dict[str, object]:
    return {
        "site": sample.site, "group": sample.group, "datetime": sample.datetime, "cluster": 3,
        "distance": 0.5, "name": "Daphnia" if sample.sample < "b" else "",
    }  # fmt: skip


def _effort(sample: Sample, used: int) -> dict[str, object]:
    return {
        "sample": sample.sample, "instrument": sample.instrument, "datetime": sample.datetime,
        "listed": used, "used": used, "rejected": 0, "readable": 0.5, "volume_ml": sample.volume_ml,
        "volume_source": "sheet" if sample.volume_ml else None, "dilution": sample.dilution,
        "pixel_um": 1.8, "flags": ["few"], "warnings": ["few images"],
    }  # fmt: skip
