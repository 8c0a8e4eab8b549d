"""Stage `tables`: everything known of each organism and each sample, for people."""

import csv
import io
import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from seston import store
from seston.errors import SestonError
from seston.images import OF_SAMPLE, metadata_columns, write_images
from seston.joined import Joined
from seston.naming.table import read_called
from seston.quality import quality_lines
from seston.sheet import Sample, read_sheet

log = logging.getLogger("seston")

_OF_EFFORT = (
    "listed", "used", "rejected", "readable", "volume_ml", "volume_source", "dilution",
    "pixel_um", "run_mode", "magnification", "frames",
)  # fmt: skip


def sample_lines(efforts: pa.Table, samples: Sequence[Sample]) -> str:
    """Return samples.tsv: one line per sample, what was listed and how much was analysed."""
    of = {row["sample"]: row for row in efforts.to_pylist()}
    metadata = metadata_columns(samples)
    before, after = ("sample", *OF_SAMPLE[:4]), OF_SAMPLE[4:]
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter="\t", lineterminator="\n")
    writer.writerow([*before, *_OF_EFFORT, *after, *metadata, "flags", "warnings"])
    for sample in sorted(samples, key=lambda sample: sample.sample):
        effort = of[sample.sample]
        writer.writerow(
            [
                *(_text(getattr(sample, name)) for name in before),
                *(_text(effort[name]) for name in _OF_EFFORT),
                *(_text(getattr(sample, name)) for name in after),
                *(sample.metadata[name] for name in metadata),
                ";".join(dict.fromkeys(effort["flags"])),
                "; ".join(effort["warnings"]),
            ]
        )
    return buffer.getvalue()


def require_counts(efforts: pa.Table, crops: Mapping[str, int], rejected: pa.Table) -> None:
    """Raise `SestonError` unless every sample has as many rows as its effort says."""
    used, refused = dict(crops), _count(rejected)
    for row in efforts.to_pylist():
        name = row["sample"]
        found = (used.pop(name, 0), refused.pop(name, 0))
        if found != (row["used"], row["rejected"]) or sum(found) != row["listed"]:
            raise SestonError(
                f"sample {name}: {row['listed']} listed, {row['used']} used and {row['rejected']}"
                f" rejected by its effort, but {found[0]} crops and {found[1]} rejected rows;"
                " delete results/segment and run again"
            )
    if used or refused:
        raise SestonError(
            f"crops of {', '.join(sorted({*used, *refused}))} without an effort;"
            " delete results/segment and run again"
        )


def _count(table: pa.Table) -> dict[str, int]:
    counts = pc.value_counts(table["sample"].combine_chunks())
    return {pair["values"]: pair["counts"] for pair in counts.to_pylist()}


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    return "" if value is None else str(value)


def tables(
    *,
    sheet: Path,
    segment_dir: Path,
    clusters_dir: Path,
    map: Path,
    names: Path,
    shards: list[str],
    images: Path,
    samples: Path,
    quality: Path,
) -> None:
    """Join everything into one table of organisms, one of samples, one of what is odd about them.

    Parameters
    ----------
    sheet : pathlib.Path
        The sample sheet.
    segment_dir : pathlib.Path
        Folder with one folder per shard: crops, rejected and effort.
    clusters_dir : pathlib.Path
        Folder with one table of clusters per shard.
    map : pathlib.Path
        The map: a place and a density cluster per organism.
    names : pathlib.Path
        Name and coarse group of each cluster.
    shards : list of str
        Names of the shards.
    images : pathlib.Path
        Written: one row per organism (Parquet).
    samples : pathlib.Path
        Written: one row per sample (tab-separated).
    quality : pathlib.Path
        Written: one row per sample and kind of warning, note or rejection (tab-separated).
    """
    rows = read_sheet(sheet)
    cut = {
        kind: [segment_dir / shard / f"{kind}.parquet" for shard in shards]
        for kind in ("crops", "rejected", "effort")
    }
    assigned = [clusters_dir / f"{shard}.parquet" for shard in shards]
    origins = [store.common_fingerprint(paths) for paths in (cut["crops"], assigned)]
    _require_same_embeddings(map, assigned[0])
    called = read_called(names)
    if called.clustering != origins[1]:
        raise SestonError(
            f"{names} names clustering {called.clustering[:12]}, but {assigned[0]} is of"
            f" {origins[1][:12]}; delete the older and run again"
        )
    joined = Joined(cut["crops"], assigned)
    efforts = pa.concat_tables(_read(cut["effort"], "effort"))
    _require_same_samples(sheet, rows, efforts)
    rejected = pa.concat_tables(_read(cut["rejected"], "rejected"))
    require_counts(efforts, joined.counts, rejected)
    said = (called.names.to_pylist(), called.coarse.to_pylist())
    placed = store.read_metadata(map)["fingerprint"]
    made_by = store.fingerprint("tables", *origins, placed, *said)
    write_images(joined, called, map, segment_dir, rows, images, made_by)
    store.write_text(sample_lines(efforts, rows), samples)
    store.write_text(quality_lines(efforts, joined.noted, rejected), quality)
    log.info("%d organisms in %d samples", len(joined), len(rows))


def _read(paths: Iterable[Path], kind: str, columns: Sequence[str] | None = None) -> list[pa.Table]:
    return [store.read_table(path, kind, columns).replace_schema_metadata() for path in paths]


def _require_same_embeddings(map: Path, clusters: Path) -> None:
    placed, assigned = (store.read_metadata(path).get("embeddings") for path in (map, clusters))
    if placed != assigned:
        raise SestonError(
            f"{map} and {clusters} were made from different embeddings;"
            " delete the older and run again"
        )


def _require_same_samples(sheet: Path, rows: Sequence[Sample], efforts: pa.Table) -> None:
    listed, cut = {sample.sample for sample in rows}, set(efforts["sample"].to_pylist())
    if listed != cut:
        raise SestonError(
            f"{sheet} and the cut shards differ in samples: {', '.join(sorted(listed ^ cut))};"
            " run again from the step `segment`"
        )
