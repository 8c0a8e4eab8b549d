"""k-means of Seston beside its peers, on the same embeddings in the same run.

    python benchmarks/kmeans.py [--images 125000 1000000] [--k 100] [--seeds 5] [--slow-seeds 1]

Embeddings are a mixture of clusters of unequal size and shape, float16, in shards of 25,000 on
disk; a smaller number of images is the first of these shards. Each method goes from the files to
the label of each image, in a process of its own, so that its peak memory is its own: "GB" is
all that was resident, mapped files included, "own" what it had allocated. CPU-seconds on one
thread; all sides get the same kernels of the BLAS they bring. The objective is the mean squared
distance of all images to the nearest centroid, worked out anew in float64 for all methods alike.
Seeds differ by about 1 %: take five before a claim. Then: how near the assignment comes to a
bare matrix product of the best BLAS at hand.
"""
# ruff: noqa: E402 - threads are limited before the libraries are loaded

import argparse
import json
import logging
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))
from seston.threads import limit_threads

limit_threads(1)

import faiss
import numpy as np
import numpy.typing as npt
from scipy.linalg.blas import sgemm

from seston.arrays import ArrayFile, ArrayWriter
from seston.cluster.assign import assign
from seston.cluster.kmeans import kmeans
from seston.cluster.nearest import ROWS, Nearest
from seston.cluster.shards import EmbeddingShards

SHARD = 25_000
ITERATIONS = 25  # of all methods, at most
Rows = npt.NDArray[np.float32]


def write_embeddings(folder: Path, images: int, dim: int, types: int = 200) -> list[str]:
    """Write shards of a mixture: sizes by Zipf's law, spreads that fall by a power law."""
    generator = np.random.default_rng(0)
    centres = generator.normal(size=(types, dim)).astype(np.float32)
    sizes = 1 / np.arange(1, types + 1)
    spread = np.arange(1, dim + 1, dtype=np.float32) ** -0.5
    turns = [
        np.linalg.qr(generator.normal(size=(dim, dim)))[0].astype(np.float32) for _ in range(8)
    ]
    names = []
    for start in range(0, images, SHARD):
        count = min(SHARD, images - start)
        kind = generator.choice(types, count, p=sizes / sizes.sum())
        noise = 4 * spread * generator.normal(size=(count, dim)).astype(np.float32)
        for turn in range(8):
            noise[kind % 8 == turn] @= turns[turn]
        rows = centres[kind] + noise
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        names.append(f"{start // SHARD:03d}")
        ids = [f"s/{start + i:08d}" for i in range(count)]
        path = folder / f"{names[-1]}.arrow"
        with ArrayWriter(path, "embeddings", "embedding", (dim,), np.float16, "synthetic") as file:
            file.write(ids, rows.astype(np.float16))
    return names


def load(folder: Path, names: list[str]) -> Rows:
    """Return all embeddings in float32, which the peers need."""
    files = [ArrayFile(folder / f"{name}.arrow", "embeddings") for name in names]
    rows = np.empty((sum(map(len, files)), *files[0].shape), np.float32)
    start = 0
    for file in files:
        for part in file.blocks():
            rows[start : start + len(part)] = part
            start += len(part)
    return rows


def seston(folder: Path, names: list[str], k: int, seed: int, **changes: object) -> Rows:
    settings = {"iterations": ITERATIONS, "sample_per_centroid": 1024, "starts": 0, "refine": 0}
    made = folder / f"seston-{seed}"
    kmeans(
        embeddings_dir=folder, shards=names, k=k, spherical=False, seed=seed,
        centroids=made / "centroids.npy", space_file=made / "space.npz",
        report=made / "kmeans.json", **(settings | changes),
    )  # fmt: skip
    for name in names:
        path = made / f"{name}.parquet"
        assign(embeddings=folder / f"{name}.arrow", kmeans=made, clusters=path)
    centroids = np.load(made / "centroids.npy")
    shutil.rmtree(made)
    return centroids


def scikit_learn(folder: Path, names: list[str], k: int, seed: int) -> Rows:
    from sklearn.cluster import KMeans

    model = KMeans(k, random_state=seed, n_init=1, max_iter=ITERATIONS, copy_x=False)
    return model.fit(load(folder, names)).cluster_centers_


def minibatch(folder: Path, names: list[str], k: int, seed: int) -> Rows:
    from sklearn.cluster import MiniBatchKMeans

    model = MiniBatchKMeans(k, random_state=seed, n_init=1, batch_size=4096)
    return model.fit(load(folder, names)).cluster_centers_


def plain_faiss(folder: Path, names: list[str], k: int, seed: int, per: int = 256) -> Rows:
    rows = load(folder, names)
    model = faiss.Kmeans(rows.shape[1], k, niter=ITERATIONS, seed=seed, max_points_per_centroid=per)
    model.train(rows)
    model.index.search(rows, 1)
    return model.centroids


METHODS: dict[str, Callable[..., Rows]] = {
    "seston": seston,
    "seston, refine 1": lambda *given: seston(*given, refine=1),
    "seston, 1 start": lambda *given: seston(*given, starts=1),
    "seston, all images": lambda *given: seston(*given, sample_per_centroid=0),
    "seston on a GPU": lambda *given: seston(*given, device="gpu"),
    "MiniBatchKMeans (4096)": minibatch,
    "faiss.Kmeans (256 a cluster)": plain_faiss,
    "faiss.Kmeans (all)": lambda *given: plain_faiss(*given, per=10**9),
    "scikit-learn KMeans": scikit_learn,
}
SLOW = ("scikit-learn KMeans", "faiss.Kmeans (all)", "seston, all images")


class Peak(threading.Thread):
    """Watches the memory that this process has allocated."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.highest = 0.0

    def run(self) -> None:
        """Look every 20 ms until the process ends."""
        while True:
            for line in Path("/proc/self/status").read_text().splitlines():
                if line.startswith("RssAnon"):
                    self.highest = max(self.highest, int(line.split()[1]) / 1e6)
            time.sleep(0.02)


def resident() -> float:
    """Return the most memory (GB) that was resident, mapped files included."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1e6
    return float("nan")


def run_one(method: str, folder: Path, images: int, k: int, seed: int) -> None:
    """Run a method in this process and print what it cost, as JSON."""
    logging.getLogger("seston").setLevel(logging.ERROR)
    names = sorted(path.stem for path in folder.glob("*.arrow"))[: -(-images // SHARD)]
    peak = Peak()
    peak.start()
    start, began = time.process_time(), time.perf_counter()
    centroids = METHODS[method](folder, names, k, seed)
    cost = time.process_time() - start, time.perf_counter() - began, resident(), peak.highest
    print(json.dumps([*cost, objective(EmbeddingShards(folder, names), centroids)]))


def objective(rows: EmbeddingShards, centroids: Rows) -> float:
    """Return the mean squared distance to the nearest centroid, from differences in float64."""
    halves, total = (centroids.astype(np.float64) ** 2).sum(axis=1) / 2, 0.0
    for block in rows.blocks():
        apart = block - centroids[(block @ centroids.T - halves).argmax(axis=1)].astype(np.float64)
        total += float(np.vecdot(apart, apart).sum())
    return total / len(rows)


def compare(folder: Path, images: int, k: int, asked: argparse.Namespace) -> None:
    """Run all methods and print a line for each."""
    print(f"\n{images} x {asked.dim}, k = {k}, one thread")
    print(f"{'method':30} seeds   CPU-s  times less  wall s    GB   own  objective  over KMeans")
    results = {}
    for method in reversed(METHODS):
        if method == "seston on a GPU" and not shutil.which("nvidia-smi"):
            continue
        if asked.only and not any(method.startswith(name) for name in asked.only):
            continue
        found = []
        for seed in range(asked.slow_seeds if method in SLOW else asked.seeds):
            command = [sys.executable, __file__, "--method", method, "--folder", str(folder)]
            command += ["--images", str(images), "--k", str(k), "--first-seed", str(seed)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            found.append(json.loads(done.stdout.splitlines()[-1]))
        results[method] = np.mean(found, axis=0) if found else np.full(5, np.nan)
        reference = results.get("scikit-learn KMeans", np.full(5, np.nan))
        seconds, wall, held, own, mean = results[method]
        print(
            f"{method:30} {len(found):5} {seconds:7.1f} {reference[0] / seconds:11.1f} {wall:7.1f}"
            f"  {held:.2f}  {own:.2f}    {mean:.5f}  {100 * (mean / reference[4] - 1):+10.2f} %",
            flush=True,
        )


def against_blas(folder: Path, k: int, rounds: int = 9) -> None:
    """Print how near the assignment comes to the matrix product that it needs."""
    shard = EmbeddingShards(folder, [min(path.stem for path in folder.glob("*.arrow"))])
    block = shard.take(np.arange(len(shard)))
    centroids = block[np.random.default_rng(0).choice(len(block), k, replace=len(block) < k)]
    factors, nearest = np.ascontiguousarray(centroids.T), Nearest(centroids)
    index = faiss.IndexFlatL2(shard.dim)
    index.add(centroids)

    def numpys(rows: int) -> None:
        scores = np.empty((rows, k), np.float32)
        for start in range(0, len(block), rows):
            some = block[start : start + rows]
            np.matmul(some, factors, out=scores[: len(some)])

    def scipys(rows: int) -> None:
        scores = np.empty((rows, k), np.float32)
        for start in range(0, len(block), rows):
            some = block[start : start + rows]
            given = scores[: len(some)].T
            sgemm(1, centroids.T, some.T, 0, given, trans_a=1, overwrite_c=1)

    products = {
        f"bare product, {name}, {rows} rows": partial(way, rows)
        for rows in (ROWS, 4 * ROWS)
        for name, way in (("numpy", numpys), ("scipy", scipys))
    }
    ways = products | {
        "nearest centroid": lambda: nearest.one(block),
        "two nearest, exact distances": lambda: nearest.two(block),
        "the same, from float16 on disk": lambda: [nearest.two(part) for part in shard.blocks()],
        "faiss, nearest": lambda: index.search(block, 1),
        "faiss, two nearest": lambda: index.search(block, 2),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):  # in turns, as others use the machine too
        for name, way in ways.items():
            start = time.process_time()
            way()
            seconds[name].append(time.process_time() - start)
    least = {name: min(times) for name, times in seconds.items()}
    limit = min(least[name] for name in products)
    print(
        f"\nassignment, k = {k}: the best product does {len(block) / limit:.0f} images a CPU-second"
        f" ({2e-9 * k * shard.dim * len(block) / limit:.0f} GFLOP/s)"
    )
    for name, least_ in least.items():
        print(f"  {name:36} {len(block) / least_:9.0f} a CPU-second {limit / least_:.0%}")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, nargs="+", default=[200_000])
    parser.add_argument("--dim", type=int, default=384)
    parser.add_argument("--k", type=int, nargs="+", default=[100])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--slow-seeds", type=int, default=1, help="of the slow peers")
    parser.add_argument("--only", nargs="+", help="methods whose names begin so")
    parser.add_argument(
        "--folder", type=Path, help="of the embeddings, written where there are none"
    )
    parser.add_argument("--method", help=argparse.SUPPRESS)
    parser.add_argument("--first-seed", type=int, default=0, help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.method:
        run_one(asked.method, asked.folder, asked.images[0], asked.k[0], asked.first_seed)
        return
    with TemporaryDirectory() as temporary:
        folder = asked.folder or Path(temporary)
        if not any(folder.glob("*.arrow")):
            write_embeddings(folder, max(asked.images), asked.dim)
        for images in asked.images:
            for k in asked.k:
                compare(folder, images, k, asked)
        for k in asked.k:
            against_blas(folder, k)


if __name__ == "__main__":
    main()
