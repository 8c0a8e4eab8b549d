"""What a run cost: jobs, time and memory by rule, disk, and what Snakemake itself took."""

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

_TOOK = re.compile(r": took ([\d.]+) CPU-s and at most (\d+) MB")


def jobs_of(folder: Path) -> pd.DataFrame:
    """Return one row per finished job: ``rule file wall_s cpu_s peak_mb``.

    CPU-seconds are the stage's own, at its end; the peak is the larger one of its own and that of
    all its processes together, which Snakemake sees from time to time.
    """
    rows = []
    results = folder / "results"
    for table in sorted((results / "benchmarks").rglob("*.tsv")):
        file = table.relative_to(results / "benchmarks").with_suffix("")
        seen = pd.read_csv(table, sep="\t", na_values=["-"]).iloc[-1]
        told = _TOOK.findall((results / "logs" / file).with_name(f"{file.name}.log").read_text())
        seconds, peak = map(float, told[-1])
        rows.append(
            (_rule_of(file), str(file), seen["s"], seconds, np.nanmax([peak, seen["max_rss"]]))
        )
    return pd.DataFrame(rows, columns=["rule", "file", "wall_s", "cpu_s", "peak_mb"])


def _rule_of(file: Path) -> str:
    """Return the rule of ``[model/]rule[/shard]``."""
    parts = [part for part in file.parts if part not in ("pretrained", "finetuned")]
    return parts[0]


def rules_of(jobs: pd.DataFrame) -> pd.DataFrame:
    """Return jobs, seconds and peak memory by rule."""
    return jobs.groupby("rule").agg(
        jobs=("rule", "size"), wall_s=("wall_s", "sum"), cpu_s=("cpu_s", "sum"),
        peak_mb=("peak_mb", "max"),
    )  # fmt: skip


def records_of(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield Snakemake's own record of each output, with `output`."""
    for file in sorted((folder / ".snakemake" / "metadata").rglob("*")):
        if file.is_file():
            # Long names are parted into folders, of which all but the last begin with "@".
            parts = file.relative_to(folder / ".snakemake" / "metadata").parts
            name = "".join(part.removeprefix("@") for part in parts)
            output = base64.b64decode(name).decode()
            yield {"output": output, **json.loads(file.read_text())}


def busy_s(folder: Path) -> float:
    """Return the seconds in which at least one job ran."""
    spans = sorted({(record["starttime"], record["endtime"]) for record in records_of(folder)})
    busy, until = 0.0, -np.inf
    for start, end in spans:
        busy += max(0.0, end - max(start, until))
        until = max(until, end)
    return busy


def disk_mb(folder: Path) -> dict[str, float]:
    """Return the megabytes of raw files and of each kind of result."""
    sizes = {"raw": _size(folder / "raw")}
    for path in sorted((folder / "results").iterdir()):
        # Of the two models' folders, what lies in them: embeddings, clusters, ...
        parts = path.iterdir() if path.name in ("pretrained", "finetuned") else [path]
        for part in parts:
            sizes[part.name] = sizes.get(part.name, 0) + _size(part)
    return {name: size / 1e6 for name, size in sizes.items()}


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def growth(few: pd.Series, many: pd.Series, factor: float) -> pd.Series:
    """Return the exponent by which a cost grows when there are `factor` times as many organisms."""
    return np.log(many / few) / np.log(factor)
