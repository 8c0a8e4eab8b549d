"""Files of tensors: told apart by their content, and read without running their code."""

import argparse
import json
import pickle
import re
import zipfile
from pathlib import Path
from typing import Literal

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from seston import store
from seston.errors import SestonError


def read_file(path: Path) -> object:
    """Return what a safetensors or PyTorch file holds: tensors by name, maybe in nests.

    The first bytes decide, not the name: files in a hub's cache have none.

    Raises
    ------
    SestonError
        If the file is absent, empty, a Git LFS pointer, a web page or something else, is
        cut short or damaged, or holds code.
    """
    path = Path(path)
    kind = _kind(path)
    return load_safetensors(path)[0] if kind == "safetensors" else _load_pickle(path, kind)


def load_safetensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return the tensors of a safetensors file, and its metadata.

    A file that Seston wrote carries the sha256 of its content, which is checked.

    Raises
    ------
    SestonError
        If it is cut short or damaged.
    """
    path = Path(path)
    try:
        _require_whole(path)
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in sorted(file.keys())}
    except (SafetensorError, ValueError) as error:
        raise SestonError(
            f"{path}: not a whole safetensors file ({error}); fetch or make it again"
        ) from error
    written = metadata.get("seston.fingerprint")
    if written is not None:
        found = content_fingerprint(metadata.get("seston.backbone", ""), tensors)
        if found != written:
            raise SestonError(
                f"{path}: its content (sha256 {found[:12]}) is not what was written"
                f" ({written[:12]}); the file was damaged or changed: make or fetch it again"
            )
    return tensors, metadata


def content_fingerprint(card: str, tensors: dict[str, Tensor]) -> str:
    """Return the sha256 over the card's text and all tensors, by name."""
    parts = [part for name in sorted(tensors) for part in (name, tensor_bytes(tensors[name]))]
    return store.fingerprint(card, *parts)


def tensor_bytes(tensor: Tensor) -> bytes:
    """Return the memory of a tensor, in its own order."""
    return tensor.detach().cpu().reshape(-1).view(torch.uint8).numpy().tobytes()


def _kind(path: Path) -> Literal["safetensors", "zip", "pickle"]:
    if path.is_dir():
        inside = sorted(p.name for p in path.iterdir() if p.suffix in (".safetensors", ".pth"))
        raise SestonError(
            f"backbone.weights: {path} is a folder; give the file in it"
            f"{': ' + ', '.join(inside) if inside else ''}"
        )
    if not path.is_file():
        raise SestonError(
            f"backbone.weights: {path} is no file; expected hub, bundled, random or the path of a"
            " .safetensors or .pth file"
        )
    with path.open("rb") as file:
        start = file.read(64)
    if not start:
        raise SestonError(f"{path}: the file is empty; fetch it again")
    if start.startswith(b"version https://git-lfs"):
        raise SestonError(
            f"{path}: a Git LFS pointer, not the weights themselves; run `git lfs pull`"
        )
    if start.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<":
        raise SestonError(f"{path}: a web page, not weights; the download failed: fetch it again")
    if start[8:9] == b"{":  # after the length of the header
        return "safetensors"
    if start.startswith(b"PK\x03\x04"):
        return "zip"
    if start.startswith(b"\x80"):
        return "pickle"
    raise SestonError(
        f"{path}: neither a safetensors nor a PyTorch file (.pth); found bytes {start[:8]!r}."
        " Export the weights as one of these"
    )


def _require_whole(path: Path) -> None:
    """Compare the length of a safetensors file with what its header says."""
    length = path.stat().st_size
    with path.open("rb") as file:
        header = int.from_bytes(file.read(8), "little")
        if 8 + header > length:
            raise ValueError(f"cut short within its header, at {length} bytes")
        entries = json.loads(file.read(header))
    ends = [one["data_offsets"][1] for name, one in entries.items() if name != "__metadata__"]
    whole = 8 + header + max(ends, default=0)
    if length < whole:
        raise ValueError(f"cut short: {length} of {whole} bytes")


def _load_pickle(path: Path, kind: str) -> object:
    if kind == "zip":
        _require_sound(path)
    # DINO's training checkpoints carry their command line: plain data, safe to build.
    with torch.serialization.safe_globals([argparse.Namespace]), path.open("rb") as file:
        try:
            return torch.load(file, map_location="cpu", weights_only=True)
        except Exception as error:  # damaged bytes raise anything
            told = str(error)
            if isinstance(error, EOFError) or "truncated" in told or "unexpected EOF" in told:
                raise SestonError(
                    f"{path}: a PyTorch file that is cut short; fetch it again"
                ) from error
            if isinstance(error, pickle.UnpicklingError):
                refused = re.search(r"GLOBAL ([\w.]+)", told)
                what = f" ({refused[1]})" if refused else ""
                or_else = "" if kind == "zip" else ", or is damaged"
                raise SestonError(
                    f"{path}: holds more than tensors{what} and might run code{or_else}; it was"
                    " not loaded. Export its state dict, best as .safetensors"
                ) from error
            raise SestonError(
                f"{path}: not a whole PyTorch file ({type(error).__name__}); fetch it again"
            ) from error


def _require_sound(path: Path) -> None:
    """Check the sums in a PyTorch file, which `torch.load` passes over."""
    try:
        with zipfile.ZipFile(path) as archive:
            broken = archive.testzip()
    except (zipfile.BadZipFile, OSError, ValueError) as error:  # its contents stand at the end
        raise SestonError(f"{path}: a PyTorch file that is cut short; fetch it again") from error
    if broken is not None:
        raise SestonError(
            f"{path}: damaged, the checksum of {broken} does not fit it; fetch it again"
        )
