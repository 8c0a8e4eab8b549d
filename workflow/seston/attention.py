"""Stage `attention`: where a vision transformer looks, before and after training."""

import difflib
import logging
from pathlib import Path

import numpy as np
import numpy.typing as npt

from seston import store
from seston.collection import Tiles, choose_images
from seston.crops import read_crops
from seston.errors import SestonError
from seston.models.attention_maps import attention_maps
from seston.models.hardware import choose_device, repeatable
from seston.models.model_file import read_model
from seston.tiles import make_tile

log = logging.getLogger("seston")

#: Side of the pictures the maps are laid over, px.
PICTURE = 256


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
    where = {name: number for number, name in enumerate(tiles.ids.tolist())} if wanted else {}
    unknown = [f"{one}{_near(one, tiles)}" for one in wanted if one not in where]
    if unknown:
        raise SestonError(
            f"attention.ids: {len(unknown)} of {len(wanted)} are no organisms of this run (what"
            f" was rejected has no tile): {'; '.join(unknown)}"
        )
    first = np.array([where[one] for one in wanted], np.int64)
    rest = np.setdiff1d(np.arange(len(tiles)), first)
    drawn = choose_images(tiles.sample_codes[rest], images, np.random.default_rng(seed))[:images]
    positions = np.concatenate([first, rest[np.sort(drawn)]])
    return positions, np.arange(len(positions)) < len(first)


def pictures(
    tiles: Tiles, positions: npt.NDArray[np.int64], segment_dir: Path
) -> npt.NDArray[np.uint8]:
    """Return the crops behind these tiles, (n, PICTURE, PICTURE, 3), padded as the tiles are."""
    shards = np.repeat([file.path.stem for file in tiles.files], [len(f) for f in tiles.files])
    found: dict[str, tuple[float | None, bytes]] = {}
    for shard in np.unique(shards[positions]):
        ids = tiles.ids_at(positions[shards[positions] == shard])
        found |= read_crops(segment_dir / str(shard) / "crops.parquet", ids)
    shown = [make_tile(found[name][1], PICTURE) for name in tiles.ids_at(positions)]
    return np.stack(shown) if shown else np.empty((0, PICTURE, PICTURE, 3), np.uint8)


def attention(
    *,
    tiles_dir: Path,
    segment_dir: Path,
    shards: list[str],
    pretrained: Path,
    finetuned: Path | None = None,
    attention: Path,
    images: int,
    ids: list[str] | None = None,
    seed: int,
    device: str = "auto",
    threads: int = 1,
) -> None:
    """Compute attention maps of the same images before and after fine-tuning.

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
    attention : pathlib.Path
        ``.npz`` file to write: ids, chosen, pictures, tiles, per model its name (last block
        per head) and ``<name>_rollout``, note.
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
        If tiles and models do not fit, or an id is unknown.
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
    notes = []
    for name, path in (("pretrained", pretrained), ("finetuned", finetuned)):
        if path is None:
            continue
        backbone, card, _ = read_model(path)
        tiles.require_fit(path, card.image_size, card.tiles)
        maps = attention_maps(backbone, shown, where)
        if maps is None:
            notes.append(f"{card.name} has no attention from a CLS token to patches")
            continue
        arrays[name], arrays[f"{name}_rollout"] = maps
    arrays["note"] = np.array("; ".join(dict.fromkeys(notes)))
    with store.atomic(attention) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)
    log.info("attention of %d images%s", len(shown), "".join(f"; {note}" for note in notes))


def _near(name: str, tiles: Tiles) -> str:
    sample, _, _ = name.partition("/")
    same = tiles.ids[tiles.samples == sample].tolist()
    if same:
        near = difflib.get_close_matches(name, same, 3)
        return f" (did you mean {' or '.join(near)}?)" if near else ""
    near = difflib.get_close_matches(sample, np.unique(tiles.samples).tolist(), 3)
    return f" (no sample {sample}{'; samples like it: ' if near else ''}{', '.join(near)})"
