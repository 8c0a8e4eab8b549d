"""The map of many organisms: how long to build, how large, how soon it can be used.

    python benchmarks/map_page.py [--organisms 100000 1000000] [--clusters 100] [--tile 64]

A run is invented (`simulated/whole_run.py`; its pictures are those of the example, 12 GB of tiles
per million in a temporary folder). Each page is built in a process of its own, so that the peak
memory is its own; parts of the tiles that are mapped count. Chromium then opens it from its file,
the network cut off, without a GPU: "ready" is from the address to two frames after the page's own
word, "zoom" the longest of ten steps into the map, each until it is drawn. The peer is what one
writes first: the same numbers as JSON, one list a column, parsed and drawn as dots; no search, no
ids, no pictures, no colours.
"""
# ruff: noqa: E402 - the package and the browser of the tests are found by their folders

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "workflow"), str(ROOT / "tests")]

import pandas as pd
from simulated.whole_run import Run, write_run

from browser import open_page
from seston.report.map.stage import map_page

MEASUREMENTS = ["esd_um", "solidity", "mean_grey", "focus", "distance_percentile"]
THUMBNAILS = 10_000
PLAIN = """<!doctype html><meta charset="utf-8"><canvas id="map" width="1200" height="700"></canvas>
<script type="application/json" id="data">%s</script><script>
const data = JSON.parse(document.getElementById("data").textContent);
const context = document.getElementById("map").getContext("2d");
const range = (list) => list.reduce(([a, b], v) => [v < a ? v : a, v > b ? v : b], [1e9, -1e9]);
const [[left, right], [low, high]] = [range(data.map_x), range(data.map_y)];
data.map_x.forEach((x, i) => context.fillRect(
  (1200 * (x - left)) / (right - left), (700 * (data.map_y[i] - low)) / (high - low), 1, 1));
window.__ready = true;
</script>
"""


def build_map(run: Run, html: Path) -> None:
    """Write the map of a run."""
    map_page(
        **run._asdict(), title="Invented", seed=1, day_zero="2024-05-01", thumbnails=THUMBNAILS,
        measurements=MEASUREMENTS, html=html,
    )  # fmt: skip


def build_plain(run: Run, html: Path) -> None:
    """Write what one writes first: every column as JSON, rounded to what the map keeps."""
    columns = ["map_x", "map_y", "cluster", "density_cluster", *MEASUREMENTS]
    table = pd.read_parquet(run.images, columns=columns)
    digits = dict.fromkeys(["map_x", "map_y"], 4) | dict.fromkeys(MEASUREMENTS, 2)
    data = {name: table[name].round(digits.get(name, 0)).tolist() for name in columns}
    html.write_text(PLAIN % json.dumps(data, separators=(",", ":")))


BUILDS = {"map": build_map, "plain JSON": build_plain}


def opened(html: Path, profile: Path) -> tuple[float, float]:
    """Return seconds until the page is ready, and of the slowest of ten steps of zoom."""
    blank = profile / "blank.html"
    blank.parent.mkdir(parents=True)
    blank.write_text("<!doctype html>")
    browser = open_page(blank, profile / "user")
    try:
        browser.set_script_timeout(120)
        start = time.perf_counter()
        browser.get(html.as_uri())
        while not browser.execute_script("return window.__ready === true"):
            time.sleep(0.02)
        browser.execute_async_script(FRAMES)
        ready = time.perf_counter() - start
        zoom = browser.execute_async_script(ZOOM, 10)
    finally:
        browser.quit()
    return ready, zoom / 1000


FRAMES = "requestAnimationFrame(() => requestAnimationFrame(arguments[0]))"
#: Wheels into the middle of the map, and waits for the second frame after each step.
ZOOM = """
const [steps, done] = arguments;
const map = document.querySelector("canvas"), box = map.getBoundingClientRect();
const frame = () => new Promise(requestAnimationFrame);
(async () => {
  let worst = 0;
  for (let i = 0; i < steps; i++) {
    const start = performance.now();
    map.dispatchEvent(new WheelEvent("wheel", { deltaY: -100, bubbles: true, cancelable: true,
      clientX: box.x + box.width / 2, clientY: box.y + box.height / 2 }));
    await frame();
    await frame();
    worst = Math.max(worst, performance.now() - start);
  }
  done(worst);
})();
"""


def measure(what: str, folder: Path, html: Path) -> dict[str, float]:
    """Build one page in a process of its own and open it."""
    command = [sys.executable, __file__, "--build", what, str(folder), str(html)]
    told = subprocess.run(command, check=True, capture_output=True, text=True)
    row = json.loads(told.stdout.splitlines()[-1])
    row["MB"] = html.stat().st_size / 1e6
    row["ready s"], row["zoom s"] = opened(html, html.parent / f"browser {what}")
    return row


def build(what: str, folder: Path, html: Path) -> None:
    """Build one page here and print seconds and peak memory."""
    tiles = folder / "tiles"
    shards = sorted(path.stem for path in tiles.glob("*.arrow"))
    run = Run(folder / "images.parquet", folder / "kmeans.json", tiles, shards)
    start, used = time.perf_counter(), time.process_time()
    BUILDS[what](run, html)
    spent = {"build s": time.perf_counter() - start, "CPU s": time.process_time() - used}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(json.dumps(spent | {"peak GB": peak}))


def main() -> None:
    """Print a table for each number of organisms."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--organisms", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--clusters", type=int, default=100)
    parser.add_argument("--tile", type=int, default=64, help="side of a tile, px")
    parser.add_argument("--keep", type=Path, help="folder to copy the maps to")
    parser.add_argument("--build", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.build:
        build(given.build[0], *map(Path, given.build[1:]))
        return
    for organisms in given.organisms:
        with TemporaryDirectory() as name:
            folder = Path(name)
            write_run(folder, organisms, given.clusters, given.tile)
            os.sync()  # or the first page would wait for the tiles to be written
            pages = {what: folder / f"{what}.html" for what in BUILDS}
            rows = {what: measure(what, folder, html) for what, html in pages.items()}
            if given.keep:
                shutil.copy(pages["map"], given.keep / f"map_{organisms}.html")
        table = pd.DataFrame(rows).T
        table.loc["plain JSON", "zoom s"] = float("nan")  # it has none
        table.loc["plain JSON / map"] = table.loc["plain JSON"] / table.loc["map"]
        print(f"\n{organisms:,} organisms, {given.clusters} clusters\n{table.round(2).to_string()}")


if __name__ == "__main__":
    main()
