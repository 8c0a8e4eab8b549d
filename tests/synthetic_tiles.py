"""Small tiles that have something to learn: bright discs of two sizes on a dark ground."""

from pathlib import Path

import numpy as np

from seston.arrays import ArrayWriter

SIZE = 32


def write_tiles(
    path: Path, counts: dict[str, int], seed: int = 0, made_by: str = "tiles-1", size: int = SIZE
) -> Path:
    """Write a shard with `counts` tiles of each sample."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:size, :size]
    with ArrayWriter(path, "tiles", "tile", (size, size, 3), np.uint8, made_by) as writer:
        for sample, count in sorted(counts.items()):
            centre = rng.uniform(size * 0.3, size * 0.7, (count, 2, 1, 1))
            radius = rng.choice([3.0, 7.0], (count, 1, 1))
            inside = (x - centre[:, 0]) ** 2 + (y - centre[:, 1]) ** 2 < radius**2
            grey = np.where(inside, 200, 40) + rng.integers(-20, 20, (count, size, size))
            tiles = np.repeat(grey[..., None].astype(np.uint8), 3, axis=3)
            writer.write([f"{sample}/{number:05d}" for number in range(count)], tiles)
    return path
