"""The model file between the stages: weights, their origin and their transform."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor

from seston import store
from seston.errors import SestonError
from seston.models.backbones import Backbone, spec_of
from seston.models.checkpoints import load_strictly
from seston.models.weights_file import content_fingerprint, load_safetensors


@dataclass(frozen=True)
class Card:
    """What a model file says of itself, under ``seston.backbone``.

    Attributes
    ----------
    name, patch, mean, std, feature
        As in the backbone's `Spec`; `feature` is what this model takes, never ``"auto"``.
    image_size : int
        Side of its tiles.
    dim : int
        Length of an embedding.
    source : str
        ``"hub"``, ``"bundled"``, ``"random"``, the name of a file, or for weights
        that were trained here the method and the start: ``"simclr from bundled"``.
    sha256 : str or None
        Of the source file; of weights from the hub, over their tensors.
    tiles : str or None
        Fingerprint of the tiles it was trained on; None: it takes any.
    """

    name: str
    image_size: int
    patch: int | None
    dim: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    feature: str
    source: str
    sha256: str | None
    tiles: str | None = None
    channels: int = 3

    @property
    def preprocessing(self) -> str:
        """Fingerprint of what is done to a tile, and of what is taken from the network."""
        return store.fingerprint(
            "preprocessing", self.image_size, self.channels, self.mean, self.std, self.feature
        )


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
    made_by = content_fingerprint(text, state)
    tags = store.tags("model", made_by, {"backbone": text, "preprocessing": card.preprocessing})
    with store.atomic(path) as temporary:
        temporary.write_bytes(_safetensors(state, tags))
    return made_by


def read_model(path: Path) -> tuple[Backbone, Card, str]:
    """Return the backbone (in evaluation mode), its card and the file's fingerprint.

    Raises
    ------
    SestonError
        If the file is missing, damaged (its content is checked against its fingerprint) or
        no model file.
    """
    if not Path(path).is_file():
        raise SestonError(f"{path}: file not found")
    state, metadata = load_safetensors(path)
    found = {k.removeprefix("seston."): v for k, v in metadata.items()}
    store.require_kind(path, found, "model")
    values = json.loads(found["backbone"])
    card = Card(**values | {"mean": tuple(values["mean"]), "std": tuple(values["std"])})
    if found.get("preprocessing") != card.preprocessing:
        raise SestonError(
            f"{path}: its card and the fingerprint of its transform differ; it was made by another"
            " version: delete it and run again"
        )
    # The transform and the feature of the file, whatever the registry says by now.
    spec = replace(spec_of(card.name), mean=card.mean, std=card.std, feature=card.feature)
    backbone = Backbone(spec, card.image_size)
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
