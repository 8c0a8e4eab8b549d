"""Whether all files hold the same organisms, in the order of their ids, with the same clusters."""

from collections.abc import Collection, Generator, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from seston.id_order import in_order
from seston.provenance.finding import Finding
from seston.provenance.reading import read_columns
from seston.store import require_sorted

#: Tables of all organisms of a run.
WHOLE = ("tables/images.parquet", "map.parquet", "tables/predictions.parquet")


def other_organisms(
    results: Path, files: Collection[str], shards: Sequence[str], models: Sequence[str], chosen: str
) -> Iterator[Finding]:
    """Yield every file whose organisms are not those that were cut out, in ascending order.

    The crops of a shard are what all other files of the shard are held against, all of them
    together are what the tables of the run are held against; the clusters of the chosen model
    must be those of the table of images.
    """
    whole: list[pa.Table] = []
    for shard in shards:
        crops = f"segment/{shard}/crops.parquet"
        ids = yield from _ids(results, files, crops)
        if ids is None:
            continue
        beside = [f"segment/{shard}/recorded.parquet", f"tiles/{shard}.arrow"]
        for model in models:
            beside += [f"{model}/embeddings/{shard}.arrow", f"{model}/clusters/{shard}.parquet"]
        for name in (*beside, f"classify/predictions/{shard}.parquet"):
            yield from _not_these(results, files, name, ids, f"{crops} has")
        assigned = f"{chosen}/clusters/{shard}.parquet"
        clusters = yield from _clusters(results, files, assigned, len(ids))
        whole.append(pa.table({"image_id": ids, "cluster": clusters}))
    if len(whole) < len(shards):
        return  # told above
    try:
        together = in_order(whole)
    except ValueError as error:
        yield Finding("segment", f"the crops of all shards: {error}")
        return
    ids = together["image_id"]
    for name in WHOLE:
        yield from _not_these(results, files, name, ids, "the crops of all shards have")
    images = yield from _clusters(results, files, "tables/images.parquet", len(ids))
    # Nulls, which differ from nothing, are told already.
    differ = pc.sum(pc.not_equal(images, together["cluster"])).as_py()
    if differ:
        what = f"{differ} organisms are in another cluster than in {chosen}/clusters"
        yield Finding("tables/images.parquet", what)


def _ids(
    results: Path, files: Collection[str], name: str
) -> Generator[Finding, None, pa.ChunkedArray | None]:
    table = yield from read_columns(results, files, name, ["image_id"])
    if table is None:
        return None
    try:
        require_sorted(table["image_id"], "its rows")
    except ValueError as error:
        yield Finding(name, str(error))
        return None
    return table["image_id"]


def _not_these(
    results: Path, files: Collection[str], name: str, ids: pa.ChunkedArray, expected: str
) -> Iterator[Finding]:
    found = yield from _ids(results, files, name)
    if found is None or found.equals(ids):
        return
    lost, more = _not_in(ids, found), _not_in(found, ids)
    yield Finding(
        name,
        f"{len(found)} organisms, but {expected} {len(ids)}: {lost} of them are missing here,"
        f" {more} are not among them",
    )


def _not_in(these: pa.ChunkedArray, those: pa.ChunkedArray) -> int:
    found = pc.is_in(these, value_set=those.combine_chunks())
    return len(these) - (pc.sum(found).as_py() or 0)


def _clusters(
    results: Path, files: Collection[str], name: str, length: int
) -> Generator[Finding, None, pa.ChunkedArray]:
    """Return the clusters of a file; nulls where it does not have one for each organism."""
    table = yield from read_columns(results, files, name, ["cluster"])
    if table is None or len(table) != length:
        return pa.chunked_array([pa.nulls(length, pa.int32())])
    return table["cluster"]
