"""Weights files of others: read without running their code, fitted without any guess."""

import argparse
import pickle
import re
from collections.abc import Iterable
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from seston.errors import SestonError
from seston.models.backbones import Backbone
from seston.models.vit import ViT, resampling

#: Where training checkpoints keep the network; DINO's teacher is the better one.
_NESTS = ("teacher", "student", "state_dict", "model")
#: What wrappers put before the names.
_PREFIXES = ("module.", "backbone.", "encoder.")
#: Parts that are no backbone: classifiers, projection heads, the token of masked training.
_HEADS = re.compile(r"(head|fc|classifier|projection_head|projector|predictor)\.|mask_token$")


def read_checkpoint(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a weights file, by their bare names.

    Understands safetensors and PyTorch files: a plain state dict, and training
    checkpoints (DINO, DINOv2, SimCLR, timm) with the network under ``teacher``,
    ``student``, ``state_dict`` or ``model``, with the prefixes ``module.``,
    ``backbone.`` and ``encoder.``.

    Raises
    ------
    SestonError
        If the file is absent, is not what its name says, is cut short, holds
        code, or holds no tensors.
    """
    path = Path(path)
    _require_weights(path)
    found = load_safetensors(path) if path.suffix == ".safetensors" else _load_pickle(path)
    state = _unwrap(found)
    if not state:
        raise SestonError(
            f"{path}: no tensors found; expected a state dict, or a checkpoint with the network"
            f" under {', '.join(_NESTS)}"
        )
    return state


def load_safetensors(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a safetensors file.

    Raises
    ------
    SestonError
        If it is cut short or damaged.
    """
    try:
        return load_file(path)
    except (SafetensorError, ValueError) as error:
        raise SestonError(
            f"{path}: not a whole safetensors file ({error}); fetch or make it again"
        ) from error


def load_strictly(backbone: Backbone, state: dict[str, Tensor], source: str) -> None:
    """Put weights into a backbone; position embeddings are resampled to its grid.

    Raises
    ------
    SestonError
        If names or shapes differ in any way, or a value is not finite.
    """
    expected = backbone.net.state_dict()
    given = _without_heads(state, set(expected))
    if isinstance(backbone.net, ViT) and "pos_embed" in given:
        given["pos_embed"] = _to_grid(given["pos_embed"].float(), backbone.net)
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


def _without_heads(state: dict[str, Tensor], expected: set[str]) -> dict[str, Tensor]:
    """Leave out the heads and the mask token, unless the network has them itself."""
    return {k: v for k, v in state.items() if k in expected or not _HEADS.match(k)}


def _require_weights(path: Path) -> None:
    if not path.is_file():
        raise SestonError(
            f"backbone.weights: {path} is no file; expected hub, bundled, random or the path of a"
            " .safetensors or .pth file"
        )
    with path.open("rb") as file:
        start = file.read(64)
    if start.startswith(b"version https://git-lfs"):
        raise SestonError(
            f"{path}: a Git LFS pointer, not the weights themselves; run `git lfs pull`"
        )
    if start.lstrip()[:1] == b"<":
        raise SestonError(f"{path}: a web page, not weights; the download failed: fetch it again")
    if not start:
        raise SestonError(f"{path}: the file is empty; fetch it again")
    if path.suffix not in (".safetensors", ".pth", ".pt", ".bin", ".ckpt", ".tar"):
        raise SestonError(f"{path}: expected a name that ends in .safetensors or .pth")


def _load_pickle(path: Path) -> object:
    # DINO's training checkpoints carry their command line: plain data, safe to build.
    with torch.serialization.safe_globals([argparse.Namespace]):
        try:
            return torch.load(path, map_location="cpu", weights_only=True)
        except pickle.UnpicklingError as error:
            named = re.search(r"(?:GLOBAL |Unsupported (?:global|class):? ?)([\w.]+)", str(error))
            what = f" ({named[1]})" if named else ""
            raise SestonError(
                f"{path}: holds more than tensors{what} and might run code, or is damaged; it was"
                " not loaded. Export its state dict, best as .safetensors"
            ) from error
        except Exception as error:  # damaged bytes raise anything
            raise SestonError(
                f"{path}: not a whole PyTorch file ({type(error).__name__}); fetch it again"
            ) from error


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


def _to_grid(positions: Tensor, net: ViT) -> Tensor:
    first = int(net.prefix == 1)
    side = round((positions.shape[1] - first) ** 0.5)
    if side == net.grid or side**2 != positions.shape[1] - first:
        return positions
    moved = resampling(side, (net.grid, net.grid)) @ positions[:, first:]
    return torch.cat([positions[:, :first], moved], 1)


def _few(names: Iterable[str], shown: int = 6) -> str:
    ordered = sorted(names)
    more = f" and {len(ordered) - shown} more" if len(ordered) > shown else ""
    return ", ".join(ordered[:shown]) + more
