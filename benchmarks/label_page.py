"""The naming page of many clusters: how long to build, how large, how soon it can be used.

    python benchmarks/label_page.py [--organisms 100000] [--clusters 200] [--per-cluster 32]

A run is invented (`simulated/whole_run.py`, with pictures of the example) and clustered at random
by Zipf's law; embeddings are 384 numbers around a centre for each cluster. Seconds and peak memory
are those of a process of its own. Chromium opens the page from its file, the network cut off:
"ready" is until a cluster is shown, "next" the mean of thirty clusters, or all there are, passed on
by key. The peer is what one writes first: each picture a WebP of its own, as an image element, all
in sight.
"""
# ruff: noqa: E402 - the package and the browser of the tests are found by their folders

import argparse
import json
import resource
import subprocess
import sys
import time
from base64 import b64encode
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "workflow"), str(ROOT / "tests")]

import numpy as np
import pyarrow as pa
from PIL import Image
from simulated.whole_run import CLUSTERING, write_run

from chromium import open_chromium
from seston import store
from seston.arrays import ArrayWriter
from seston.label.order import ORDERS, Members
from seston.label.page import label_page
from seston.label.pictures import Pictures
from seston.naming.rows import COARSE, COLUMNS
from seston.schemas import IMAGES
from seston.tsv import write_tsv

DIM, PASSED = 384, 30
WAIT = "Seston.view.one.cluster !== {} && Seston.view.sheet"


def invent(folder: Path, organisms: int, clusters: int) -> list[str]:
    """Write what the page needs of a run; return its shards."""
    run = write_run(folder, organisms, clusters, 64)
    rng = np.random.default_rng(1)
    weights = 1 / np.arange(1, clusters + 1) ** 0.8
    cluster = rng.choice(clusters, organisms, p=weights / weights.sum())
    table = store.read_table(run.images, "images")
    new = {
        "cluster": cluster,
        "distance": rng.gamma(4, 1, organisms),
        "margin": rng.random(organisms),
    }
    for name, values in new.items():
        field = table.schema.field(name)
        table = table.set_column(
            table.schema.get_field_index(name), field, pa.array(values, field.type)
        )
    store.write_table(table, run.images, IMAGES, "images", "s" * 64)
    centres = rng.normal(0, 1, (clusters, DIM)).astype(np.float32)
    for shard in run.shards:
        ids = store_ids(run.tiles_dir / f"{shard}.arrow")
        mine = np.isin(table["image_id"].to_numpy(zero_copy_only=False), ids)
        rows = centres[cluster[mine]] + rng.normal(0, 0.7, (mine.sum(), DIM))
        path = folder / "embeddings" / f"{shard}.arrow"
        with ArrayWriter(path, "embeddings", "embedding", (DIM,), np.float16, "e" * 64) as writer:
            writer.write(ids, rows.astype(np.float16))
    count = np.bincount(cluster, minlength=clusters)
    write_tsv(
        {"cluster": range(clusters), "images": count, "stability": rng.random(clusters),
         "flags": ["unstable" if i % 3 else "" for i in range(clusters)]},
        folder / "clusters.tsv",
    )  # fmt: skip
    names = {name: [""] * clusters for name in COLUMNS[2:]} | {COARSE: ["0"] * clusters}
    of = {"clustering": [CLUSTERING] * clusters, "cluster": range(clusters)}
    write_tsv(of | names, folder / "names.tsv")
    return run.shards


def store_ids(path: Path) -> list[str]:
    """Return the ids of a file of tiles, in its order."""
    with pa.memory_map(str(path)) as source:
        return pa.ipc.open_file(source).read_all()["image_id"].to_pylist()


def build(folder: Path, shards: list[str], per_cluster: int) -> None:
    """Write the page."""
    label_page(
        images=folder / "images.parquet", clusters=folder / "clusters.tsv",
        names=folder / "names.tsv", kmeans=folder / "kmeans.json", tiles_dir=folder / "tiles",
        shards=shards, embeddings_dir=folder / "embeddings",
        title="Invented", seed=1, per_cluster=per_cluster, html=folder / "label.html",
    )  # fmt: skip


def build_plain(folder: Path, shards: list[str], per_cluster: int) -> None:
    """Write what one writes first, without those near, which need the embeddings."""
    table = store.read_table(folder / "images.parquet", "images")
    cluster, distance, margin = (
        table[name].to_numpy() for name in ("cluster", "distance", "margin")
    )
    members = Members(cluster, distance, margin, 1)
    pictures = Pictures(folder / "tiles", shards, table["image_id"])
    with (folder / "plain.html").open("w") as page:
        for number in range(cluster.max() + 1):
            for order in ORDERS:
                page.write(f"<h2>{number} {order}</h2>")
                for tile in pictures.take(members.of(number, order)[:per_cluster]):
                    out = BytesIO()
                    Image.fromarray(tile).save(out, "WEBP", quality=60, method=4)
                    page.write(
                        f'<img src="data:image/webp;base64,{b64encode(out.getvalue()).decode()}">'
                    )


def in_a_process(what: str, folder: Path, shards: list[str], per_cluster: int) -> dict[str, float]:
    command = [
        sys.executable,
        __file__,
        "--only",
        what,
        json.dumps([str(folder), shards, per_cluster]),
    ]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def opened(html: Path, profile: Path, clusters: int) -> tuple[float, float]:
    """Return seconds until the page is ready, and until the next cluster is shown."""
    profile.mkdir()
    page = open_chromium(profile)
    try:
        start = time.perf_counter()
        page.open(html)
        ready = time.perf_counter() - start
        start = time.perf_counter()
        passed = min(PASSED, clusters - 1)  # the last one has no next
        for _ in range(passed):
            here = page.value("Seston.view.one.cluster")
            page.press("n")
            page.wait(WAIT.format(here))
        return ready, (time.perf_counter() - start) / passed
    finally:
        page.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--organisms", type=int, default=100_000)
    parser.add_argument("--clusters", type=int, default=200)
    parser.add_argument("--per-cluster", type=int, default=32)
    parser.add_argument("--only", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.only:
        what, given = asked.only
        folder, shards, per_cluster = json.loads(given)
        start = time.perf_counter()
        (build if what == "label" else build_plain)(Path(folder), shards, per_cluster)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        print(json.dumps({"seconds": time.perf_counter() - start, "peak": peak}))
        return
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        shards = invent(folder, asked.organisms, asked.clusters)
        for what in ("label", "plain"):
            cost = in_a_process(what, folder, shards, asked.per_cluster)
            size = (folder / f"{what}.html").stat().st_size / 1e6
            print(f"{what}: {cost['seconds']:.1f} s, {size:.1f} MB, peak {cost['peak']:.2f} GB")
        text = (folder / "label.html").read_text()
        shown = json.loads(text.split('id="facts">')[1].split("</script>")[0])["shown"]
        ready, onward = opened(folder / "label.html", folder / "profile", asked.clusters)
        print(f"{shown} images of each order; ready {ready:.2f} s, next {1000 * onward:.0f} ms")


if __name__ == "__main__":
    main()
