"""Asking the index of a run."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

import seston
from seston.cluster.shards import EmbeddingShards
from seston.errors import SestonError
from seston.schemas import FORMAT
from seston.search.index import WIDER, content, reading

FEWEST = 200  # images ranked again, however few are asked for
TOLD = {"embeddings", "content", "shards", "nprobe"}  # of the index, by its report
AGAIN = "run the workflow again, which makes the index anew"
LeftOut = tuple[int, int] | npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Near:
    """Images near a query, the nearest first.

    Attributes
    ----------
    ranks : ndarray of int64, shape (n,)
        Their places in the order of the ids.
    distances, cosines : ndarray of float32, shape (n,)
        Euclidean distance of the embeddings; cosine of their angle.
    """

    ranks: npt.NDArray[np.int64]
    distances: npt.NDArray[np.float32]
    cosines: npt.NDArray[np.float32]


class Lookup:
    """The embeddings of a run, and their index, both memory-mapped.

    Parameters
    ----------
    embeddings_dir : Path
        Embeddings of the run's chosen model.
    folder : Path
        With ``index.faiss`` and ``index.json``.

    Raises
    ------
    SestonError
        If a file is missing, damaged, or of other embeddings.
    """

    def __init__(self, embeddings_dir: Path, folder: Path) -> None:
        report, path = folder / "index.json", folder / "index.faiss"
        try:
            facts = json.loads(report.read_text(encoding="utf-8"))
            if facts.get("format") != FORMAT or not facts.keys() >= TOLD:
                raise SestonError(
                    f"{folder}: made by another version of Seston than this one"
                    f" ({Path(seston.__file__).parent}): use the environment and clone that ran the"
                    " workflow, or run it again with this one"
                )
            made_of, held, shards = facts["embeddings"], facts["content"], facts["shards"]
            self._read = facts["nprobe"]
            read: Any = faiss.read_index(str(path), faiss.IO_FLAG_MMAP)
            self._index, self._lists = read, int(read.nlist)
        except FileNotFoundError as error:
            raise SestonError(
                f"{report}: file not found; give the results folder of a finished run (--results)"
            ) from error
        except (OSError, ValueError, KeyError, TypeError, RuntimeError, AttributeError) as error:
            reason = str(error).strip().splitlines()[-1:] or [type(error).__name__]
            raise SestonError(
                f"{folder}: not readable as the index of a run ({reason[0]});"
                f" delete the folder and {AGAIN}"
            ) from error
        self.rows = EmbeddingShards(embeddings_dir, list(shards))
        counts = dict(zip(self.rows.names, self.rows.counts, strict=True))
        if made_of != self.rows.fingerprint or counts != shards or self._index.ntotal != len(self):
            raise SestonError(
                f"{folder} (embeddings {made_of[:12]}, {sum(shards.values())} images) is not of"
                f" {embeddings_dir} ({self.rows.fingerprint[:12]}, {len(self)} images);"
                f" delete the folder and {AGAIN}"
            )
        if held != content(self.rows):
            raise SestonError(
                f"{folder} was made of other images, or of other pictures of them, than"
                f" {embeddings_dir} holds now; delete the folder and {AGAIN}"
            )

    def __len__(self) -> int:
        return len(self.rows)

    def rank(self, image_id: str) -> int | None:
        """Return the place of an image in the order of the ids; None if there is no such image."""
        found = pc.index(self.rows.ids, pa.scalar(image_id)).as_py()
        return None if found < 0 else found

    def of_sample(self, sample: str) -> tuple[int, int]:
        """Return first and last (exclusive) rank of a sample's images, which follow each other."""
        mine = np.flatnonzero(pc.starts_with(self.rows.ids, f"{sample}/").to_numpy(False))
        return (int(mine[0]), int(mine[-1]) + 1) if len(mine) else (0, 0)

    def embedding(self, rank: int) -> npt.NDArray[np.float32]:
        """Return the embedding (D,) of an image."""
        return self.rows.take(self.rows.order[[rank]])[0]

    def nearest(
        self, query: npt.NDArray[np.float32], count: int, without: LeftOut = (0, 0)
    ) -> Near:
        """Return the nearest images to an embedding (D,), at most `count`.

        Parameters
        ----------
        query : ndarray of float32, shape (D,)
        count : int
        without : (int, int), or ndarray of bool, shape (n,)
            Images that are left out: first and last (exclusive) rank, or true for each of them.
        """
        if isinstance(without, tuple):
            left_out, lists = without[1] - without[0], self._read
        else:  # the lists nearest to the query may be left out as a whole
            left_out, lists = int(without.sum()), self._lists
        count = min(count, len(self) - left_out)
        if count <= 0:
            none = np.empty(0, np.float32)
            return Near(np.empty(0, np.int64), none, none)
        found = self._candidates(query, count, without, lists)
        if len(found) < count:  # so many are left out, or asked for: read all lists
            found = self._candidates(query, count, without, self._lists)
        rows = self.rows.take(self.rows.order[found])
        distances = np.linalg.norm(rows - query, axis=1)
        order = np.lexsort((found, distances))[:count]
        lengths = np.linalg.norm(rows, axis=1) * np.linalg.norm(query)
        cosines = (rows @ query) / lengths
        return Near(found[order], distances[order], cosines[order])

    def _candidates(
        self, query: npt.NDArray[np.float32], count: int, without: LeftOut, lists: int
    ) -> npt.NDArray[np.int64]:
        wanted = min(max(WIDER * count, FEWEST), len(self))
        found = self._index.search(query[None], wanted, params=reading(lists, without))[1][0]
        return found[found >= 0]


def chosen_model(results: Path) -> Path:
    """Return the folder of the model whose clusters the results show.

    Raises
    ------
    SestonError
        If the run has not come so far.
    """
    chosen = results / "chosen_model.txt"
    try:
        return results / chosen.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SestonError(
            f"{chosen}: {error.strerror}; give the results folder of a finished run (--results)"
        ) from error
