"""The model file between the stages: weights, their origin and their transform."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor

from seston import store
from seston.errors import SestonError
from seston.models.backbones import Backbone, Feature, spec_of
from seston.models.checkpoints import load_safetensors, load_strictly


@dataclass(frozen=True)
class Card:
    """What a model file says of itself, under ``seston.backbone``.

    Attributes
    ----------
    source : str
        ``"hub"``, ``"bundled"``, ``"random"``, the name of a file, or for weights
        that were trained here the method and the start: ``"simclr from bundled"``.
    sha256 : str or None
        Of the source file.
    tiles : str or None
        Fingerprint of the tiles it was trained on; None: it takes any.
    """

    name: str
    image_size: int
    patch: int | None
    dim: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    feature: Feature
    source: str
    sha256: str | None
    tiles: str | None = None
    channels: int = 3


def card_of(backbone: Backbone, source: str, sha256: str | None, tiles: str | None = None) -> Card:
    """Return the card of a backbone with weights from `source`."""
    spec = backbone.spec
    return Card(
        spec.name,
        backbone.image_size,
        spec.patch,
        backbone.length,
        spec.mean,
        spec.std,
        spec.feature,
        source,
        sha256,
        tiles,
    )


def write_model(
    path: Path, backbone: Backbone, card: Card, dtype: torch.dtype | None = None
) -> str:
    """Write a model file; return its fingerprint (over tensors and card).

    Parameters
    ----------
    dtype : torch.dtype or None
        Of the floating-point tensors in the file; None: as they are.
    """
    state = {}
    for key, value in sorted(backbone.net.state_dict().items()):
        kept = value.to(dtype) if dtype and value.is_floating_point() else value
        state[key] = kept.detach().cpu().contiguous()
    text = json.dumps(asdict(card), sort_keys=True)
    parts = [part for key, value in state.items() for part in (key, tensor_bytes(value))]
    made_by = store.fingerprint(text, *parts)
    with store.atomic(path) as temporary:
        temporary.write_bytes(_safetensors(state, store.tags("model", made_by, {"backbone": text})))
    return made_by


def read_model(path: Path) -> tuple[Backbone, Card, str]:
    """Return the backbone (in evaluation mode), its card and the file's fingerprint.

    Raises
    ------
    SestonError
        If the file is missing, damaged or no model file.
    """
    if not Path(path).is_file():
        raise SestonError(f"{path}: file not found")
    state = load_safetensors(path)
    with safe_open(path, framework="pt") as file:
        found = {k.removeprefix("seston."): v for k, v in (file.metadata() or {}).items()}
    store.require_kind(path, found, "model")
    values = json.loads(found["backbone"])
    card = Card(**values | {"mean": tuple(values["mean"]), "std": tuple(values["std"])})
    backbone = Backbone(replace(spec_of(card.name), feature=card.feature), card.image_size)
    load_strictly(backbone, state, str(path))
    return backbone.eval(), card, found["fingerprint"]


def _safetensors(state: dict[str, Tensor], metadata: dict[str, str]) -> bytes:
    # The library writes the metadata in another order each time; the same model
    # must be the same bytes.
    data = save(state, metadata)
    length = int.from_bytes(data[:8], "little")
    header = json.dumps(json.loads(data[8 : 8 + length]), sort_keys=True).encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + data[8 + length :]


def tensor_bytes(tensor: Tensor) -> bytes:
    """Return the memory of a tensor, in its own order."""
    return tensor.detach().cpu().reshape(-1).view(torch.uint8).numpy().tobytes()
