"""Where a backbone's weights come from: the hub, a file, Seston itself, or chance."""

import hashlib
import logging
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from seston.errors import SestonError
from seston.models.backbones import Backbone, import_timm, spec_of
from seston.models.checkpoints import load_strictly, read_checkpoint
from seston.models.hardware import repeatable
from seston.models.model_file import card_of, write_model
from seston.models.weights_file import content_fingerprint

log = logging.getLogger("seston")

BUNDLED = Path(__file__).parent / "bundled"


def backbone(
    *,
    name: str,
    weights: str,
    size: int,
    seed: int,
    model: Path,
    feature: str = "auto",
    threads: int = 1,
) -> None:
    """Put a backbone and its weights into one model file.

    Parameters
    ----------
    name : str
        A backbone of the registry, or any model of timm.
    weights : str
        ``hub`` (downloaded by timm), ``bundled`` (comes with Seston), ``random``, or the
        path of a ``.safetensors`` or ``.pth`` file (timm, DINO, DINOv2, SimCLR).
    size : int
        Side of the tiles in pixels; position embeddings are resampled to it.
    seed : int
        For random weights.
    model : pathlib.Path
        The model file to write.
    feature : str
        What is taken from the network: ``auto`` (as the registry says), ``pool``, or ``cls``
        and ``mean`` joined by ``+``, each with ``@block`` if not of the last. Blocks after
        the last one taken are not kept.
    threads : int
        Threads to use.

    Raises
    ------
    SestonError
        If the name is unknown, the network has no such feature, or the weights are absent,
        damaged, unsafe or of another backbone.
    """
    repeatable(threads, torch.device("cpu"))
    torch.manual_seed(seed)
    spec = spec_of(name)
    built = Backbone(spec if feature == "auto" else replace(spec, feature=feature), size)
    digest = None
    if weights == "hub":
        state = _from_hub(built)
        digest = content_fingerprint(built.spec.name, state)
        load_strictly(built, state, f"hub {built.spec.name}")
    elif weights != "random":
        path = _bundled(name) if weights == "bundled" else Path(weights)
        load_strictly(built, read_checkpoint(path), str(path))
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    _require_useful(built, weights)
    named = weights if weights in ("hub", "bundled", "random") else Path(weights).name
    write_model(model, built, card_of(built, named, digest))
    count = sum(p.numel() for p in built.parameters())
    log.info(
        "%s: %s weights, %.2f M parameters, feature %s of length %d",
        spec.name,
        named,
        count / 1e6,
        built.spec.feature,
        built.length,
    )


@torch.inference_mode()
def _require_useful(built: Backbone, source: str) -> None:
    """Embed two images: finite weights may still overflow, or give the same for everything."""
    canary = torch.rand(
        2, 3, built.image_size, built.image_size, generator=torch.Generator().manual_seed(0)
    )
    try:
        features = built.eval()(canary).half()  # embeddings are stored so
    except (RuntimeError, AssertionError, ValueError) as error:
        raise SestonError(
            f"backbone.name: {built.spec.name} does not take images of {built.image_size} px"
            f" ({error}); set tiles.size to what it takes, or use another backbone"
        ) from error
    if not features.isfinite().all() or torch.equal(features[0], features[1]):
        raise SestonError(
            f"{source}: loaded, but {built.spec.name} with these weights gives features that are"
            " not finite or the same for every image; the file is damaged or its training"
            " failed: use another"
        )


def _from_hub(built: Backbone) -> dict[str, Tensor]:
    spec = built.spec
    if spec.size is None:
        raise SestonError(
            f"backbone.weights: {spec.name} is not on the hub; use bundled, random or a file"
        )
    timm = import_timm()
    try:
        return timm.create_model(spec.name, pretrained=True, num_classes=0).state_dict()
    except Exception as error:  # the hub's client raises many kinds, all meaning: not to be had
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise SestonError(
            f"backbone.weights: hub weights {spec.name} could not be had ({reason}); check the"
            " network, or fetch the file on another machine and give its path, or use bundled"
        ) from error


def _bundled(name: str) -> Path:
    path = BUNDLED / f"{name}.safetensors"
    if not path.is_file():
        there = sorted(p.stem for p in BUNDLED.glob("*.safetensors"))
        raise SestonError(
            f"backbone.weights: no bundled weights for {name}; bundled are: {', '.join(there)}"
        )
    return path
