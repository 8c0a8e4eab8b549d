"""Organisms sample by sample and frame by frame, with what their boxes are said to hold."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from seston.export.boxes.categories import Categories
from seston.parts import TableReader

_COLUMNS = ("image_id", "sample", "frame", "x", "y", "w", "h")
_ROWS = 1 << 16


class Held(NamedTuple):
    """Organisms of one sample: columns of the table of images, and their categories."""

    sample: str
    table: pa.Table
    categories: npt.NDArray[np.int64]


def by_sample(images: Path, given: Categories) -> Iterator[Held]:
    """Yield the organisms of each sample, which follow each other in the table."""
    waiting: list[pa.Table] = []
    start = 0
    for batch in TableReader(images, "images").parts(_COLUMNS, _ROWS):
        table = pa.table(batch)
        names = table["sample"].to_numpy(zero_copy_only=False)
        if not len(names):  # a run without organisms
            continue
        cuts = [0, *(np.flatnonzero(names[1:] != names[:-1]) + 1).tolist(), len(names)]
        for first, last in pairwise(cuts):
            part = table.slice(first, last - first)
            if waiting and waiting[0]["sample"][0].as_py() != names[first]:
                yield _whole(waiting, start, given)
                start += sum(map(len, waiting))
                waiting = []
            waiting.append(part)
    if waiting:
        yield _whole(waiting, start, given)


def _whole(parts: Sequence[pa.Table], start: int, given: Categories) -> Held:
    table = pa.concat_tables(parts)
    return Held(table["sample"][0].as_py(), table, given.of(start, table["image_id"]))


def frames_of(names: pa.ChunkedArray) -> list[tuple[str, npt.NDArray[np.int64]]]:
    """Return each frame, by name in order, with the rows of its organisms, ascending."""
    coded = names.combine_chunks().dictionary_encode()
    codes = coded.indices.to_numpy()
    rows = np.argsort(codes, kind="stable")
    parts = np.split(rows, np.flatnonzero(np.diff(codes[rows])) + 1)
    return sorted(zip(coded.dictionary.to_pylist(), parts, strict=True), key=lambda frame: frame[0])
