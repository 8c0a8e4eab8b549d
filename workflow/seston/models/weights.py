"""Where a backbone's weights come from: the hub, a file, Seston itself, or chance."""

import hashlib
import logging
from pathlib import Path

import torch
from torch import Tensor

from seston.errors import SestonError
from seston.models.backbones import Backbone, import_timm, spec_of
from seston.models.checkpoints import load_strictly, read_checkpoint
from seston.models.hardware import repeatable
from seston.models.model_file import card_of, tensor_bytes, write_model

log = logging.getLogger("seston")

BUNDLED = Path(__file__).parent / "bundled"


def backbone(
    *, name: str, weights: str, size: int, seed: int, model: Path, threads: int = 1
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
    threads : int
        Threads to use.

    Raises
    ------
    SestonError
        If the name is unknown, or the weights are absent, damaged, unsafe or of another backbone.
    """
    repeatable(threads, torch.device("cpu"))
    torch.manual_seed(seed)
    built = Backbone(spec_of(name), size)
    digest = None
    if weights == "hub":
        state = _from_hub(built)
        digest = hashlib.sha256(b"".join(tensor_bytes(state[k]) for k in sorted(state))).hexdigest()
        load_strictly(built, state, f"hub {built.spec.name}")
    elif weights != "random":
        path = _bundled(name) if weights == "bundled" else Path(weights)
        load_strictly(built, read_checkpoint(path), str(path))
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    named = weights if weights in ("hub", "bundled", "random") else Path(weights).name
    write_model(model, built, card_of(built, named, digest))
    count = sum(p.numel() for p in built.parameters())
    log.info("%s: %s weights, %.2f M parameters", built.spec.name, named, count / 1e6)


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
