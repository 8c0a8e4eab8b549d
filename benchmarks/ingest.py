"""Raw files to rows: organisms per second of each instrument, beside decoding their files alone.

    python benchmarks/ingest.py [--organisms 10000] [--repeats 3] [--runs FOLDER ...]

Runs and bins of drawn organisms (`tests/synthetic/`), of about 37 x 37 px; with --runs also real
FlowCam runs. Each goes through all of the stage `segment`: reading, mask, cleaning, measurements,
crops and the four tables on disk. Beside it stands the limit, in the same run: to read the same
pictures and do nothing with them. CPU-seconds on one thread, the best of the repeats.

The nearest peer, MorphoCut, was reported to bring 10,000 FlowCam particles to EcoTaxa in 102 s,
that is 97 per second in one process (on another machine).
"""
# ruff: noqa: E402 - threads are limited before the libraries are loaded

import argparse
import logging
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path[:0] = [str(Path(__file__).parents[1] / folder) for folder in ("workflow", "tests")]
from seston.threads import limit_threads

limit_threads(1)

import numpy as np
import pyarrow.parquet as pq
from PIL import Image

from seston.imaging.settings import FrameSettings
from seston.instruments.pixels import read_image
from seston.segment import segment
from synthetic import frames as synthetic_frames
from synthetic import ifcb as synthetic_ifcb
from synthetic.flowcam_run import complete_run

MORPHOCUT = 97
MANY = 10**9


@dataclass(frozen=True)
class Case:
    """A sample on disk, and what it takes to read its pictures and no more."""

    name: str
    path: Path
    instrument: str
    decode: Callable[[], object]


def decode_pictures(folder: Path) -> None:
    for path in sorted(folder.iterdir()):
        if path.suffix in (".tif", ".png") and not path.name.startswith("cal_image"):
            read_image(path, MANY)


def cases(folder: Path, organisms: int, runs: list[Path]) -> Iterator[Case]:
    masks = {"bin": True, "outline": True, "background": False}
    for source, has_outlines in masks.items():
        path = folder / f"flowcam-{source}"
        complete_run(path, organisms, binary=source == "bin", outlines=has_outlines)
        yield Case(f"FlowCam, mask {source}", path, "flowcam", lambda at=path: decode_pictures(at))
    for path in runs:
        yield Case(path.name[-28:], path, "flowcam", lambda at=path: decode_pictures(at))
    written = synthetic_ifcb.write_bin(
        folder / "ifcb", synthetic_ifcb.shapes(organisms, height=37, width=37)
    )
    bin_adc = written.file(".adc")
    yield Case("IFCB", bin_adc, "ifcb", lambda: np.fromfile(bin_adc.with_suffix(".roi"), np.uint8))
    path = folder / "frames"
    drawn = synthetic_frames.series(
        0, max(3, organisms // 300), height=1500, width=2000, organisms=90
    )
    synthetic_frames.write(path, drawn)
    yield Case("frames, 2000 x 1500 px PNG", path, "frames", lambda: decode_pictures(path))
    path = folder / "crops"
    path.mkdir()
    for number, image in enumerate(synthetic_ifcb.shapes(organisms, height=37, width=37)):
        Image.fromarray(image).save(path / f"20240501_100000_{number:06d}.png")
    yield Case("ready crops, PNG", path, "images", lambda at=path: decode_pictures(at))


def ingest(case: Case, out: Path) -> int:
    sheet = out / "samples.tsv"
    sheet.write_text(
        "sample\tpath\tinstrument\tdatetime\tpixel_um\n"
        f"a\t{case.path}\t{case.instrument}\t2024-05-01\t1.5\n"
    )
    tables = {kind: out / f"{kind}.parquet" for kind in ("crops", "rejected", "recorded", "effort")}
    settings = FrameSettings(min_esd_um=12)
    segment(sheet=sheet, samples=["a"], max_rejected=0, frames=settings, **tables)
    return pq.read_metadata(tables["crops"]).num_rows


def best(work: Callable[[], object], repeats: int) -> float:
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return min(seconds)


def main() -> None:
    logging.getLogger("seston").setLevel(logging.ERROR)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--organisms", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--runs", type=Path, nargs="*", default=[])
    asked = parser.parse_args()
    columns = "organisms  per CPU-s  decoding alone  share of the limit"
    print(f"{'':30} {columns}  times MorphoCut's {MORPHOCUT}")
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for case in cases(folder, asked.organisms, [path.resolve() for path in asked.runs]):
            organisms = ingest(case, folder)
            rate = organisms / best(lambda case=case: ingest(case, folder), asked.repeats)
            limit = organisms / max(best(case.decode, asked.repeats), 1e-9)
            told = f"{rate / MORPHOCUT:.0f}" if case.instrument == "flowcam" else ""
            print(
                f"{case.name:30} {organisms:9} {rate:10,.0f} {limit:15,.0f}"
                f" {rate / limit:19.1%} {told:>20}"
            )


if __name__ == "__main__":
    main()
