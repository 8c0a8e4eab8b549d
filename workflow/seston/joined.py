"""All organisms of a run with their clusters, in the order of their ids, a sample at a time."""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from seston import store
from seston.id_order import rows_of_samples
from seston.parts import TableReader

OPEN = 16  # shards that are open at a time


class Joined:
    """The organisms of all shards, of which all but their clusters stays in the files.

    Attributes
    ----------
    counts : Counter of str
        Organisms of each sample.
    noted : pyarrow.Table
        ``image_id``, ``sample`` and ``notes`` of those that have a note, by shard.
    clusters : pyarrow.Table
        ``cluster``, ``distance`` and ``margin`` of all, in the order of the ids.

    Parameters
    ----------
    crops, clusters : sequence of pathlib.Path
        The tables of each shard.

    Raises
    ------
    SestonError
        If a file is missing or damaged, or the two of a shard do not hold the same organisms.
    """

    def __init__(self, crops: Sequence[Path], clusters: Sequence[Path]) -> None:
        self._crops = crops
        self.counts: Counter[str] = Counter()
        noted, assigned, ids = [], [], []
        for path, other in zip(crops, clusters, strict=True):
            table = store.read_table(path, "crops", ["image_id", "sample", "notes"])
            table = table.replace_schema_metadata()
            given = store.read_table(other, "clusters").replace_schema_metadata()
            store.require_same_ids(path, table["image_id"], other, given["image_id"])
            assigned.append(given.select(["cluster", "distance", "margin"]))
            noted.append(table.filter(pc.not_equal(table["notes"], "")))
            ids.append(table["image_id"])
        self.noted = pa.concat_tables(noted)
        self._samples = rows_of_samples(ids)
        for of in self._samples:
            self.counts[of.sample] += of.rows
        parts = [assigned[of.shard].slice(of.first, of.rows) for of in self._samples]
        self.clusters = pa.concat_tables([assigned[0][:0], *parts]).combine_chunks()

    def __len__(self) -> int:
        return len(self.clusters)

    def samples(self, columns: Sequence[str]) -> Iterator[tuple[str, pa.Table]]:
        """Yield each sample that has organisms, with these columns of their crops."""

        @lru_cache(OPEN)
        def reader(shard: int) -> TableReader:
            return TableReader(self._crops[shard], "crops")

        for of in self._samples:
            table = reader(of.shard).rows(of.first, of.rows, columns)
            yield of.sample, table.replace_schema_metadata()
