"""Compare embeddings of the same labelled organisms: neighbours, linear probe, clusters.

    python benchmarks/evidence.py labels.tsv before after … [--samples REGEX]

Each of `before`, `after`, … is a file of embeddings or a folder of such files (or of tiles:
then raw pixels are compared). `labels.tsv` has the columns `image_id` and `label`. Neighbours and
training never come from the sample of the organism they are asked about. Printed are the
figures of the workflow's `evidence.tsv`, with intervals over samples; of k-means the mean
and the range of all starts; and the paired differences to the first. With `--samples`, only
samples whose name matches, such as `2018-(09|1[0-2])`, are looked at.
"""

import argparse
import re
from pathlib import Path

import numpy as np
import pyarrow as pa

from seston import store
from seston.arrays import ArrayFile
from seston.evaluate.comparison import paired
from seston.evaluate.evidence import Tallies
from seston.evaluate.labelled import across_units, by_clusters
from seston.evaluate.organisms import Drawn
from seston.labels.sets import LabelSet
from seston.labels.table import read_labels


def read(path: Path, labels: dict[str, str], wanted: re.Pattern[str]) -> tuple[LabelSet, Drawn]:
    """Return the labels and embeddings of all labelled organisms of the samples wanted."""
    ids: list[str] = []
    parts = []
    for file in sorted(path.glob("*.arrow")) if path.is_dir() else [path]:
        array = ArrayFile(file, store.read_metadata(file)["kind"])
        names = array.ids.to_pylist()
        rows = [i for i, n in enumerate(names) if n in labels and wanted.search(n.split("/")[0])]
        ids += [names[row] for row in rows]
        parts.append(array.take(np.array(rows, np.int64)).reshape(len(rows), np.prod(array.shape)))
    order = np.argsort(ids)
    ids = [ids[place] for place in order]
    vectors = np.concatenate(parts).astype(np.float32)[order]
    samples, units = np.unique([name.split("/")[0] for name in ids], return_inverse=True)
    classes, codes = np.unique([labels[name] for name in ids], return_inverse=True)
    drawn = Drawn(np.arange(len(ids)), vectors, units, tuple(samples.tolist()), "sample")
    return LabelSet("labels", codes, tuple(classes.tolist())), drawn


def main() -> None:
    """Print one block per set of embeddings."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("labels", type=Path)
    parser.add_argument("embeddings", type=Path, nargs="+")
    parser.add_argument("--samples", type=re.compile, default=re.compile(""))
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    pa.set_cpu_count(1)
    labels = read_labels(given.labels)
    first: Tallies = {}
    for path in given.embeddings:
        codes, drawn = read(path, labels, given.samples)
        rows, tallies = across_units(codes, drawn, given.folds, given.seed)
        print(f"{path}: {len(drawn)} organisms of {len(drawn.unit_names)} samples")
        for row in [*rows, *by_clusters(codes, drawn, given.seed)]:
            line = f"  {row.measure:13} {row.value:.3f} ({row.low:.3f} to {row.high:.3f})"
            line += f"  chance {row.chance:.3f}"
            key = (row.about, row.measure, row.set)
            if key in first:
                change = paired([(first[key], tallies[key])], given.seed)
                line += f"  change {change.value:+.3f} ({change.low:+.3f} to {change.high:+.3f})"
            print(line)
        first = first or tallies


if __name__ == "__main__":
    main()
