"""k-means of Seston beside scikit-learn's, on the same embeddings in the same run.

    python benchmarks/kmeans.py [--images 200000] [--dim 384] [--k 100] [--seeds 1]

Embeddings are a mixture of clusters of unequal size and shape, float16, in shards of 50,000 on
disk. Each method goes from the files to the label of each image. CPU-seconds on one thread, with
the BLAS each library brings; the objective is the mean squared distance of all images to the
nearest centroid, worked out anew for all methods alike. Seeds differ by about 1 % in objective:
take several before a claim.
"""
# ruff: noqa: E402 - threads are limited before the libraries are loaded

import argparse
import logging
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))
from seston.threads import limit_threads

limit_threads(1)

import numpy as np
import numpy.typing as npt
from sklearn.cluster import KMeans, MiniBatchKMeans

from seston.arrays import ArrayFile, ArrayWriter
from seston.cluster.assign import assign
from seston.cluster.kmeans import kmeans

SHARD = 50_000
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
    parts = [ArrayFile(folder / f"{name}.arrow", "embeddings").array() for name in names]
    return np.concatenate(parts).astype(np.float32)


def ours(
    folder: Path, names: list[str], k: int, seed: int, refine: int, sample_per_centroid: int = 1024
) -> Rows:
    paths = {"centroids": folder / "centroids.npy", "report": folder / "kmeans.json"}
    kmeans(
        embeddings_dir=folder, shards=names, k=k, iterations=25, refine=refine, spherical=False,
        sample_per_centroid=sample_per_centroid, seed=seed, **paths,
    )  # fmt: skip
    for name in names:
        assign(
            embeddings=folder / f"{name}.arrow", centroids=paths["centroids"],
            kmeans=paths["report"], clusters=folder / f"{name}.parquet",
        )  # fmt: skip
    return np.load(paths["centroids"])


def peer(model: type, folder: Path, names: list[str], k: int, seed: int, **settings: int) -> Rows:
    return (
        model(k, random_state=seed, n_init=1, **settings).fit(load(folder, names)).cluster_centers_
    )


def objective(rows: Rows, centroids: Rows) -> float:
    squares = 0.0
    for start in range(0, len(rows), SHARD):
        part = rows[start : start + SHARD]
        cross = (centroids**2).sum(axis=1) - 2 * part @ centroids.T
        squares += float(((part**2).sum(axis=1) + cross.min(axis=1)).sum(dtype=np.float64))
    return squares / len(rows)


def main() -> None:
    logging.getLogger("seston").setLevel(logging.ERROR)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=200_000)
    parser.add_argument("--dim", type=int, default=384)
    parser.add_argument("--k", type=int, default=100)
    parser.add_argument("--seeds", type=int, default=1)
    asked = parser.parse_args()
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        names = write_embeddings(folder, asked.images, asked.dim)
        methods: dict[str, Callable[[int], Rows]] = {
            "seston, refine 5": lambda seed: ours(folder, names, asked.k, seed, refine=5),
            "seston, refine 1": lambda seed: ours(folder, names, asked.k, seed, refine=1),
            "scikit-learn MiniBatchKMeans": lambda seed: peer(
                MiniBatchKMeans, folder, names, asked.k, seed, batch_size=4096
            ),
            "scikit-learn KMeans": lambda seed: peer(
                KMeans, folder, names, asked.k, seed, max_iter=25
            ),
        }
        print(f"{asked.images} x {asked.dim}, k = {asked.k}, {asked.seeds} seeds, one thread")
        costs: dict[str, list[tuple[float, float]]] = {name: [] for name in methods}
        for seed in range(asked.seeds):
            for name, method in methods.items():
                start = time.process_time()
                centroids = method(seed)
                seconds = time.process_time() - start
                costs[name].append((seconds, objective(load(folder, names), centroids)))
    reference = np.mean(costs["scikit-learn KMeans"], axis=0)
    print(f"{'method':30} CPU-s  times less  objective  over KMeans")
    for name, found in costs.items():
        seconds, mean = np.mean(found, axis=0)
        print(
            f"{name:30} {seconds:5.1f} {reference[0] / seconds:11.1f} {mean:10.4f}"
            f" {100 * (mean / reference[1] - 1):+11.2f} %"
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"peak memory of all methods together {peak:.2f} GB")


if __name__ == "__main__":
    main()
