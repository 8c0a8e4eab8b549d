"""Tiles to embeddings: one vector per organism, same order."""

import logging
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from seston import store
from seston.arrays import ArrayFile, ArrayWriter
from seston.collection import require_fit
from seston.errors import SestonError
from seston.models.backbones import Backbone, images_of
from seston.models.hardware import autocast, choose_device, choose_precision, repeatable
from seston.models.model_file import read_model
from seston.progress import Progress

log = logging.getLogger("seston")


@torch.inference_mode()
def embed_tiles(
    backbone: Backbone, tiles: npt.NDArray[np.uint8], device: torch.device, precision: torch.dtype
) -> npt.NDArray[np.float16]:
    """Return the embeddings (n, dim) of tiles (n, size, size, 3)."""
    images = images_of(torch.from_numpy(tiles.copy()).to(device))
    with autocast(device, precision):
        features = backbone(images)
    return features.half().cpu().numpy()


def embed(
    *,
    tiles: Path,
    model: Path,
    embeddings: Path,
    batch_size: int,
    device: str = "auto",
    precision: str = "auto",
    threads: int = 1,
) -> None:
    """Compute the embedding of every tile of a shard.

    Parameters
    ----------
    tiles : pathlib.Path
        The shard's tiles.
    model : pathlib.Path
        Model file.
    embeddings : pathlib.Path
        File to write: float16, in the order of the tiles.
    batch_size : int
        Tiles computed at once.
    device : str
        ``auto``, ``cpu`` or ``cuda``.
    precision : str
        ``auto`` (bf16 where the hardware computes in it), ``bf16`` or ``fp32``.
    threads : int
        Threads to use.

    Raises
    ------
    SestonError
        If tiles and model do not fit, or an embedding is not finite.
    """
    where = choose_device(device)
    repeatable(threads, where)
    kind = choose_precision(precision, where)
    backbone, card, origin = read_model(model)
    source = ArrayFile(tiles, "tiles")
    require_fit(source, model, card.image_size, card.tiles)
    backbone.to(where)
    made_by = store.fingerprint("embeddings", origin, source.fingerprint)
    ids = source.ids.to_pylist()
    with (
        ArrayWriter(
            embeddings,
            "embeddings",
            "embedding",
            (card.dim,),
            np.float16,
            made_by,
            model=origin,
            tiles=source.fingerprint,
        ) as writer,
        Progress(len(ids), "images") as progress,
    ):
        for block in source.blocks(batch_size):
            rows = embed_tiles(backbone, block, where, kind)
            here = ids[writer.rows : writer.rows + len(rows)]
            broken = np.flatnonzero(~np.isfinite(rows).all(1))
            if len(broken):
                raise SestonError(
                    f"{tiles}: the embeddings of {len(broken)} tiles, such as {here[broken[0]]},"
                    f" are not finite in float16; {model} is unusable: train or fetch it again"
                )
            writer.write(here, rows)
            progress.add(len(rows))
