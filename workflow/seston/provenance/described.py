"""What the manifest says of a file beside its checksum, and of the run by its fingerprints."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from seston.provenance.marks import marks, rows

#: Of what a file says of itself, what the manifest repeats.
MARKS = ("kind", "fingerprint", "version")


def described(path: Path) -> dict[str, Any]:
    """Return kind, fingerprint and version of a file as it says itself, and its rows, if any.

    Raises
    ------
    Exception
        Of any kind, if the file is damaged.
    """
    said, count = marks(path), rows(path)
    kept: dict[str, Any] = {key: said[key] for key in MARKS if key in said}
    return kept if count is None else kept | {"rows": count}


def fingerprints(
    files: Mapping[str, Mapping[str, Any]], shards: Sequence[str], models: Sequence[str]
) -> dict[str, str]:
    """Return the fingerprints that name what results are made of.

    Parameters
    ----------
    files : mapping of str to mapping
        What is `described` of each, by path.
    shards, models : sequence of str
        Of the run. All files of a kind share a fingerprint: that of the first shard is taken.
    """
    first = shards[0]
    parts = {"segment": f"segment/{first}/crops.parquet", "tiles": f"tiles/{first}.arrow"}
    for model in models:
        parts |= {
            f"{model} model": f"{model}/model.safetensors",
            f"{model} embeddings": f"{model}/embeddings/{first}.arrow",
            f"{model} clustering": f"{model}/kmeans/kmeans.json",
            f"{model} tree": f"{model}/tree/tree.json",
        }
    parts |= {
        "map": "map.json",
        "images": "tables/images.parquet",
        "labels": "classify/labelled.parquet",
        "predictions": f"classify/predictions/{first}.parquet",
    }
    return {
        what: files[name]["fingerprint"]
        for what, name in parts.items()
        if "fingerprint" in files.get(name, {})
    }
