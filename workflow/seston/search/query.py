"""A picture that is not of the run, embedded as those of the run were."""

import io
import logging
from pathlib import Path

import numpy as np
import numpy.typing as npt
import yaml
from PIL import Image

from seston import store
from seston.embed import open_engine
from seston.errors import SestonError
from seston.imaging.clean import clean
from seston.imaging.crop_mask import crop_mask
from seston.instruments.contract import Reading
from seston.instruments.pixels import read_picture
from seston.instruments.unusable import Unusable
from seston.runtime.engine import embed_array
from seston.runtime.record import read_runtime
from seston.tiles import PADDING, make_tile

log = logging.getLogger("seston")


def read_query(path: Path, cleaned: bool) -> bytes:
    """Return a picture of one organism as PNG, treated as a crop of the run is.

    What parts the organism from its neighbours is seen from the picture alone: a run of FlowCam
    or IFCB, or raw frames, has the instrument's mask or the empty frame for that.

    Parameters
    ----------
    path : Path
        PNG, JPEG or TIFF.
    cleaned : bool
        Replace neighbours by their background, as `segment.clean` says.

    Raises
    ------
    SestonError
        If it is no such picture.
    """
    try:
        pixels = read_picture(path, path.name, Reading(max_pixels=50_000_000)).pixels
    except Unusable as error:
        raise SestonError(
            f"{path}: not usable as a picture ({error.reason}: {error.detail});"
            " expected a crop of one organism as PNG, JPEG or TIFF, or the id of an image"
        ) from error
    if cleaned:
        pixels, replaced = clean(pixels, crop_mask(pixels, None, False))
        if replaced:
            log.info("%s: %d pixels of neighbours replaced by background", path, replaced)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def embed_query(
    png: bytes, model_dir: Path, embeddings: str, threads: int = 1
) -> npt.NDArray[np.float32]:
    """Return the embedding (D,) of a crop, by the model and the method of a run.

    Parameters
    ----------
    png : bytes
    model_dir : Path
        With ``model.safetensors`` and ``runtime/``.
    embeddings : str
        Fingerprint of the run's embeddings.
    threads : int

    Raises
    ------
    SestonError
        If model and embeddings do not belong together, or the embedding is not finite.
    """
    model, runtime = model_dir / "model.safetensors", model_dir / "runtime"
    chosen = read_runtime(runtime, model)
    tiles = store.fingerprint("tiles", chosen.image_size, PADDING)
    if store.fingerprint("embeddings", chosen.model, tiles) != embeddings:
        raise SestonError(
            f"{model_dir / 'embeddings'} (fingerprint {embeddings[:12]}): not made by {model} from"
            f" tiles of {chosen.image_size} px as this version makes them; run the workflow again"
        )
    engine, _ = open_engine(chosen, runtime, model, threads)
    row = embed_array(engine, make_tile(png, chosen.image_size)[None])[0].astype(np.float32)
    if not np.isfinite(row).all():
        raise SestonError(f"the embedding of the picture by {model} is not finite")
    return row


def was_cleaned(settings: Path) -> bool:
    """Return whether the crops of a run were cleaned, by its settings.

    Raises
    ------
    SestonError
        If the settings are missing or unreadable.
    """
    try:
        return bool(yaml.safe_load(settings.read_text(encoding="utf-8"))["segment"]["clean"])
    except FileNotFoundError as error:
        raise SestonError(
            f"{settings}: file not found; give the results folder of a finished run (--results)"
        ) from error
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError) as error:
        raise SestonError(
            f"{settings}: not readable as the settings of a run ({type(error).__name__});"
            " run the workflow again"
        ) from error
