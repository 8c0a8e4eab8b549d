"""Where a vision transformer looks: attention of the CLS token in the last block."""

import logging
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from seston import store
from seston.collection import Tiles, choose_images
from seston.models.backbones import Backbone, images_of
from seston.models.hardware import choose_device, repeatable
from seston.models.model_file import read_model
from seston.models.vit import ViT

log = logging.getLogger("seston")


@torch.inference_mode()
def attention_maps(
    backbone: Backbone, tiles: npt.NDArray[np.uint8], device: torch.device
) -> npt.NDArray[np.float32] | None:
    """Return the attention from CLS to the patches, or None if the network has none.

    Parameters
    ----------
    tiles : ndarray (n, size, size, 3) of uint8

    Returns
    -------
    ndarray (n, heads, grid, grid) of float32
        Of the last block (Caron et al. 2021, figure 1). A map sums to one less
        what CLS gives to itself and to registers.
    """
    if not isinstance(backbone.net, ViT):
        return None
    images = backbone.to(device).normalise(images_of(torch.from_numpy(tiles).to(device)))
    return backbone.net.last_attention(images).cpu().numpy()


def attention(
    *,
    tiles_dir: Path,
    shards: list[str],
    pretrained: Path,
    finetuned: Path | None = None,
    attention: Path,
    images: int,
    seed: int,
    device: str = "auto",
    threads: int = 1,
) -> None:
    """Compute attention maps of the same images before and after fine-tuning.

    Parameters
    ----------
    tiles_dir : pathlib.Path
        Folder of the tiles.
    shards : list of str
        Names of the shards to draw from.
    pretrained : pathlib.Path
        Model file before training.
    finetuned : pathlib.Path or None
        Model file after training, if there is one.
    attention : pathlib.Path
        ``.npz`` file to write: ids, tiles, pretrained and finetuned maps, note.
    images : int
        How many images, evenly over the samples.
    seed : int
        Of the draw.
    device : str
        ``auto``, ``cpu`` or ``cuda``.
    threads : int
        Threads to use.

    Raises
    ------
    SestonError
        If tiles and models do not fit.
    """
    where = choose_device(device)
    repeatable(threads, where)
    all_tiles = Tiles(tiles_dir, shards)
    rng = np.random.default_rng(seed)
    chosen = np.sort(choose_images(all_tiles.samples, images, rng)[:images])
    shown = all_tiles.take(chosen)
    arrays: dict[str, npt.NDArray] = {"ids": all_tiles.ids[chosen], "tiles": shown}
    notes = []
    for name, path in (("pretrained", pretrained), ("finetuned", finetuned)):
        if path is None:
            continue
        backbone, card, _ = read_model(path)
        all_tiles.require_fit(path, card.image_size, card.tiles)
        maps = attention_maps(backbone, shown, where)
        if maps is None:
            notes.append(f"{card.name} has no attention: it is no vision transformer")
            continue
        arrays[name] = maps
    arrays["note"] = np.array("; ".join(dict.fromkeys(notes)))
    with store.atomic(attention) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)
    log.info("attention of %d images%s", len(shown), "".join(f"; {note}" for note in notes))
