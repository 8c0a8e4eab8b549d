"""The index in which `similar` finds the nearest organisms of a run.

faiss keeps the embeddings in lists by the nearest of some hundred to thousand places, as one byte
per number; a question reads only the lists near it. How many, is measured when the index is made.
"""

import hashlib
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt

from seston import __version__, store
from seston.cluster.shards import EmbeddingShards
from seston.progress import Progress
from seston.schemas import FORMAT

log = logging.getLogger("seston")

LIST = 1000  # images in a list, on average
TAUGHT = 50  # images per list that the lists are learned from
ASKED, NEAREST = 200, 50  # images asked about to measure recall, and of how many neighbours
WIDER = 4  # so many times the images asked for are ranked again by their exact distances
ENOUGH = 0.99  # recall from which on no more lists are read
SEEN = 2000  # embeddings that the digest of a run's content sees

_IDS = 1 << 16  # ids at a time

Ranks = npt.NDArray[np.int64]
Rows = npt.NDArray[np.float32]


def build(rows: EmbeddingShards, seed: int) -> faiss.IndexIVFScalarQuantizer:
    """Return an index whose numbers are the places of the images in the order of their ids."""
    lists = max(1, len(rows) // LIST)
    index = faiss.IndexIVFScalarQuantizer(
        faiss.IndexFlatL2(rows.dim), rows.dim, lists, faiss.ScalarQuantizer.QT_8bit
    )
    index.cp.seed, index.cp.niter = seed, 10
    index.cp.min_points_per_centroid, index.cp.max_points_per_centroid = 1, TAUGHT
    taught = rows.take(rows.draw(TAUGHT * lists, np.random.default_rng(seed)))
    index.train(taught if len(taught) else np.zeros((1, rows.dim), np.float32))
    with Progress(len(rows), "images") as progress:
        for block, ranks in _ranked(rows):
            index.add_with_ids(block, ranks)
            progress.add(len(block))
    return index


def exact_neighbors(rows: EmbeddingShards, queries: Rows, count: int) -> Ranks:
    """Return the ranks by id (q, count) of the nearest images, by reading all of them."""
    best = np.empty((len(queries), 0), np.float32)
    found = np.empty((len(queries), 0), np.int64)
    for block, ranks in _ranked(rows):
        squares, here = faiss.knn(queries, block, min(count, len(block)))
        best, found = np.hstack([best, squares]), np.hstack([found, ranks[here]])
        kept = np.argsort(best, axis=1, kind="stable")[:, :count]
        best, found = np.take_along_axis(best, kept, 1), np.take_along_axis(found, kept, 1)
    return found


def lists_to_read(
    index: faiss.IndexIVF, queries: Rows, truth: Ranks, enough: float = ENOUGH
) -> dict[int, float]:
    """Return the recall for 1, 2, 4, … lists, up to the first that is enough, or all lists.

    Parameters
    ----------
    index : faiss.IndexIVF
    queries : ndarray of float32, shape (q, D)
    truth : ndarray of int64, shape (q, K)
        What is nearest.
    enough : float
        Recall, 0 to 1.

    Returns
    -------
    dict of int to float
        Share of the truth among the `WIDER` times K images that are ranked again.
    """
    recall: dict[int, float] = {}
    read = 1
    while True:
        read = min(read, index.nlist)
        found = index.search(queries, WIDER * truth.shape[1], params=reading(read))[1]
        hits = [np.isin(true, near).mean() for true, near in zip(truth, found, strict=True)]
        recall[read] = float(np.mean(hits))
        if recall[read] >= enough or read == index.nlist:
            return recall
        read *= 2


def reading(
    lists: int, without: tuple[int, int] | npt.NDArray[np.bool_] = (0, 0)
) -> faiss.SearchParameters:
    """Return how to search: lists to read; ranks to leave out, a range or one by one."""
    if isinstance(without, tuple):
        ranks: faiss.IDSelector = faiss.IDSelectorRange(*without)
    else:
        bits = np.packbits(without, bitorder="little")
        ranks = faiss.IDSelectorBitmap(bits)  # type: ignore[call-arg, arg-type]  # as C++ takes it
    left_out = faiss.IDSelectorNot(ranks)
    return faiss.SearchParametersIVF(nprobe=lists, sel=left_out)  # type: ignore[call-arg]  # the stubs lack keywords


def content(rows: EmbeddingShards) -> str:
    """Return a digest (sha256, hex) of all ids and of `SEEN` embeddings.

    These are spread evenly over the ids, in which the images of a sample follow each other, so
    that no sample goes unseen that has one image in `SEEN` of all. To read all embeddings at
    each question would take as long as a search without an index.
    """
    digest = hashlib.sha256()
    for start in range(0, len(rows), _IDS):
        digest.update("\n".join([*rows.ids[start : start + _IDS].to_pylist(), ""]).encode())
    ranks = np.unique(np.linspace(0, len(rows) - 1, min(SEEN, len(rows))).round().astype(int))
    digest.update(rows.take(rows.order[ranks]).astype("<f4").tobytes())
    return digest.hexdigest()


def make_index(
    *,
    embeddings_dir: Path,
    shards: list[str],
    seed: int,
    index: Path,
    report: Path,
    threads: int = 1,
) -> None:
    """Index the embeddings of a run, for `similar`.

    Parameters
    ----------
    embeddings_dir : Path
        Folder with one ``<shard>.arrow`` per shard.
    shards : list of str
        The shards to index.
    seed : int
        For the images that the lists are learned from, and those that measure the recall.
    index : Path
        The index to write, by faiss.
    report : Path
        The report to write: JSON, with the lists that are read and the recall.
    threads : int
        CPU threads.
    """
    faiss.omp_set_num_threads(threads)
    rows = EmbeddingShards(embeddings_dir, shards)
    rows.require_usable()
    built = build(rows, seed)
    recall: dict[int, float] = {1: 1.0}
    if len(rows):
        queries = rows.take(rows.draw(ASKED, np.random.default_rng([seed, 1])))
        truth = exact_neighbors(rows, queries, min(NEAREST, len(rows)))
        recall = lists_to_read(built, queries, truth)
    read = max(recall)
    log.info(
        "index: %d images in %d lists, of which %d are read: %.2f %% of the %d nearest are found",
        len(rows), built.nlist, read, 100 * recall[read], NEAREST,
    )  # fmt: skip
    with store.atomic(index) as temporary:
        faiss.write_index(built, str(temporary))
    facts = {
        "format": FORMAT,
        "kind": "index",
        "version": __version__,
        "embeddings": rows.fingerprint,
        "content": content(rows),
        "n": len(rows),
        "dim": rows.dim,
        "shards": dict(zip(rows.names, rows.counts, strict=True)),
        "seed": seed,
        "index": f"IVF{built.nlist},SQ8",
        "nprobe": read,
        "recall": {str(lists): share for lists, share in recall.items()},
        "recall_of": NEAREST,
        "recall_on": min(ASKED, len(rows)),
    }
    store.write_text(json.dumps(facts, indent=1, sort_keys=True) + "\n", report)


def _ranked(rows: EmbeddingShards) -> Iterator[tuple[Rows, Ranks]]:
    """Yield the embeddings by blocks, with the place of each by id."""
    rank = np.empty(len(rows), np.int64)
    rank[rows.order] = np.arange(len(rows))
    start = 0
    for block in rows.blocks():
        yield block, rank[start : start + len(block)]
        start += len(block)
