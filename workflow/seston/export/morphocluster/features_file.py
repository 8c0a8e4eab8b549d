"""Features of organisms as MorphoCluster's `load-features` and `cluster` read them."""

from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt

from seston.cluster.shards import BLOCK, EmbeddingShards

#: Of organisms that nobody labelled.
NO_TARGET = -1


def write_features(embeddings: EmbeddingShards, chosen: npt.NDArray[np.int64], path: Path) -> None:
    """Write embeddings, each brought to length 1, a block at a time.

    Parameters
    ----------
    embeddings : EmbeddingShards
    chosen : ndarray of int64, shape (n,)
        Places in the order of the ids, ascending.
    path : pathlib.Path
        HDF5 with ``object_id`` (text), ``features`` (n, D) and ``targets``.
    """
    with h5py.File(path, "w") as file:
        ids = file.create_dataset("object_id", (len(chosen),), h5py.string_dtype())
        features = file.create_dataset("features", (len(chosen), embeddings.dim), np.float32)
        file.create_dataset("targets", data=np.full(len(chosen), NO_TARGET, np.int8))
        for start in range(0, len(chosen), BLOCK):
            some = chosen[start : start + BLOCK]
            rows = embeddings.take(embeddings.order[some]).astype(np.float64)
            rows /= np.linalg.norm(rows, axis=1, keepdims=True)
            features[start : start + len(some)] = rows
            ids[start : start + len(some)] = embeddings.ids.take(some).to_pylist()
