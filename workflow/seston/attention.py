"""Stage `attention`: where a vision transformer looks, before and after training."""

import logging
from pathlib import Path

import numpy as np
import numpy.typing as npt

from seston import store
from seston.attended import SMALL, choose, find, pictures, squares, typical
from seston.collection import Tiles
from seston.errors import SestonError
from seston.models.attention_maps import attention_maps
from seston.models.hardware import choose_device, repeatable
from seston.models.model_file import read_model

log = logging.getLogger("seston")


def attention(
    *,
    tiles_dir: Path,
    segment_dir: Path,
    shards: list[str],
    pretrained: Path,
    finetuned: Path | None = None,
    examples: Path | None = None,
    attention: Path,
    images: int,
    ids: list[str] | None = None,
    seed: int,
    device: str = "auto",
    threads: int = 1,
) -> None:
    """Compute attention maps of the same images before and after fine-tuning.

    Besides, where a model looks in the most typical organism of each cluster.

    Parameters
    ----------
    tiles_dir : pathlib.Path
        Folder of the tiles.
    segment_dir : pathlib.Path
        Folder with ``<shard>/crops.parquet``.
    shards : list of str
        Names of the shards to draw from.
    pretrained : pathlib.Path
        Model file before training.
    finetuned : pathlib.Path or None
        Model file after training, if there is one.
    examples : pathlib.Path or None
        Organisms of each cluster (``examples.parquet``).
    attention : pathlib.Path
        ``.npz`` file to write: ids, chosen, pictures, tiles, per model its name (last block
        per head) and ``<name>_rollout``, note. With `examples` also clustering (its
        fingerprint), clusters, clusters_ids, clusters_pictures, and per model
        ``clusters_<name>`` (rollout).
    images : int
        How many images to draw, evenly over the samples.
    ids : list of str or None
        Images to show besides, by their image_id.
    seed : int
        Of the draw.
    device : str
        ``auto``, ``cpu`` or ``cuda``.
    threads : int
        Threads to use.

    Raises
    ------
    SestonError
        If tiles, models and examples do not fit together, or an id is unknown.
    """
    where = choose_device(device)
    repeatable(threads, where)
    tiles = Tiles(tiles_dir, shards)
    positions, chosen = choose(tiles, ids or [], images, seed)
    shown = tiles.take(positions)
    arrays: dict[str, npt.NDArray] = {
        "ids": np.array(tiles.ids_at(positions), dtype=np.str_),
        "chosen": chosen,
        "pictures": pictures(tiles, positions, segment_dir),
        "tiles": shown,
    }
    of_clusters = np.empty((0, *shown.shape[1:]), np.uint8)
    if examples is not None:
        of_clusters, more = _of_clusters(tiles, examples)
        arrays |= more
    both = np.concatenate([shown, of_clusters])
    notes = []
    for name, path in (("pretrained", pretrained), ("finetuned", finetuned)):
        if path is None:
            continue
        backbone, card, _ = read_model(path)
        tiles.require_fit(path, card.image_size, card.tiles)
        maps = attention_maps(backbone, both, where)
        if maps is None:
            notes.append(f"{card.name} has no attention from a CLS token to patches")
            continue
        arrays[name], arrays[f"{name}_rollout"] = (one[: len(shown)] for one in maps)
        if examples is not None:
            arrays[f"clusters_{name}"] = maps[1][len(shown) :]
    arrays["note"] = np.array("; ".join(dict.fromkeys(notes)))
    with store.atomic(attention) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)
    told = f" and {len(of_clusters)} clusters" if examples is not None else ""
    log.info("attention of %d images%s%s", len(shown), told, "".join(f"; {one}" for one in notes))


def _of_clusters(
    tiles: Tiles, examples: Path
) -> tuple[npt.NDArray[np.uint8], dict[str, npt.NDArray]]:
    """Return the tiles of the clusters' organisms, and what the file tells of them."""
    table, clustering = typical(examples)
    ids = table["image_id"].to_pylist()
    positions = find(tiles, ids)
    if (positions < 0).any():
        raise SestonError(
            f"{examples}: {ids[int(positions.argmin())]} has no tile in this run; delete it and"
            " run again"
        )
    arrays: dict[str, npt.NDArray] = {
        "clustering": np.array(clustering),
        "clusters": table["cluster"].to_numpy(),
        "clusters_ids": np.array(ids, dtype=np.str_),
        "clusters_pictures": squares(table["crop"].to_pylist(), SMALL),
    }
    return tiles.take(positions), arrays
