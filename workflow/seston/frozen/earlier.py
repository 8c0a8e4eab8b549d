"""An earlier run: what of it is needed to keep its clusters, and whether it fits together."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seston import store
from seston.cluster.clustering import CENTROIDS, REPORT, SPACE, read_clustering
from seston.errors import SestonError
from seston.models.header import read_header
from seston.naming.table import read_called, read_coarse
from seston.tiles import PADDING

MODELS = ("pretrained", "finetuned")
TREE = ("tree.tsv", "coarse.tsv", "tree.nwk", "tree.json")
#: What `adopt` writes, and copies from a run that was frozen itself.
BASELINE, TAIL, ADOPTED = "baseline.tsv", "far.npz", "adopted.json"
#: What a run calls its clusters, within its results.
NAMES = Path("tables", "cluster_names.tsv")


@dataclass(frozen=True)
class Earlier:
    """A finished run.

    Attributes
    ----------
    folder : pathlib.Path
        Its results.
    model : str
        The model it chose.
    facts : dict
        Report of its k-means.
    header : dict of str to str
        Metadata of its model file.
    adopted : dict or None
        What it told of the run that its own clusters come from, if it was frozen itself.
    """

    folder: Path
    model: str
    facts: dict[str, Any]
    header: dict[str, str]
    adopted: dict[str, Any] | None

    def of_model(self, *names: str) -> Path:
        """Return the path of a file of the chosen model."""
        return self.folder.joinpath(self.model, *names)


def read_earlier(folder: Path, size: int) -> Earlier:
    """Return an earlier run whose model and clusters can be used for tiles of this size.

    Raises
    ------
    SestonError
        With everything that is missing, or the first thing that does not fit.
    """
    chosen = folder / "chosen_model.txt"
    try:
        model = chosen.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SestonError(
            f"{chosen}: {error.strerror}; cluster.frozen: expected the results folder of an earlier"
            " run that was finished"
        ) from error
    if model not in MODELS:
        raise SestonError(f"{chosen}: found {model!r}, expected one of {', '.join(MODELS)}")
    _require_files(folder, model)
    facts, _, _ = read_clustering(folder / model / "kmeans")
    header = read_header(folder / model / "model.safetensors")
    read_coarse(folder / model / "tree" / "coarse.tsv", facts["k"])
    _require_fit(folder / model, facts, header, size)
    _require_names(folder / NAMES, facts["fingerprint"])
    adopted = _adopted(folder / "frozen", facts["fingerprint"])
    run = Earlier(folder, model, facts, header, adopted)
    if adopted is None:
        shards = [run.of_model("embeddings", f"{name}.arrow") for name in facts["shards"]]
        _require([*shards, folder / "tables" / "images.parquet"], folder)
    else:
        _require([folder / "frozen" / name for name in (BASELINE, TAIL)], folder)
    return run


def _require_files(folder: Path, model: str) -> None:
    kmeans = [f"kmeans/{name}" for name in (CENTROIDS, SPACE, REPORT)]
    tree = [f"tree/{name}" for name in TREE]
    of_model = [folder / model / name for name in ("model.safetensors", *kmeans, *tree)]
    _require([*of_model, folder / NAMES], folder)


def _require(paths: list[Path], folder: Path) -> None:
    missing = [str(path) for path in paths if not path.is_file()]
    if missing:
        count = "1 file" if len(missing) == 1 else f"{len(missing)} files"
        raise SestonError(
            f"cluster.frozen: {folder} lacks {count} of a finished run:\n  "
            + "\n  ".join(missing[:20])
            + "\nfinish that run; if an older version of Seston made it, run it again with this one"
        )


def _require_fit(folder: Path, facts: dict[str, Any], header: dict[str, str], size: int) -> None:
    """Raise `SestonError` unless model, tiles of this size and clusters belong together."""
    taken = json.loads(header["backbone"])["image_size"]
    if taken != size:
        raise SestonError(
            f"config: tiles.size: found {size}, but the model of the earlier run,"
            f" {folder / 'model.safetensors'}, takes tiles of {taken} px; set tiles.size to {taken}"
        )
    tiles = store.fingerprint("tiles", size, PADDING)
    made = store.fingerprint("embeddings", header["fingerprint"], tiles)
    if made != facts["embeddings"]:
        raise SestonError(
            f"{folder}: its clusters are of embeddings {facts['embeddings'][:12]}, but its model"
            f" and the tiles of this version make {made[:12]}: they do not belong together, or"
            " another version made the tiles; run the earlier run again"
        )


def _require_names(path: Path, clustering: str) -> None:
    of = read_called(path).clustering
    if of != clustering:
        raise SestonError(
            f"{path} has the names of clustering {of[:12]}, but the clusters of that run are"
            f" {clustering[:12]}; run the earlier run again to its end"
        )


def _adopted(folder: Path, clustering: str) -> dict[str, Any] | None:
    """Return what a run that was frozen itself told of its clusters' origin.

    None also where the folder is left from other clusters: the run was frozen once.
    """
    path = folder / ADOPTED
    if not path.is_file():
        return None
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return told if told["clustering"] == clustering else None
    except (OSError, ValueError, KeyError) as error:
        raise SestonError(f"{path}: not readable ({error!r}); run that run again") from error
