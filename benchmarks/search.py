"""The search index of Seston: cost, size, recall, and time of a question.

    python benchmarks/search.py [--images 200000] [--questions 50]

Embeddings are a mixture of types (`mixture.py`), float16, in shards of 50,000 on disk. CPU-seconds
on one thread. A question asks for the 50 nearest of an image; exact search reads all embeddings,
for all questions at once ("a question" is then a share of that) and for one alone.
"""
# ruff: noqa: E402 - threads are limited before the libraries are loaded

import argparse
import json
import logging
import resource
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))
from seston.threads import limit_threads

limit_threads(1)

import numpy as np
from mixture import DIM, write_mixture

from seston.search.index import exact_neighbors, make_index
from seston.search.lookup import Lookup

NEAREST = 50


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def main() -> None:
    logging.getLogger("seston").setLevel(logging.ERROR)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=200_000)
    parser.add_argument("--questions", type=int, default=50)
    asked = parser.parse_args()
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        names, _ = write_mixture(folder, asked.images)
        index, report = folder / "index.faiss", folder / "index.json"
        before, begun = peak(), time.process_time()
        make_index(embeddings_dir=folder, shards=names, seed=1, index=index, report=report)
        made = time.process_time() - begun
        facts = json.loads(report.read_text())
        print(
            f"{asked.images} x {DIM}: {facts['index']}, made in {made:.1f} CPU-s,"
            f" {index.stat().st_size / 1e9:.2f} GB; peak {peak():.2f} GB ({before:.2f} before);"
            f" {facts['nprobe']} lists read, recall {facts['recall'][str(facts['nprobe'])]:.4f}"
        )
        begun = time.process_time()
        lookup = Lookup(folder, folder)
        print(f"opened in {time.process_time() - begun:.2f} CPU-s")
        ranks = np.random.default_rng(7).integers(0, len(lookup), asked.questions)
        queries = np.stack([lookup.embedding(int(rank)) for rank in ranks])
        begun = time.process_time()
        found = [lookup.nearest(query, NEAREST).ranks for query in queries]
        each = (time.process_time() - begun) / len(queries)
        begun = time.process_time()
        truth = exact_neighbors(lookup.rows, queries, NEAREST)
        together = (time.process_time() - begun) / len(queries)
        begun = time.process_time()
        exact_neighbors(lookup.rows, queries[:1], NEAREST)
        alone = time.process_time() - begun
        recall = np.mean([np.isin(a, b).mean() for a, b in zip(truth, found, strict=True)])
    exact = f"{1000 * together:.1f} CPU-ms of {len(queries)} at once, {1000 * alone:.0f} alone"
    print(f"a question {1000 * each:.1f} CPU-ms, recall {recall:.4f}; exact {exact}")


if __name__ == "__main__":
    main()
