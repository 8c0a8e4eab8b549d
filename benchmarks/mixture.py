"""Made-up embeddings of known types, for the benchmarks of the map and of the search."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from seston.arrays import ArrayWriter

SHARD, DIM, TYPES = 50_000, 384, 200
Rows = npt.NDArray[np.float32]
Labels = npt.NDArray[np.integer]


def mixture(images: int, seed: int = 0) -> tuple[Rows, Labels]:
    """Return embeddings (n, DIM) of unit length and the type of each.

    Types are of sizes by Zipf's law; spreads fall by a power law along axes that eight kinds of
    types have in common. The types are the same whatever the seed.
    """
    fixed, generator = np.random.default_rng(0), np.random.default_rng([1, seed])
    centres = fixed.normal(size=(TYPES, DIM)).astype(np.float32)
    turns = [np.linalg.qr(fixed.normal(size=(DIM, DIM)))[0].astype(np.float32) for _ in range(8)]
    sizes = 1 / np.arange(1, TYPES + 1)
    kind = generator.choice(TYPES, images, p=sizes / sizes.sum())
    noise = generator.standard_normal((images, DIM), np.float32)
    noise *= 4 * np.arange(1, DIM + 1, dtype=np.float32) ** -0.5
    for turn in range(8):
        noise[kind % 8 == turn] @= turns[turn]
    rows = centres[kind] + noise
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows, kind


def write_mixture(folder: Path, images: int) -> tuple[list[str], Labels]:
    """Write shards of a mixture; return their names and the types in the order of the ids."""
    names, kinds = [], []
    for number, start in enumerate(range(0, images, SHARD)):
        rows, kind = mixture(min(SHARD, images - start), number)
        names.append(f"{number:04d}")
        kinds.append(kind)
        ids = [f"s/{start + i:08d}" for i in range(len(rows))]
        path = folder / f"{names[-1]}.arrow"
        with ArrayWriter(path, "embeddings", "embedding", (DIM,), np.float16, "mixture") as file:
            file.write(ids, rows.astype(np.float16))
    return names, np.concatenate(kinds)
