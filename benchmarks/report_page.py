"""How long the report of a large run takes, how large its page is, and how much memory it needs.

    python benchmarks/report_page.py [--clusters 200] [--groups 8] [--days 24] [--images 300]

Results of an invented mesocosm (`tests/synthetic_*.py`): groups side by side, one sample a day, 32
organisms for the mosaics of each cluster, attention maps, trust, tree, sweep, trends, groups,
community. The report is made in a process of its own on two threads; what stands under "10
clusters" has all else the same, so that what a cluster costs can be told from the rest.
The target for 200 clusters: 60 s, and 10 MB whatever the data.
"""
# ruff: noqa: E402 - threads are limited before the libraries are loaded

import argparse
import os
import pickle
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / folder) for folder in ("workflow", "tests")]
from seston.threads import limit_threads

limit_threads(1)

import pandas as pd

from synthetic_course import write_course
from synthetic_findings import write_findings
from synthetic_results import Site, write_results

#: What the process does; spawned helpers of it read the same path.
REPORT = """
import pickle, sys
from pathlib import Path
from seston.threads import limit_threads
if __name__ == "__main__":
    limit_threads(1)
    from seston.report.page.stage import report
    report(**pickle.loads(Path(sys.argv[1]).read_bytes()))
"""


def main() -> None:
    """Print seconds, megabytes and peak memory of both runs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, number in (("clusters", 200), ("groups", 8), ("days", 24), ("images", 300)):
        parser.add_argument(f"--{name}", type=int, default=number)
    asked = parser.parse_args()
    print(" clusters  samples   images   wall s    CPU s  page MB  peak MB of one process")
    for clusters in (10, asked.clusters):  # peaks add up to the highest
        with TemporaryDirectory() as folder:
            given = _invent(Path(folder), clusters, asked)
            took = _measure(Path(folder), given)
        samples = asked.groups * asked.days
        print(f"{clusters:9d} {samples:8d} {took.pop('images'):8.0f}", end="")
        print("".join(f"{value:9.1f}" for value in took.values()), flush=True)


def _invent(folder: Path, clusters: int, asked: argparse.Namespace) -> dict[str, Any]:
    days = tuple(str(day.date()) for day in pd.date_range("2024-05-01", periods=asked.days))
    groups = (*(f"bag {number}" for number in range(1, asked.groups)), "fjord")
    site = Site("fjord", groups, days, asked.images, 1.8, 0.5)
    given = write_results(folder / "in", sites=(site,), clusters=clusters, rejects=400)
    given |= write_findings(folder / "in", given, names={n: f"kind {n}" for n in range(0, 40, 2)})
    given |= write_course(folder / "in", given)
    out = {"html": "index.html", "figures": "figures", "data": "data"}
    return given | {name: folder / "report" / file for name, file in out.items()} | {"threads": 2}


def _measure(folder: Path, given: dict[str, Any]) -> dict[str, float]:
    (folder / "given.pickle").write_bytes(pickle.dumps(given))
    (folder / "report.py").write_text(REPORT)
    path = os.pathsep.join([str(ROOT / "workflow"), str(ROOT / "tests")])
    used = [sys.executable, folder / "report.py", folder / "given.pickle"]
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(used, check=True, env=os.environ | {"PYTHONPATH": path})
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "images": float(pd.read_csv(given["samples"], sep="\t")["used"].sum()),
        "wall": wall,
        "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "page": given["html"].stat().st_size / 1e6,
        "peak": after.ru_maxrss / 1024,
    }


if __name__ == "__main__":
    main()
