"""What a file says of itself: its kind, its fingerprint, and what it was made from; its rows."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from seston import store

#: What reading a damaged file may raise: its bytes lead anywhere.
UNREADABLE = Exception


def marks(path: Path) -> dict[str, str]:
    """Return what a file says of its origin, by key; of what is nested, ``outer.inner``.

    Of Parquet, Arrow and safetensors the `seston.*` metadata; of JSON all texts; of a table of
    clusters and of attention maps the clustering they belong to; of others nothing.

    Raises
    ------
    Exception
        Of any kind, if the file is damaged.
    """
    if path.suffix in (".parquet", ".arrow"):
        return _flat(store.read_metadata(path))
    if path.suffix == ".safetensors":
        return _flat(_safetensors_metadata(path))
    if path.suffix == ".json":
        return _flat(json.loads(path.read_text(encoding="utf-8")))
    if path.name == "cluster_names.tsv":
        with path.open(encoding="utf-8", newline="") as file:
            of = {row["clustering"] for row in csv.DictReader(file, delimiter="\t")}
        return {"clustering": " and ".join(sorted(of))}
    if path.name == "attention.npz":
        with np.load(path, allow_pickle=False) as saved:
            return {"clustering": str(saved["clustering"])} if "clustering" in saved else {}
    if path.name == "chosen_model.txt":
        return {"chosen": path.read_text(encoding="utf-8").strip()}
    return {}


def rows(path: Path) -> int | None:
    """Return the rows of a table or of an array of organisms; None: the file has none.

    Raises
    ------
    Exception
        Of any kind, if the file is damaged.
    """
    if path.suffix == ".parquet":
        return int(pq.read_metadata(path).num_rows)
    if path.suffix == ".arrow":
        with pa.memory_map(str(path)) as source, pa.ipc.open_file(source) as file:
            return sum(file.get_batch(number).num_rows for number in range(file.num_record_batches))
    if path.suffix in (".tsv", ".csv"):
        with path.open(encoding="utf-8", newline="") as text:
            lines = csv.reader(text, delimiter="\t" if path.suffix == ".tsv" else ",")
            return max(sum(1 for _ in lines) - 1, 0)
    return None


def _safetensors_metadata(path: Path) -> dict[str, str]:
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > path.stat().st_size:
            raise ValueError("its header is longer than the file")
        told = json.loads(file.read(length)).get("__metadata__", {})
    return {key.removeprefix("seston."): value for key, value in told.items()}


def _flat(told: object, before: str = "") -> dict[str, str]:
    """Return all texts in nested mappings; a text that is a JSON object is one of them."""
    found: dict[str, str] = {}
    if not isinstance(told, Mapping):
        return found
    for key, value in told.items():
        if isinstance(value, str) and value.startswith("{"):
            value = json.loads(value)
        if isinstance(value, Mapping):
            found |= _flat(value, f"{before}{key}.")
        elif isinstance(value, str):
            found[f"{before}{key}"] = value
    return found
