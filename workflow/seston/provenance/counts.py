"""Whether counts agree: what was listed, used and rejected, and what tables make of it."""

import csv
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from seston import store
from seston.provenance.finding import Finding
from seston.provenance.marks import UNREADABLE
from seston.provenance.reading import read_columns

#: Listed, used and rejected.
Effort = dict[str, int]
KEYS = ("listed", "used", "rejected")
SAMPLES, CLUSTERS = "tables/samples.tsv", "tables/clusters.tsv"
#: Tables of counts: in each period those of all classes make its images.
COUNTED = tuple(f"tables/abundance{kind}.tsv" for kind in ("", "_coarse", "_name"))


def efforts(results: Path, shards: Sequence[str]) -> dict[str, Effort]:
    """Return what was listed, used and rejected of each sample, by name in order."""
    found: dict[str, Effort] = {}
    for shard in shards:
        path = results / "segment" / shard / "effort.parquet"
        found |= by_sample(store.read_table(path, "effort", ["sample", *KEYS]))
    return dict(sorted(found.items()))


def by_sample(efforts: pa.Table) -> dict[str, Effort]:
    """Return a table of efforts by sample."""
    return {row["sample"]: {key: row[key] for key in KEYS} for row in efforts.to_pylist()}


def totals(samples: Mapping[str, Effort]) -> Effort:
    """Return the sums over all samples."""
    return {key: sum(effort[key] for effort in samples.values()) for key in KEYS}


def wrong_efforts(
    results: Path, files: Collection[str], shards: Sequence[str], expected: Mapping[str, Effort]
) -> Iterator[Finding]:
    """Yield every sample whose organisms are not as many as its effort says.

    Parameters
    ----------
    expected : mapping of str to Effort
        Of each sample, as the manifest says.
    """
    found: dict[str, Effort] = {}
    whole = True
    for shard in shards:
        here = f"segment/{shard}"
        said = yield from read_columns(results, files, f"{here}/effort.parquet", ["sample", *KEYS])
        cut = yield from read_columns(results, files, f"{here}/crops.parquet", ["sample"])
        refused = yield from read_columns(results, files, f"{here}/rejected.parquet", ["sample"])
        if said is None or cut is None or refused is None:
            whole = False
            continue
        of = by_sample(said)
        yield from _other_rows(here, of, _counts(cut["sample"]), _counts(refused["sample"]))
        found |= of
    if not whole:
        expected = {sample: expected[sample] for sample in expected if sample in found}
    yield from _compared(found, expected, "segment", "the manifest")
    if SAMPLES in files:
        yield from _readable(SAMPLES, _wrong_samples(results / SAMPLES, found, whole))


def wrong_tables(results: Path, files: Collection[str]) -> Iterator[Finding]:
    """Yield tables for people whose counts are not those of the table of images."""
    images = yield from read_columns(results, files, "tables/images.parquet", ["cluster"])
    if images is not None and CLUSTERS in files:
        of = _counts(images["cluster"])
        yield from _readable(CLUSTERS, _wrong_clusters(results / CLUSTERS, of))
    for name in (name for name in COUNTED if name in files):
        yield from _readable(name, _wrong_sums(results / name, name))


def _other_rows(
    shard: str, efforts: Mapping[str, Effort], cut: Counter[str], refused: Counter[str]
) -> Iterator[Finding]:
    for sample in sorted({*cut, *refused} - efforts.keys()):
        yield Finding(f"{shard}/crops.parquet", f"sample {sample} has no effort")
    for sample, effort in efforts.items():
        found = (cut[sample], refused[sample])
        if found != (effort["used"], effort["rejected"]) or sum(found) != effort["listed"]:
            yield Finding(
                f"{shard}/effort.parquet",
                f"sample {sample}: {_words(effort)}, but {found[0]} crops and {found[1]} rows of"
                " rejected",
            )


def _wrong_samples(path: Path, efforts: Mapping[str, Effort], whole: bool) -> Iterator[Finding]:
    told = {row["sample"]: {key: int(row[key]) for key in KEYS} for row in _lines(path)}
    if not whole:
        told = {sample: effort for sample, effort in told.items() if sample in efforts}
    yield from _compared(told, efforts, SAMPLES, "segment")


def _wrong_clusters(path: Path, images: Counter[int]) -> Iterator[Finding]:
    for row in _lines(path):
        expected = images[int(row["cluster"])]
        if int(row["images"]) != expected:
            what = f"cluster {row['cluster']}: {row['images']} images, but"
            yield Finding(CLUSTERS, f"{what} tables/images.parquet has {expected}")


def _wrong_sums(path: Path, name: str) -> Iterator[Finding]:
    counted: Counter[tuple[str, str, str]] = Counter()
    stated: defaultdict[tuple[str, str, str], set[int]] = defaultdict(set)
    for row in _lines(path):
        place = (row["site"], row["group"], row["period"])
        counted[place] += int(row["count"])
        stated[place].add(int(row["images"]))
    for place, said in stated.items():
        if said != {counted[place]}:
            what = f"{' '.join(filter(None, place))}: {counted[place]} images in all classes"
            yield Finding(name, f"{what}, but the column images says {sorted(said)}")


def _readable(name: str, found: Iterator[Finding]) -> Iterator[Finding]:
    """Yield findings; of a table that cannot be read, that it cannot."""
    try:
        yield from found
    except UNREADABLE as error:
        yield Finding(name, f"not readable ({error!r})")


def _compared(
    found: Mapping[str, Effort], expected: Mapping[str, Effort], path: str, by: str
) -> Iterator[Finding]:
    for sample in sorted(found.keys() | expected.keys()):
        here, there = found.get(sample), expected.get(sample)
        if here != there:
            yield Finding(path, f"sample {sample}: {_words(here)}, but {by} says {_words(there)}")


def _words(effort: Effort | None) -> str:
    return ", ".join(f"{effort[key]} {key}" for key in KEYS) if effort else "nothing"


def _counts(values: pa.ChunkedArray) -> Counter:
    return Counter({pair["values"]: pair["counts"] for pair in pc.value_counts(values).to_pylist()})


def _lines(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, delimiter="\t")
