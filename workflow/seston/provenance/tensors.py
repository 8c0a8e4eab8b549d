"""Files of tensors (safetensors), read without the library: what their content says they are."""

import json
from pathlib import Path

from seston import store


def read_tensors(path: Path) -> tuple[dict[str, str], dict[str, bytes]]:
    """Return the metadata and the bytes of each tensor, by name in order.

    The file begins with the length of its header (8 bytes, little endian) and the header as JSON;
    offsets count from behind it.

    Raises
    ------
    ValueError, KeyError
        If it is cut short or no such file.
    """
    data = memoryview(Path(path).read_bytes())
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(bytes(data[8:start]))
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in sorted(header.items()):
        first, end = entry["data_offsets"]
        if start + end > len(data):
            raise ValueError(f"cut short within {name}")
        tensors[name] = bytes(data[start + first : start + end])
    return metadata, tensors


def content_fingerprint(path: Path) -> str:
    """Return the fingerprint that a model or a classifier has by its content.

    Raises
    ------
    ValueError, KeyError
        If it is damaged or of another kind.
    """
    metadata, tensors = read_tensors(path)
    kind = metadata["seston.kind"]
    if kind == "model":
        flat = [part for pair in tensors.items() for part in pair]
        return store.fingerprint(metadata["seston.backbone"], *flat)
    if kind == "classifier":
        return store.fingerprint(kind, metadata["seston.card"], *tensors.items())
    raise ValueError(f"a file of kind {kind}")
