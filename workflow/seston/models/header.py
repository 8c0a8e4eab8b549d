"""What a model file says of itself, read without torch."""

import json
from pathlib import Path

from seston import store
from seston.errors import SestonError


def read_header(path: Path) -> dict[str, str]:
    """Return the `seston.*` metadata of a model file, without the prefix.

    A safetensors file begins with the length of its header (8 bytes, little
    endian) and the header as JSON.

    Raises
    ------
    SestonError
        If the file is missing, damaged or no model file.
    """
    try:
        with Path(path).open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            # Of a file that is none, these bytes are any number.
            if length > Path(path).stat().st_size:
                raise ValueError("its header is longer than the file")
            raw = json.loads(file.read(length)).get("__metadata__", {})
    except FileNotFoundError as error:
        raise SestonError(f"{path}: file not found") from error
    except (OSError, ValueError, AttributeError) as error:
        raise SestonError(
            f"{path}: not a readable model file ({error}); delete it and run again"
        ) from error
    found = {k.removeprefix("seston."): v for k, v in raw.items() if k.startswith("seston.")}
    store.require_kind(path, found, "model")
    return found
