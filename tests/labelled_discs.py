"""A manifest of discs of two sizes and two shades, on tiles that a network learns in seconds."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from seston.arrays import ArrayWriter
from seston.labels.manifest import TEST, TRAIN, VALIDATION, Labelled

SIZE = 32
CLASSES = ("large", "small", "small dark")
DAYS, A_DAY = 12, 20


def make_labelled(annotators: int = 1, seed: int = 0) -> Labelled:
    """Return 240 organisms of 12 days: 60 % large, 30 % small, 10 % small dark.

    Days 0 to 5 are for training, 6 to 8 for validation, 9 to 11 for the test; in the second split
    the other way round. The second annotator calls every small one dark; the third agrees with
    the first.
    """
    rng = np.random.default_rng(seed)
    of_a_day = np.repeat([0, 1, 2], [12, 6, 2])
    codes = np.concatenate([rng.permutation(of_a_day) for _ in range(DAYS)])
    units = np.repeat(np.arange(DAYS), A_DAY)
    said = np.tile(codes[:, None], (1, annotators))
    if annotators > 1:
        said[:, 1] = np.where(codes == 1, 2, codes)
    votes = np.stack([(said == code).mean(axis=1) for code in range(3)], axis=1)
    first = np.repeat([TRAIN, VALIDATION, TEST], [6 * A_DAY, 3 * A_DAY, 3 * A_DAY])
    parts = np.stack([first, first[::-1]]).astype(np.int8)
    ranks = np.full(parts.shape, -1, np.int32)
    for split, of in enumerate(parts):
        for part in (TRAIN, VALIDATION):
            for code in range(3):
                rows = rng.permutation(np.flatnonzero((of == part) & (codes == code)))
                ranks[split, rows] = np.arange(len(rows))
    names = tuple(f"2018-05-{day + 1:02d}" for day in range(DAYS))
    ids = [f"{names[unit]}/{place:03d}" for place, unit in enumerate(units)]
    return Labelled(
        pa.array(ids), CLASSES, tuple("abc"[:annotators]), said, votes, codes, units, names, "day",
        units % 3, parts, ranks,
    )  # fmt: skip


def write_discs(folder: Path, labelled: Labelled, seed: int = 0) -> list[str]:
    """Write the tiles in two shards, and return their names."""
    rng = np.random.default_rng(seed)
    n = len(labelled)
    y, x = np.mgrid[:SIZE, :SIZE]
    centre = rng.uniform(SIZE * 0.4, SIZE * 0.6, (n, 2, 1, 1))
    radius = np.where(labelled.codes == 0, 9.0, 4.0)[:, None, None]
    bright = np.where(labelled.codes == 2, 110, 200)[:, None, None]
    inside = (x - centre[:, 0]) ** 2 + (y - centre[:, 1]) ** 2 < radius**2
    grey = np.where(inside, bright, 40) + rng.integers(-10, 10, (n, SIZE, SIZE))
    tiles = np.repeat(grey[..., None].astype(np.uint8), 3, axis=3)
    ids = np.array(labelled.ids.to_pylist())
    for shard, rows in {"one": slice(0, 100), "two": slice(100, n)}.items():
        path = folder / f"{shard}.arrow"
        with ArrayWriter(path, "tiles", "tile", (SIZE, SIZE, 3), np.uint8, "tiles-1") as writer:
            writer.write(ids[rows].tolist(), tiles[rows])
    return ["one", "two"]


def write_embeddings(folder: Path, labelled: Labelled, seed: int = 0) -> None:
    """Write embeddings of 8 numbers in which the classes lie apart, in the shards of the tiles."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(0, 1, (len(labelled), 8)).astype(np.float16)
    rows[np.arange(len(labelled)), labelled.codes] += 3
    ids = np.array(labelled.ids.to_pylist())
    for shard, part in {"one": slice(0, 100), "two": slice(100, len(labelled))}.items():
        path = folder / f"{shard}.arrow"
        with ArrayWriter(path, "embeddings", "embedding", (8,), np.float16, "model-1") as writer:
            writer.write(ids[part].tolist(), rows[part])
