"""Attention maps: which are shown, and their values as tables."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from seston.errors import SestonError

MOST_IMAGES, IN_FIGURE = 24, 6  # organisms drawn; of these in one figure
MOST_HEADS = 4  # organisms whose heads are drawn one by one
MODELS = {"pretrained": "before", "finetuned": "after"}

Arrays = dict[str, npt.NDArray]


def has_maps(attention: Arrays) -> bool:
    """Return whether there is anything to draw: not every network has attention."""
    return any(len(attention.get(name, ())) for name in MODELS)


def patches(attention: Arrays) -> int:
    """Return how many patches a map has; 0 without maps."""
    return max((int(np.prod(attention[m].shape[2:])) for m in MODELS if m in attention), default=0)


def first_images(attention: Arrays) -> list[int]:
    """Return the places of the organisms drawn: the chosen ones first, at most `MOST_IMAGES`."""
    return np.argsort(~attention["chosen"], kind="stable")[:MOST_IMAGES].tolist()


def figures_of(attention: Arrays) -> list[list[int]]:
    """Return the organisms of each figure."""
    images = first_images(attention)
    return [images[start : start + IN_FIGURE] for start in range(0, len(images), IN_FIGURE)]


def maps_of(attention: Arrays) -> dict[str, dict[str, npt.NDArray[np.float64]]]:
    """Return the maps (n, g, g) by kind and model: the mean over the heads, and the rollout."""
    there = [model for model in MODELS if model in attention]
    return {
        "attention": {model: attention[model].mean(axis=1, dtype=float) for model in there},
        "rollout": {model: attention[f"{model}_rollout"].astype(float) for model in there},
    }


def attention_table(attention: Arrays) -> pd.DataFrame:
    """Return every value drawn: one row per image, model and patch."""
    kinds, images = maps_of(attention), first_images(attention)
    parts = []
    for model in kinds["attention"]:
        image, row, column = _places(kinds["attention"][model][images])
        columns = {"row": row, "column": column}
        values = {kind: kinds[kind][model][images].ravel() for kind in kinds}
        ids = attention["ids"][images][image]
        parts.append(pd.DataFrame({"image_id": ids, "model": model} | columns | values))
    return pd.concat(parts, ignore_index=True)


def heads_table(attention: Arrays) -> pd.DataFrame:
    """Return the values of single heads drawn: one row per image, model, head and patch."""
    images = first_images(attention)[:MOST_HEADS]
    parts = []
    for model in (name for name in MODELS if name in attention):
        values = attention[model][images]
        image, head, row, column = _places(values)
        parts.append(
            pd.DataFrame(
                {
                    "image_id": attention["ids"][images][image],
                    "model": model,
                    "head": head + 1,
                    "row": row,
                    "column": column,
                    "attention": values.ravel(),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def places_of_clusters(attention: Arrays, clustering: str) -> dict[int, int]:
    """Return where each cluster's organism stands in the arrays ``clusters_…``; {} without maps.

    Raises
    ------
    SestonError
        If the maps are of another clustering than that of this fingerprint.
    """
    if "clusters" not in attention or not has_maps(attention):
        return {}
    found = str(attention["clustering"])
    if found != clustering:
        raise SestonError(
            f"attention.npz shows organisms of the clustering {found[:12]}, but this is"
            f" {clustering[:12]}; delete it and run again"
        )
    return {int(cluster): place for place, cluster in enumerate(attention["clusters"])}


def clusters_table(attention: Arrays) -> pd.DataFrame:
    """Return the maps of the clusters' organisms: one row per cluster, model and patch."""
    parts = []
    for model in (name for name in MODELS if f"clusters_{name}" in attention):
        values = attention[f"clusters_{model}"]
        place, row, column = _places(values)
        told = {"cluster": attention["clusters"], "image_id": attention["clusters_ids"]}
        columns = {name: some[place] for name, some in told.items()} | {"model": model}
        columns |= {"row": row, "column": column, "rollout": values.ravel()}
        parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True)


def _places(values: npt.NDArray) -> npt.NDArray[np.int64]:
    return np.indices(values.shape).reshape(values.ndim, -1)
