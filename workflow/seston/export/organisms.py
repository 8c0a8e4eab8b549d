"""All organisms of a run with their pictures, in the order of their ids, some at a time."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from seston.errors import SestonError
from seston.parts import ROWS, TableReader


class Part(NamedTuple):
    """Some organisms of one sample.

    Attributes
    ----------
    sample : str
    place : int
        Of the first one within its sample, from 0.
    first : int
        The same among all organisms.
    table : pyarrow.Table
        Their rows of the table of images.
    pictures : list of bytes
        PNG.
    """

    sample: str
    place: int
    first: int
    table: pa.Table
    pictures: list[bytes]


class _Rows(NamedTuple):
    """Where the organisms of a sample are."""

    sample: str
    shard: int
    first: int
    rows: int


class Organisms:
    """The organisms of all shards; `len` is their number. In memory are only those of a part.

    Parameters
    ----------
    images : pathlib.Path
        The table of images.
    crops : sequence of pathlib.Path
        Of each shard.
    columns : sequence of str
        Of the table of images.

    Raises
    ------
    SestonError
        If a file is missing or damaged.
    """

    def __init__(self, images: Path, crops: Sequence[Path], columns: Sequence[str]) -> None:
        self._path, self._crops, self._columns = images, crops, tuple(columns)
        self._images = TableReader(images, "images")
        found = [rows for shard, path in enumerate(crops) for rows in _rows(shard, path)]
        # Ids begin with their sample and a stroke, and are sorted by their bytes.
        self._samples = sorted(found, key=lambda rows: f"{rows.sample}/".encode())

    def __len__(self) -> int:
        return len(self._images)

    def parts(self) -> Iterator[Part]:
        """Yield all organisms; raises `SestonError` if images and crops are not the same ones."""
        start, shard, crops = 0, -1, None
        for of in self._samples:
            if crops is None or of.shard != shard:  # one at a time: each holds a block of pictures
                shard, crops = of.shard, TableReader(self._crops[of.shard], "crops")
            for place in range(0, of.rows, ROWS):
                count = min(ROWS, of.rows - place)
                cut = crops.rows(of.first + place, count, ("image_id", "crop"))
                self._require(start + count <= len(self))
                table = self._images.rows(start, count, self._columns)
                self._require(table["image_id"].equals(cut["image_id"]))
                yield Part(of.sample, place, start, table, cut["crop"].to_pylist())
                start += count
        self._require(start == len(self))

    def _require(self, same: bool) -> None:
        if not same:
            raise SestonError(
                f"{self._path} and the crops beside {self._crops[0]} do not hold the same images;"
                " one of them is out of date: delete both and run again"
            )


def _rows(shard: int, path: Path) -> Iterator[_Rows]:
    """Yield where each sample of a shard is; its organisms follow each other."""
    counts: dict[str, int] = {}
    for batch in TableReader(path, "crops").parts(["sample"], 1 << 16):
        for pair in pc.value_counts(batch["sample"]).to_pylist():
            counts[pair["values"]] = counts.get(pair["values"], 0) + pair["counts"]
    first = 0
    for sample, rows in counts.items():
        yield _Rows(sample, shard, first, rows)
        first += rows
