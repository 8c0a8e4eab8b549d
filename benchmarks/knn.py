"""How well do embeddings tell labelled classes apart? k nearest neighbours, leave one out.

    python benchmarks/knn.py labels.tsv heldout.arrow … [--k 5] [--per-class 30] [--draws 5]

Takes files of embeddings (or of tiles: then it compares raw pixels) and a table
of `image_id` and `label`. Every draw takes the same number of images from each
class, so that chance is 1 / classes, and asks for each image which label most of its
nearest others have (by cosine; a tie goes to the nearest). With `--across-samples`
neighbours of the same sample do not count (images taken in one minute look alike), nor
do classes that occur in one sample only.
"""

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from seston import store
from seston.arrays import ArrayFile


def knn_accuracy(
    features: npt.NDArray[np.floating],
    labels: npt.NDArray[np.int64],
    k: int,
    samples: npt.NDArray | None = None,
) -> float:
    """Return the share of rows whose k nearest others (cosine) mostly have their label.

    Parameters
    ----------
    features : ndarray (n, d)
    labels : ndarray (n,) of int
    k : int
    samples : ndarray (n,) or None
        Rows of the same sample are then no neighbours.
    """
    unit = features.astype(np.float32)
    unit = unit / np.maximum(np.linalg.norm(unit, axis=1, keepdims=True), 1e-12)
    likeness = unit @ unit.T
    np.fill_diagonal(likeness, -np.inf)
    if samples is not None:
        likeness[samples[:, None] == samples[None, :]] = -np.inf
    nearest = np.argsort(-likeness, axis=1, kind="stable")[:, :k]
    votes = np.zeros((len(labels), labels.max() + 1))
    for rank in range(k):
        # A vote counts a hair less the farther it comes from, which settles ties.
        votes[np.arange(len(labels)), labels[nearest[:, rank]]] += 1 - 1e-3 * rank
    return float((votes.argmax(1) == labels).mean())


def balanced(
    labels: npt.NDArray[np.int64],
    per_class: int,
    rng: np.random.Generator,
    samples: npt.NDArray | None = None,
) -> npt.NDArray[np.int64]:
    """Return the positions of `per_class` rows of each class that has as many.

    With `samples`, of classes that occur in at least two of them.
    """
    groups = [np.flatnonzero(labels == one) for one in np.unique(labels)]
    if samples is not None:
        groups = [g for g in groups if len(np.unique(samples[g])) > 1]
    chosen = [rng.choice(g, per_class, replace=False) for g in groups if len(g) >= per_class]
    return np.sort(np.concatenate(chosen))


def main() -> None:
    """Print one line per file: mean and deviation of the accuracy over the draws."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("labels", type=Path)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--k", type=int, default=5)
    parser.add_argument("--per-class", type=int, default=30)
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--across-samples", action="store_true")
    given = parser.parse_args()
    table = pd.read_csv(given.labels, sep="\t", dtype=str).set_index("image_id")["label"]
    for path in given.files:
        kind = store.read_metadata(path)["kind"]
        file = ArrayFile(path, kind)
        ids = np.array(file.ids.to_pylist())
        known = np.isin(ids, table.index)
        names, labels = np.unique(table[ids[known]].to_numpy(str), return_inverse=True)
        features = file.take(np.flatnonzero(known)).reshape(known.sum(), -1)
        samples = np.array([one.partition("/")[0] for one in ids[known]])
        scores, classes = [], 0
        for draw in range(given.draws):
            apart = samples if given.across_samples else None
            rows = balanced(labels, given.per_class, np.random.default_rng(draw), apart)
            classes = len(np.unique(labels[rows]))
            near = None if apart is None else apart[rows]
            scores.append(knn_accuracy(features[rows], labels[rows], given.k, near))
        print(
            f"{np.mean(scores):.3f} ± {np.std(scores):.3f}  {given.k}-NN, {classes} classes of"
            f" {len(names)} with {given.per_class} images, {kind} {path}"
        )


if __name__ == "__main__":
    main()
