"""Planning 10⁸ organisms: 10,000 samples, from their raw files to `snakemake -n`.

    python benchmarks/plan_size.py [--samples 10000] [--organisms 10000] [--shapes flowcam ifcb]

Raw files are written under their real names and in their real number, all pictures being one and
the same file (`tests/synthetic/many_samples.py`). Loose crops are 100 a sample, as few disks take
10⁸ files; `one_folder` is a single sample of a million. Of each shape: the sheet that
`python -m seston samples` writes; `snakemake -n` with `shard_by: month`, and its jobs; the start
of one job on a node, where Snakemake reads the workflow anew, with SLURM twice. `--undated` takes
the dates out of the sheet, so that every start has to look for them. Wall time, CPU-seconds and
peak memory are those of a process of its own.
"""
# ruff: noqa: E402 - the raw files of the tests are found by their folder

import argparse
import csv
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "workflow"), str(ROOT / "tests")]

from synthetic import many_samples

SHAPES = {
    "flowcam": many_samples.flowcam,
    "ifcb": many_samples.ifcb,
    "archives": many_samples.archives,
    "crops": many_samples.crops,
    "one_folder": many_samples.crops,
}
LOOSE = 100
#: One sample that stands for all, by its organisms.
ALONE = {"one_folder": 1_000_000}
ENVIRONMENT = {
    **{key: text for key, text in os.environ.items() if key != "SNAKEMAKE_PROFILE"},
    "PYTHONPATH": str(ROOT / "workflow"),
}


@dataclass(frozen=True)
class Taken:
    """What a command took and printed."""

    wall: float
    cpu: float
    megabytes: float
    printed: str

    def __str__(self) -> str:
        return f"{self.wall:6.1f} s wall {self.cpu:6.1f} CPU-s {self.megabytes:6.0f} MB"


def take(command: list[str], folder: Path, output: Path) -> Taken:
    """Run a command to its end; say what it took."""
    begun = time.perf_counter()
    with output.open("w+", encoding="utf-8") as printed:
        process = subprocess.Popen(
            command, cwd=folder, env=ENVIRONMENT, stdout=printed, stderr=subprocess.PIPE, text=True
        )
        told = process.stderr.read() if process.stderr else ""
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        printed.seek(0)
        text = printed.read()
    if status:
        raise SystemExit(f"{' '.join(command)} failed:\n{text[-2000:]}{told[-2000:]}")
    cpu = usage.ru_utime + usage.ru_stime
    return Taken(wall, cpu, usage.ru_maxrss / 1024, text + told)


def snakemake(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), *arguments]


def empty_dates(sheet: Path) -> None:
    with sheet.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    with sheet.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter="\t", lineterminator="\n")
        writer.writeheader()
        writer.writerows({**row, "datetime": ""} for row in rows)


def measure(shape: str, folder: Path, samples: int, organisms: int, undated: bool) -> None:
    """Print a line for each command."""
    output = folder / "printed"
    if not (folder / "raw").exists():
        SHAPES[shape](folder / "raw", samples, organisms)
    print(f"{shape}: {samples} samples of {organisms} organisms")
    seston = [sys.executable, "-m", "seston", "samples", "raw"]
    print(f"  seston samples   {take(seston, folder, folder / 'samples.tsv')}", flush=True)
    if undated:
        empty_dates(folder / "samples.tsv")
    (folder / "config.yaml").write_text("samples: samples.tsv\nshard_by: month\n")
    planned = take(snakemake("--dry-run", "--cores", "2"), folder, output)
    jobs = re.findall(r"^total +(\d+)", planned.printed, re.MULTILINE)[-1]
    shards = sorted(set(re.findall(r"results/tiles/(\S+?)\.arrow", planned.printed)))
    print(f"  snakemake -n     {planned}  {jobs} jobs, {len(shards)} shards", flush=True)
    # As Snakemake starts a job on a node, but for the work.
    for rule in ("segment", "backbone"):
        target = f"segment:shard={shards[len(shards) // 2]}" if rule == "segment" else f"{rule}:"
        job = ["--target-jobs", target, "--allowed-rules", rule, "--mode", "remote", "--cores", "1"]
        begun = take(snakemake(*job, "--force", "--dry-run"), folder, output)
        print(f"  job: {rule:11} {begun}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=10_000)
    parser.add_argument("--organisms", type=int, default=10_000)
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=list(SHAPES))
    parser.add_argument("--undated", action="store_true")
    parser.add_argument("--folder", type=Path, help="keep the raw files here, and use those there")
    chosen = parser.parse_args()
    with TemporaryDirectory() as temporary:
        for shape in chosen.shapes:
            samples, organisms = chosen.samples, LOOSE if shape == "crops" else chosen.organisms
            if shape in ALONE:
                samples, organisms = 1, ALONE[shape]
            folder = (chosen.folder or Path(temporary)) / shape
            folder.mkdir(parents=True, exist_ok=True)
            measure(shape, folder.absolute(), samples, organisms, chosen.undated)
            if not chosen.folder:
                shutil.rmtree(folder)


if __name__ == "__main__":
    main()
