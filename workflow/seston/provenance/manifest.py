"""The manifest of a run: what it made, of what, by what."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

from seston import store
from seston.errors import SestonError
from seston.schemas import FORMAT

KIND = "manifest"
#: What every manifest has; see docs/provenance.md.
KEYS = (
    "files", "shards", "models", "chosen", "samples", "totals", "fingerprints", "configuration",
    "seed", "workflow", "run", "digest",
)  # fmt: skip


def write_manifest(facts: dict[str, Any], path: Path) -> None:
    """Write the facts (`KEYS` but the last) with their digest, whole or not at all."""
    full = {"kind": KIND, "format": FORMAT} | facts
    full |= {"digest": digest_of(full)}
    store.write_text(json.dumps(full, indent=1, sort_keys=True, ensure_ascii=False) + "\n", path)


def read_manifest(path: Path) -> dict[str, Any]:
    """Return what `write_manifest` wrote, its digest too, which is not checked.

    Raises
    ------
    SestonError
        If it is missing, damaged or none.
    """
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SestonError(
            f"{path}: file not found; expected the results folder of a finished run (`snakemake"
            " manifest` makes it)"
        ) from error
    except (OSError, ValueError) as error:
        raise SestonError(
            f"{path}: not a readable manifest ({error}); get it from a copy of the results, or"
            " delete it and run again, which describes the files as they are now"
        ) from error
    if not isinstance(told, dict) or (told.get("kind"), told.get("format")) != (KIND, FORMAT):
        raise SestonError(f"{path}: expected a manifest in format {FORMAT}; run again to make it")
    lacking = [key for key in KEYS if key not in told]
    files = told.get("files", {})
    lacking += [name for name, said in files.items() if not {"size", "sha256"} <= said.keys()]
    if lacking or not told["shards"]:
        what = f"it says too little of {', '.join(lacking[:5]) or 'shards'}"
        raise SestonError(f"{path}: damaged, {what}; get it from a copy of the results")
    return told


def settings_of(results: Path) -> dict[str, Any]:
    """Return the settings of a run after all defaults, as the workflow wrote them down."""
    # JSON is YAML, and a hundred times faster to read.
    return dict(json.loads((results / "settings.yaml").read_text(encoding="utf-8")))


def digest_of(manifest: dict[str, Any]) -> str:
    """Return the sha256 over everything in a manifest but its digest, however it is laid out."""
    rest = {key: value for key, value in manifest.items() if key != "digest"}
    text = json.dumps(rest, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()
