"""How well clusters that were found without labels agree with labels, on lake images.

    python benchmarks/clusters.py zoolake-2018 WORK --name N --weights W [--feature F] [--size S]
        [--embeddings FOLDER …] [--k 21 50 100] [--seeds 1 2 3 4 5]

`zoolake-2018` has a folder of images for each day and `labels.csv` (image, label); WORK is that of
`benchmarks/finetune.py`, which is run first, with the same options, where WORK has no embeddings
yet. Each folder of `WORK/<until>/embeddings` (or those named) is clustered with all its images by
the stages of the workflow at their default settings: k-means, the number of clusters that
the sweep chooses, coarse groups by rule, and density clusters. Labels are used to compare only.

Printed: means over the seeds with 95 % intervals (Student's t) of normalized and adjusted mutual
information and purity; the number of clusters; the share of noise, which counts as one more
cluster ("density"), or is left out ("density, without noise").
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import faiss
import numpy as np
from scipy import stats

from seston import store
from seston.cluster.clustering import open_points
from seston.cluster.density import density_map
from seston.cluster.kmeans import kmeans
from seston.cluster.sweep import sweep
from seston.cluster.tree import tree
from seston.evaluate.agreement import agreement
from seston.labels.table import read_labels
from seston.threads import limit_threads

SHARDS = ["seen", "unseen"]
DENSITY = {
    "fit": 100_000, "neighbors": 30, "min_dist": 0.0, "components": 50, "min_cluster_size": 0,
    "min_samples": 10,
}  # fmt: skip


class Lake:
    """Embeddings of labelled images, clustered again and again."""

    def __init__(self, folder: Path, labels: dict[str, str], scratch: Path) -> None:
        self.folder, self.labels, self.scratch = folder, labels, scratch

    def compare(self, ids: list[str], clusters: np.ndarray) -> tuple[float, ...]:
        """Return NMI, AMI, purity and how many clusters, of the labelled images."""
        known = [row for row, name in enumerate(ids) if name in self.labels]
        _, codes = np.unique([self.labels[ids[row]] for row in known], return_inverse=True)
        nmi, ami, _, purity = agreement(codes, clusters[known])
        return nmi, ami, purity, len(np.unique(clusters[known]))

    def kmeans(self, k: int, seed: int) -> Iterator[tuple[str, tuple[float, ...]]]:
        """Cluster and join to groups; yield both comparisons."""
        out = self.scratch / f"kmeans-{k}-{seed}"
        kmeans(
            embeddings_dir=self.folder, shards=SHARDS, k=k, iterations=25,
            sample_per_centroid=1024, refine=5, spherical=False, seed=seed,
            centroids=out / "centroids.npy", space_file=out / "space.npz",
            report=out / "kmeans.json",
        )  # fmt: skip
        points, _, centroids = open_points(self.folder, SHARDS, out)
        nearest = faiss.knn(points.take(points.order), centroids, 1)[1][:, 0]
        ids = points.ids.to_pylist()
        yield f"k-means, {k}", self.compare(ids, nearest)
        names = {"tree": "tree.tsv", "newick": "tree.nwk", "report": "tree.json"}
        paths = {key: out / name for key, name in names.items()}
        tree(kmeans=out, coarse=0, groups=out / "coarse.tsv", **paths)
        group = np.loadtxt(out / "coarse.tsv", int, skiprows=1, ndmin=2)[:, 1]
        yield f"coarse groups of {k}", self.compare(ids, group[nearest])

    def chosen(self, seed: int) -> int:
        """Return the number of clusters that the sweep chooses."""
        out = self.scratch / f"sweep-{seed}"
        sweep(
            embeddings_dir=self.folder, shards=SHARDS, images=20_000, seeds=5, bootstraps=0,
            iterations=25, spherical=False, seed=seed, table=out / "sweep.tsv",
            report=out / "sweep.json",
        )  # fmt: skip
        return int(json.loads((out / "sweep.json").read_text())["k"])

    def density(self, seed: int) -> Iterator[tuple[str, tuple[float, ...]]]:
        """Find density clusters; yield comparisons with and without the noise."""
        out = self.scratch / f"map-{seed}"
        density_map(
            embeddings_dir=self.folder, shards=SHARDS, seed=seed, map=out / "map.parquet",
            report=out / "map.json", **DENSITY,
        )  # fmt: skip
        table = store.read_table(out / "map.parquet", "map", ["image_id", "density_cluster"])
        ids, found = table["image_id"].to_pylist(), table["density_cluster"].to_numpy()
        noise = float((found < 0).mean())
        yield "density", (*self.compare(ids, found), noise)
        kept = np.flatnonzero(found >= 0)
        without = self.compare([ids[row] for row in kept], found[kept])
        yield "density, without noise", (*without, noise)


def told(values: np.ndarray) -> str:
    """Return mean and 95 % interval of some runs."""
    mean = values.mean()
    if len(values) < 2:
        return f"{mean:.3f}".ljust(15)
    half = stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return f"{mean:.3f} ± {half:.3f}".ljust(15)


def show(runs: list[list[tuple[str, tuple[float, ...]]]]) -> None:
    """Print a line for each comparison, over all seeds."""
    for found in zip(*runs, strict=True):
        values = np.array([figures for _, figures in found])
        cells = " ".join(told(values[:, column]) for column in range(3))
        noise = f"{100 * values[:, 4].mean():.1f} %" if values.shape[1] > 4 else ""
        print(f"  {found[0][0]:24} {cells} {values[:, 3].mean():8.1f}  {noise}", flush=True)


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--until", default="2018-09-01")
    parser.add_argument("--embeddings", nargs="*", default=[])
    parser.add_argument("--k", type=int, nargs="*", default=[21, 50, 100])
    parser.add_argument("--seeds", type=int, nargs="*", default=[1, 2, 3, 4, 5])
    given, more = parser.parse_known_args()
    limit_threads(1)
    faiss.omp_set_num_threads(1)
    work = given.work / given.until
    if not (work / "embeddings").is_dir():
        finetune = Path(__file__).with_name("finetune.py")
        options = [str(given.source), str(given.work), "--until", given.until, *more]
        subprocess.run([sys.executable, str(finetune), *options], check=True)
    labels = read_labels(work / "labels.tsv")
    folders = [work / "embeddings" / name for name in given.embeddings]
    for folder in folders or sorted((work / "embeddings").iterdir()):
        began = time.process_time()
        with TemporaryDirectory() as scratch:
            lake = Lake(folder, labels, Path(scratch))
            auto = lake.chosen(given.seeds[0])
            print(f"{folder.name}: the sweep chose {auto} clusters")
            print(f"  {'':24} {'NMI':15} {'AMI':15} {'purity':15} clusters  noise", flush=True)
            for k in dict.fromkeys([*given.k, auto]):
                show([list(lake.kmeans(k, seed)) for seed in given.seeds])
            show([list(lake.density(seed)) for seed in given.seeds])
        print(f"  {time.process_time() - began:.0f} CPU-s", flush=True)


if __name__ == "__main__":
    main()
