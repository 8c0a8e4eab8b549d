"""Of which organisms attention is mapped, and the pictures that the maps are laid over."""

import difflib
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from seston import store
from seston.collection import Tiles, choose_images
from seston.crops import read_crops
from seston.errors import SestonError
from seston.tiles import make_tile

#: Sides of the pictures the maps are laid over, px: of the images, and of those of clusters.
PICTURE, SMALL = 256, 128
#: Clusters of which an organism is shown, the largest first: they are numbered by size.
MOST_CLUSTERS = 200


def choose(
    tiles: Tiles, asked: list[str], images: int, seed: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Return the positions to show, and which of them were asked for by id.

    First the ones asked for, in the order asked; then `images` drawn at random from the
    others, evenly over the samples.

    Raises
    ------
    SestonError
        If an id is unknown, with those that look like it.
    """
    wanted = list(dict.fromkeys(asked))
    first = find(tiles, wanted)
    unknown = [f"{wanted[one]}{_near(wanted[one], tiles)}" for one in np.flatnonzero(first < 0)]
    if unknown:
        raise SestonError(
            f"attention.ids: {len(unknown)} of {len(wanted)} are no organisms of this run (what"
            f" was rejected has no tile): {'; '.join(unknown)}"
        )
    rest = np.setdiff1d(np.arange(len(tiles)), first)
    drawn = choose_images(tiles.sample_codes[rest], images, np.random.default_rng(seed))[:images]
    positions = np.concatenate([first, rest[np.sort(drawn)]])
    return positions, np.arange(len(positions)) < len(first)


def find(tiles: Tiles, ids: list[str]) -> npt.NDArray[np.int64]:
    """Return the positions of the tiles of these images, each once; -1 where there is none."""
    positions = np.full(len(ids), -1)
    asked, start = pa.array(ids, pa.string()), 0
    for file in tiles.files:
        which = pc.index_in(file.ids, value_set=asked)
        here = np.flatnonzero(which.is_valid().to_numpy())
        positions[which.take(pa.array(here)).to_numpy().astype(np.int64)] = start + here
        start += len(file)
    return positions


def typical(examples: Path) -> tuple[pa.Table, str]:
    """Return the most typical organism of each of the largest clusters, and the clustering.

    Returns
    -------
    table : pyarrow.Table
        ``cluster``, ``image_id``, ``crop``; at most `MOST_CLUSTERS` rows, by cluster.
    clustering : str
        Its fingerprint.
    """
    columns = ["cluster", "kind", "rank", "image_id", "crop"]
    table = store.read_table(examples, "examples", columns)
    first = pc.and_(pc.equal(table["kind"], "typical"), pc.equal(table["rank"], 0))
    table = table.filter(first).sort_by("cluster").slice(0, MOST_CLUSTERS)
    return table.select(["cluster", "image_id", "crop"]), store.metadata(table.schema)["clusters"]


def pictures(
    tiles: Tiles, positions: npt.NDArray[np.int64], segment_dir: Path
) -> npt.NDArray[np.uint8]:
    """Return the crops behind these tiles, (n, PICTURE, PICTURE, 3), padded as the tiles are."""
    shards = np.repeat([file.path.stem for file in tiles.files], [len(f) for f in tiles.files])
    found: dict[str, tuple[float | None, bytes]] = {}
    for shard in np.unique(shards[positions]):
        ids = tiles.ids_at(positions[shards[positions] == shard])
        found |= read_crops(segment_dir / str(shard) / "crops.parquet", ids)
    return squares([found[name][1] for name in tiles.ids_at(positions)], PICTURE)


def squares(crops: list[bytes], side: int) -> npt.NDArray[np.uint8]:
    """Return PNG crops padded as the tiles are, (n, side, side, 3)."""
    made = [make_tile(crop, side) for crop in crops]
    return np.stack(made) if made else np.empty((0, side, side, 3), np.uint8)


def _near(name: str, tiles: Tiles) -> str:
    sample, _, _ = name.partition("/")
    same = tiles.ids[tiles.samples == sample].tolist()
    if same:
        near = difflib.get_close_matches(name, same, 3)
        return f" (did you mean {' or '.join(near)}?)" if near else ""
    near = difflib.get_close_matches(sample, np.unique(tiles.samples).tolist(), 3)
    return f" (no sample {sample}{'; samples like it: ' if near else ''}{', '.join(near)})"
