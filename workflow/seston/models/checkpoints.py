"""Checkpoints of others: brought to one naming, fitted into a backbone without any guess."""

import re
from collections.abc import Iterable
from pathlib import Path

import torch
from torch import Tensor, nn

from seston.errors import SestonError
from seston.models.backbones import Backbone
from seston.models.vit import ViT, resampling
from seston.models.weights_file import read_file

#: Where training checkpoints keep the network; DINO's teacher is the better one.
_NESTS = ("teacher", "student", "state_dict", "model")
#: What wrappers put before the names.
_PREFIXES = ("module.", "backbone.", "encoder.", "convnet.")
#: Parts that are no backbone: classifiers, projection heads, the token of masked training.
_HEADS = re.compile(
    r"(head|fc|fc_norm|attn_pool|classifier|projection|projection_head|projector|predictor"
    r"|dino_head|ibot_head)\.|mask_token$"
)
#: The children of a ResNet that was saved as ``nn.Sequential(*resnet.children())``.
_CHILDREN = dict(zip("014567", ["conv1", "bn1", *(f"layer{i}" for i in range(1, 5))], strict=True))


def read_checkpoint(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a weights file, by the names that timm gives them.

    Understands safetensors and PyTorch files: a plain state dict, and training
    checkpoints (DINO, DINOv2, SimCLR, timm) with the network under ``teacher``,
    ``student``, ``state_dict`` or ``model``, with the prefixes ``module.``,
    ``backbone.``, ``encoder.`` and ``convnet.``; the names of DINOv2 and DINOv3 as
    published by their authors, and numbered ResNets as lightly's examples make them.

    Raises
    ------
    SestonError
        If the file is absent, is no weights, is cut short or damaged, holds code, or
        holds no tensors.
    """
    state = _renamed(_unwrap(read_file(path)))
    if not state:
        raise SestonError(
            f"{path}: no tensors found; expected a state dict, or a checkpoint with the network"
            f" under {', '.join(_NESTS)}"
        )
    return state


def load_strictly(backbone: Backbone, state: dict[str, Tensor], source: str) -> None:
    """Put weights into a backbone; position embeddings are resampled to its grid.

    Left out are heads, and the blocks that the architecture has and the feature does not
    reach.

    Raises
    ------
    SestonError
        If names or shapes differ in any way, or a value is not finite.
    """
    expected = backbone.net.state_dict()
    given = _needed(state, backbone)
    if "pos_embed" in given and "pos_embed" in expected:
        given["pos_embed"] = _to_grid(given["pos_embed"].float(), expected["pos_embed"], backbone)
    same = given.keys() & expected.keys()
    faults = [
        ("missing", expected.keys() - given.keys()),
        ("unexpected", given.keys() - expected.keys()),
        (
            "of another shape",
            {
                f"{k} {tuple(given[k].shape)} for {tuple(expected[k].shape)}"
                for k in same
                if given[k].shape != expected[k].shape
            },
        ),
    ]
    if any(names for _, names in faults):
        told = "; ".join(f"{what}: {_few(names)}" for what, names in faults if names)
        raise SestonError(
            f"{source}: not the weights of {backbone.spec.name} ({len(same)} of {len(expected)}"
            f" names fit). {told}. Name the backbone that these weights belong to"
        )
    broken = [k for k, v in given.items() if v.is_floating_point() and not v.isfinite().all()]
    if broken:
        raise SestonError(
            f"{source}: values that are not finite in {_few(broken)}; the file is damaged or its"
            " training failed: use another"
        )
    backbone.net.load_state_dict({k: v.to(expected[k].dtype) for k, v in given.items()})


def _needed(state: dict[str, Tensor], backbone: Backbone) -> dict[str, Tensor]:
    expected = set(backbone.net.state_dict())
    unused = {f"blocks.{number}." for number in range(backbone.depth, backbone.spec.depth)}
    kept = {}
    for key, value in state.items():
        block = re.match(r"blocks\.\d+\.", key)
        if key in expected or not (_HEADS.match(key) or (block and block[0] in unused)):
            kept[key] = value
    for key in expected - kept.keys():
        norm, _, counter = key.rpartition(".")
        # The one name old files may lack: no network that is used as it is reads the counter.
        if counter == "num_batches_tracked" and f"{norm}.running_mean" in kept:
            kept[key] = torch.tensor(0)
    return kept


def _unwrap(found: object) -> dict[str, Tensor]:
    while isinstance(found, dict):
        nest = next((n for n in _NESTS if isinstance(found.get(n), dict)), None)
        if nest is None:
            break
        found = found[nest]
    if not isinstance(found, dict):
        return {}
    tensors = {str(k): v for k, v in found.items() if isinstance(v, Tensor)}
    for prefix in (*_PREFIXES, *_PREFIXES):
        own = {k: v for k, v in tensors.items() if k.startswith(prefix)}
        rest = [k for k in tensors if k not in own]
        # Under `backbone.` beside it there may only be heads, which are left out.
        if own and all(_HEADS.match(k) for k in rest):
            tensors = {k.removeprefix(prefix): v for k, v in own.items()}
    return tensors


def _renamed(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors under timm's names, those of DINOv2, DINOv3 and lightly too."""
    if "4.0.conv1.weight" in state:
        numbered = {key: key.partition(".") for key in state}
        return {f"{_CHILDREN.get(n, n)}.{rest}": state[k] for k, (n, _, rest) in numbered.items()}
    # DINOv2's training keeps blocks in chunks; the second number counts through all. Networks
    # without a CLS token, such as EfficientNets, have blocks in stages, which stay.
    if "cls_token" in state:
        state = {re.sub(r"^blocks\.\d+\.(?=\d+\.)", "blocks.", k): v for k, v in state.items()}
    if {"register_tokens", "cls_token", "pos_embed"} <= state.keys():
        # Registers have no position; CLS adds its own once and for all.
        positions = state.pop("pos_embed")
        state["reg_token"] = state.pop("register_tokens")
        state["cls_token"] = state["cls_token"] + positions[:, :1]
        state["pos_embed"] = positions[:, 1:]
    if "storage_tokens" in state:
        state["reg_token"] = state.pop("storage_tokens")
        names = {key: re.sub(r"\.ls([12])\.gamma$", r".gamma_\1", key) for key in state}
        state = {new: state[key] for key, new in names.items() if not _idle(key, state[key])}
    return state


def _idle(key: str, value: Tensor) -> bool:
    """Whether DINOv3's network is the same without: fixed tables, biases that do nothing."""
    if key.endswith(".qkv.bias"):
        query, _, mixed = value.chunk(3)  # one vector on all keys changes no softmax
        return not (query.any() or mixed.any())
    return key.endswith((".periods", ".bias_mask"))


def _to_grid(positions: Tensor, expected: Tensor, backbone: Backbone) -> Tensor:
    """Resample positions to the expected grid; tokens before the patches keep theirs."""
    first = 0 if _patches_only(backbone.net, backbone.prefix) else backbone.prefix
    old, new = (round(max(0, t.shape[1] - first) ** 0.5) for t in (positions, expected))
    if old == new or old**2 + first != positions.shape[1]:
        return positions
    moved = resampling(old, (new, new)) @ positions[:, first:]
    return torch.cat([positions[:, :first], moved], 1)


def _patches_only(net: nn.Module, prefix: int) -> bool:
    return prefix > 1 if isinstance(net, ViT) else getattr(net, "no_embed_class", False)


def _few(names: Iterable[str], shown: int = 6) -> str:
    ordered = sorted(names)
    more = f" and {len(ordered) - shown} more" if len(ordered) > shown else ""
    return ", ".join(ordered[:shown]) + more
