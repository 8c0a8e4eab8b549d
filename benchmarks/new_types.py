"""Withhold a class from half of the samples, cluster that half, and look for it in the other.

    python benchmarks/new_types.py labels.tsv embeddings [--k 30] [--seeds 5] [--withhold CLASS …]

`embeddings` is a file of embeddings or a folder of such files, `labels.tsv` has the columns
`image_id` and `label`. Printed per class, over the seeds (each draws the halves anew): the share
of the class that lies beyond the limits, the seeds that found it, its recall and precision among
the images nearer to the candidate than to any centroid, and how many other candidates there were.
The first line withholds nothing: whatever it finds or flags is a false alarm, or a bloom that
fell into one half.
"""

import argparse
from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt
import pandas as pd

from seston.arrays import ArrayFile
from seston.frozen.baseline import (
    baseline_table,
    beyond_the_others,
    left_out,
    scatter_between,
    write_scatter,
)
from seston.frozen.comparison import compare
from seston.frozen.far import Far
from seston.frozen.new_types import find_candidates
from seston.labels.table import read_labels

TOLD = [
    "beyond", "found", "recall", "precision", "candidates", "others", "all", "samples", "clusters",
]  # fmt: skip
Rows = npt.NDArray[np.float32]


def numbered(samples: npt.NDArray) -> npt.NDArray[np.int64]:
    """Return the number of each image's sample."""
    return np.unique(samples, return_inverse=True)[1]


def trial(
    rows: Rows, samples: npt.NDArray, withheld: npt.NDArray[np.bool_], k: int, seed: int
) -> dict[str, float]:
    """Return what one drawing of the halves gives."""
    rng = np.random.default_rng(seed)
    names = rng.permutation(np.unique(samples))
    first = np.isin(samples, names[: len(names) // 2])
    old, new = np.flatnonzero(first & ~withheld), np.flatnonzero(~first)
    model = faiss.Kmeans(
        rows.shape[1], k, niter=25, seed=seed, max_points_per_centroid=len(old),
        min_points_per_centroid=1,
    )  # fmt: skip
    model.train(rows[old])
    squares, nearest = model.index.search(rows, 1)
    distance, cluster = np.sqrt(np.maximum(squares[:, 0], 0)).astype(float), nearest[:, 0]
    sizes = np.bincount(cluster[old], minlength=k)
    usual = left_out(distance[old], sizes[cluster[old]])
    sample = numbered(samples[old])
    table = baseline_table(cluster[old], usual, sample, k)
    counts = beyond_the_others(cluster[old], usual, sample, k)
    scatter = {
        "samples": write_scatter(scatter_between(*(part.sum(axis=1) for part in counts))),
        "clusters": write_scatter(scatter_between(*counts)),
    }
    limit = table["limit"].to_numpy()
    beyond = distance[new] > limit[cluster[new]]
    before = usual >= limit[cluster[old]]
    images = pd.DataFrame(
        {"sample": samples[new], "cluster": cluster[new], "distance": distance[new]}
    )
    drift = compare(images, np.unique(samples[new]).tolist(), table, {"scatter": scatter})
    found = find_candidates(
        Far(rows[new][beyond], distance[new][beyond], len(new)),
        Far(rows[old][before], usual[before], len(old)),
    )
    mine = withheld[new]
    told = {
        "beyond": float(beyond[mine].mean()) if mine.any() else np.nan,
        "candidates": len(found),
        "samples": float(drift.loc[drift["level"] == "sample", "drift"].mean()),
        "clusters": float(drift.loc[drift["level"] == "cluster", "drift"].mean()),
        "all": float(drift["drift"].iloc[0]),
    }
    place = np.flatnonzero(beyond)
    own = [one for one in found if mine[place[one.members]].mean() > 0.5]
    nearer = np.zeros(len(new), bool)
    for one in own:
        nearer |= np.linalg.norm(rows[new] - one.centre, axis=1) < distance[new]
    told["found"] = float(len(own) > 0)
    told["others"] = len(found) - len(own)
    if own:
        told["recall"] = float((nearer & mine).sum() / mine.sum())
        told["precision"] = float((nearer & mine).sum() / nearer.sum())
    return told


def main() -> None:
    """Print one line per class."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("labels", type=Path)
    parser.add_argument("embeddings", type=Path)
    parser.add_argument("--k", type=int, default=30)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--withhold", nargs="*", default=None)
    given = parser.parse_args()
    faiss.omp_set_num_threads(1)
    path = given.embeddings
    files = sorted(path.glob("*.arrow")) if path.is_dir() else [path]
    arrays = [ArrayFile(file, "embeddings") for file in files]
    ids = [name for array in arrays for name in array.ids.to_pylist()]
    rows = np.concatenate([array.array() for array in arrays]).astype(np.float32)
    samples = np.array([name.split("/")[0] for name in ids])
    labels = read_labels(given.labels)
    of = np.array([labels.get(name, "") for name in ids])
    classes = given.withhold
    if classes is None:
        counts = pd.Series(of[of != ""]).value_counts()
        classes = counts.index[counts >= 50].tolist()
    print(f"{len(rows)} images, {len(set(samples))} samples, k = {given.k}, {given.seeds} seeds")
    for name in ["", *classes]:
        withheld = (of == name) & (name != "")
        told = [trial(rows, samples, withheld, given.k, seed) for seed in range(given.seeds)]
        mean = pd.DataFrame(told, columns=TOLD).mean()
        if name:
            print(
                f"{name:20} {withheld.sum():5} images, {mean['beyond']:.2f} beyond; found"
                f" {mean['found']:.1f}, recall {mean['recall']:.2f}, precision"
                f" {mean['precision']:.2f}; other candidates {mean['others']:.1f}"
            )
        else:
            print(
                f"nothing withheld: candidates {mean['candidates']:.2f}; told as drift: all"
                f" {mean['all']:.2f}, samples {mean['samples']:.4f}, clusters"
                f" {mean['clusters']:.4f}"
            )


if __name__ == "__main__":
    main()
