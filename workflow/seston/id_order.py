"""The order of all ids over the files of several shards, without sorting ids.

An id is ``<sample>/<roi>``, and tables are sorted by it: the organisms of a sample follow each
other in the file of their shard, and among all ids. So it is enough to sort the samples.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from seston import store


class Rows(NamedTuple):
    """Where the organisms of a sample are."""

    sample: str
    shard: int
    first: int
    rows: int


def rows_of_samples(ids: Sequence[pa.ChunkedArray]) -> list[Rows]:
    """Return where the organisms of each sample are, in the order of their ids.

    Parameters
    ----------
    ids : sequence of pyarrow.ChunkedArray of string
        Of each shard, ascending.
    """
    found: list[tuple[str, Rows]] = []
    for shard, of in enumerate(ids):
        samples = pc.replace_substring_regex(of, "(?s)/.*", "").dictionary_encode().combine_chunks()
        codes = samples.indices.to_numpy(zero_copy_only=False)
        first = np.flatnonzero(np.diff(codes, prepend=-1))
        rows = np.diff(first, append=len(codes))
        names = samples.dictionary.take(pa.array(codes[first])).to_pylist()
        begin = of.take(pa.array(first)).to_pylist()
        places = zip(begin, names, first.tolist(), rows.tolist(), strict=True)
        found += [(one, Rows(name, shard, start, count)) for one, name, start, count in places]
    return [rows for _, rows in sorted(found)]


def in_order(tables: Sequence[pa.Table]) -> pa.Table:
    """Return the rows of all shards by ascending id, without copying them.

    Parameters
    ----------
    tables : sequence of pyarrow.Table
        Of each shard at least one, with ``image_id``, by ascending id.

    Raises
    ------
    ValueError
        If an id occurs twice, or a table is not by ascending id.
    """
    alike = [table.replace_schema_metadata() for table in tables]
    order = rows_of_samples([table["image_id"] for table in alike])
    parts = [alike[of.shard].slice(of.first, of.rows) for of in order]
    together = pa.concat_tables([alike[0][:0], *parts])
    store.require_sorted(together["image_id"], "all shards")
    return together
