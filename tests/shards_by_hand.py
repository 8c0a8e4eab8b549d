"""Embeddings made by hand, for the tests of clustering."""

from pathlib import Path

import numpy as np

from seston.arrays import ArrayWriter


def write_shard(folder: Path, name: str, ids, rows, made_by: str = "model-a") -> Path:
    path = folder / f"{name}.arrow"
    rows = np.asarray(rows, np.float16)
    with ArrayWriter(
        path, "embeddings", "embedding", rows.shape[1:], np.float16, made_by
    ) as writer:
        writer.write(list(ids), rows)
    return path


def blobs(n: int, k: int, dim: int, seed: int, spread: float = 0.4, apart: float = 3.0):
    """n points around k centres; float16, and the blob of each."""
    generator = np.random.default_rng(seed)
    centres = generator.normal(size=(k, dim)) * apart
    blob = generator.integers(0, k, n)
    rows = centres[blob] + spread * generator.normal(size=(n, dim))
    return rows.astype(np.float16), blob


def three_shards(folder: Path, rows) -> list[str]:
    """Cut rows into the shards a (40 %), b (empty) and c (60 %), with ids."""
    cut = int(0.4 * len(rows))
    ids = [f"s/{i:06d}" for i in range(len(rows))]
    write_shard(folder, "a", ids[:cut], rows[:cut])
    write_shard(folder, "b", [], rows[:0])
    write_shard(folder, "c", ids[cut:], rows[cut:])
    return ["c", "a", "b"]
