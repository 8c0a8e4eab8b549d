"""Complete FlowCam runs from given or drawn particles: every file, in every dialect.

Written by the facts of the formats, without the package's own readers, and at
scale: 10,000 particles take a few seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from PIL import Image

from synthetic.flowcam import CONTEXT
from synthetic.flowcam_particles import (
    FIELDS,
    FRAME,
    Particle,
    drawn,
    empty_frame,
    outlines_of,
    time_of,
    values_of,
)

Dialect = Literal["017", "legacy-44", "legacy-47"]
GUTTER = 2  # black pixels between particles


@dataclass(eq=False)
class CompleteRun:
    """What was written, and the truth about it by roi (the id with six digits)."""

    folder: Path
    list: Path
    particles: dict[str, Particle] = field(default_factory=dict)
    values: dict[str, dict[str, float | str]] = field(default_factory=dict)
    empty_frame: npt.NDArray[np.uint8] | None = None


def complete_run(
    folder: Path,
    particles: int | Sequence[Particle] = 100,
    *,
    dialect: Dialect = "017",
    style: Literal["run_000001", "run_images_000001"] = "run_000001",
    colour: bool = False,
    compression: str | None = "tiff_lzw",
    binary: bool = True,
    outlines: bool = True,
    calibration: bool = True,
    classes: bool = True,
    side: int = 2048,
    seed: int = 0,
) -> CompleteRun:
    """Write a run and return the truth about it.

    `particles` are given, or so many are drawn. `side` is the largest width
    and height of a collage. Classes are by the id: odd, even; every tenth has none.
    """
    folder.mkdir(parents=True)
    run = CompleteRun(folder, folder / f"{folder.name}.lst", empty_frame=empty_frame(seed))
    given = drawn(particles, run.empty_frame, seed) if isinstance(particles, int) else particles
    sheet = _Collages(folder, style, colour, compression, binary, side)
    chains = []
    for identity, particle in enumerate(given, start=1):
        if colour and particle.pixels.ndim == 2:
            tint = np.stack([particle.pixels, particle.pixels // 2, particle.pixels], axis=2)
            particle = Particle(tint, particle.mask, particle.x, particle.y)
        roi = f"{identity:06d}"
        lines = outlines_of(particle)
        chains += [f"{identity},{len(chain)},{x},{y},{chain}\r\n" for x, y, chain in lines]
        place = sheet.add(particle)
        run.particles[roi] = particle
        run.values[roi] = values_of(identity, particle, place, "".join(line[2] for line in lines))
    sheet.close()
    _write_list(run, dialect)
    _write_context(run)
    if outlines:
        run.list.with_suffix(".edg").write_bytes("".join(chains).encode())
    if classes:
        run.list.with_suffix(".cla").write_text(_classification(len(run.particles)))
    if calibration:
        Image.fromarray(run.empty_frame).save(folder / "cal_image_000001.tif")
    return run


class _Collages:
    """Puts particles side by side on black, row under row, and saves what is full."""

    def __init__(self, folder, style, colour, compression, binary, side):
        self.folder, self.colour, self.binary, self.side = folder, colour, binary, side
        self.compression = compression
        self.name = folder.name + style.removeprefix("run")[: -len("000001")]
        self.number = 1
        self._start()

    def _start(self):
        self.x, self.y, self.row = GUTTER, GUTTER, 0
        shape = (self.side, self.side)
        self.pixels = np.zeros((*shape, 3) if self.colour else shape, np.uint8)
        self.masks = np.zeros(shape, np.uint8)
        self.used = False

    def add(self, particle: Particle) -> tuple[str, int, int]:
        height, width = particle.mask.shape
        if self.x + width > self.side:
            self.x, self.y, self.row = GUTTER, self.y + self.row + GUTTER, 0
        if self.y + height > self.side:
            self.close()
            self.number += 1
            self._start()
        inside = (slice(self.y, self.y + height), slice(self.x, self.x + width))
        self.pixels[inside] = particle.pixels
        self.masks[inside] = particle.mask * np.uint8(255)
        place = (f"{self.name}{self.number:06d}.tif", self.x, self.y)
        self.x, self.row, self.used = self.x + width + GUTTER, max(self.row, height), True
        return place

    def close(self) -> None:
        if not self.used:
            return
        end = self.y + self.row + GUTTER
        stem = f"{self.name}{self.number:06d}"
        path = self.folder / f"{stem}.tif"
        Image.fromarray(self.pixels[:end]).save(path, compression=self.compression)
        if self.binary:
            path = self.folder / f"{stem}_bin.tif"
            Image.fromarray(self.masks[:end]).save(path, compression=self.compression)


def _write_list(run: CompleteRun, dialect: Dialect) -> None:
    rows = run.values.values()
    if dialect == "017":
        head = ["017", f"num-fields|{len(FIELDS)}"]
        head += [f"{name}|{kind}" for name, kind in FIELDS.items()]
        lines = ["|".join(map(_text, row.values())) for row in rows]
    else:
        head = ["013", f"{len(rows)}           "]
        lines = [":".join(_legacy(row, dialect)) for row in rows]
    run.list.write_text("\n".join([*head, *lines]) + "\n", encoding="latin-1")


def _text(value: float | str) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def _legacy(row: dict[str, float | str], dialect: Dialect) -> list[str]:
    """Return a row by position: 44 values, or 47 with a time that takes three places."""

    def texts(names: str) -> list[str]:
        return [_text(row.get(name, 0.0)) for name in names.split()]

    sizes = texts(
        "id cal_const raw_area raw_feret_max raw_feret_min raw_feret_mean raw_perimeter"
        " raw_convex_perimeter abd_area abd_diameter length width esd_diameter perimeter"
        " convex_perimeter intensity sigma_intensity compactness elongation sum_intensity"
        " roughness feret_max_angle"
    )
    colours, fluorescence = ["0.0000"] * 3 + ["1"], ["0"] * 8
    boxes = texts("collage_file image_x image_y image_w image_h src_x src_y")
    if dialect == "legacy-44":
        since = time_of(int(row["id"])) - datetime(1601, 1, 1)
        ticks = since // timedelta(microseconds=1) * 10
        clock = [f"{ticks >> 32}l", f"{ticks & 0xFFFFFFFF}l", "0"]
        return [*sizes, *colours, *fluorescence, *boxes, *clock]
    time = time_of(int(row["id"])).isoformat(" ", "minutes")  # one ':' inside
    images = texts("src_image cal_image")
    angle = texts("feret_min_angle")
    return [*sizes, *angle, *colours, *fluorescence, *boxes, "0.0000", time, *images]


def _write_context(run: CompleteRun) -> None:
    """Write `.ctx` and run summary; the region of `CONTEXT` is smaller than the frame."""
    sections = {name: dict(keys) for name, keys in CONTEXT.items()}
    sections["Software"]["CameraMagnification"] = "10"
    sections["Camera"] = {"ImageWidth": str(FRAME[0]), "ImageHeight": str(FRAME[1])}
    lines = []
    for name, keys in sections.items():
        lines += [f"[{name}]", *(f"{key}={value}" for key, value in keys.items())]
    run.list.with_suffix(".ctx").write_text("\r\n".join(lines) + "\r\n", newline="")
    summary = [
        "Run:", "\tMode:  AutoImage", "\tFluid Volume Imaged: 0.0100 ml",
        f"\tParticle Count: {len(run.particles)}", "", "Environment:", "\tMagnification: 10X",
    ]  # fmt: skip
    path = run.list.with_name(f"{run.list.stem}_run_summary.txt")
    path.write_text("\r\n".join(summary) + "\r\n", newline="")


def _classification(count: int) -> str:
    ids = [identity for identity in range(1, count + 1) if identity % 10]
    lines = ["v3", "1", "by the id", "2"]
    for name, rest, filters in (("odd", 1, []), ("even", 0, ["C:\\filters\\even.flt"])):
        members = [str(identity) for identity in ids if identity % 2 == rest]
        lines += [name, "OR", str(len(filters)), *filters, str(len(members)), *members]
    return "\n".join(lines) + "\n"
