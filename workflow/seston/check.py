"""Read every sample of a sheet without writing anything: `python -m seston check SHEET`."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import yaml

from seston.config import complete
from seston.cut import Cut, cut_sample
from seston.errors import SestonError
from seston.imaging.settings import FrameSettings
from seston.instruments.contract import Reading
from seston.samples import cut_into_shards
from seston.segment import require_few_rejected, tell_identical
from seston.sheet import Sample, read_sheet

_COLUMNS = ("instrument", "listed", "readable", "volume mL", "from", "dated", "images dated")
#: Samples named under each kind of remark; the whole list is made by the workflow: quality.tsv.
_SHOWN = 5
_WIDTHS = (10, 8, 8, 10, 11, 16, 23)


def check(sheet: Path, /, *, config: Path | None = None) -> None:
    """Read all that a sample sheet names, and say what is found.

    Prints a table with a line for each sample (organisms listed and readable,
    volume and its source, the dates of sample and images), then every warning,
    note and reason for a rejection, the largest shard, and what the workflow would stop at.
    Writes nothing.

    Parameters
    ----------
    sheet : pathlib.Path
        The sample sheet.
    config : pathlib.Path, optional
        A configuration, for its section `segment` and `shard_by`; else all are the defaults.
    """
    settings = _settings(config, sheet)
    segment = settings["segment"]
    reading = Reading(
        max_pixels=segment["max_pixels"],
        pages=segment["pages"],
        frames=FrameSettings(**segment["frames"]),
    )
    samples = read_sheet(sheet)
    width = max(len(sample.sample) for sample in samples)
    print(_line("sample", _COLUMNS, width))
    remarks: dict[str, dict[str, str]] = {}
    seen: dict[bytes, str] = {}
    failed: list[str] = []
    cuts: dict[str, Cut] = {}
    total: Counter[str] = Counter()
    for sample in samples:
        try:
            cut = tell_identical(cut_sample(sample, reading, segment["clean"]), seen)
        except SestonError as error:
            failed.append(f"{sample.sample}: {error}")
            print(_line(sample.sample, [sample.instrument, *["-"] * 6], width), flush=True)
            continue
        total.update({key: cut.effort[key] for key in ("listed", "used", "rejected")})
        for code, text in _remarks(cut):
            remarks.setdefault(code, {}).setdefault(sample.sample, text)
        print(_line(sample.sample, _cells(sample, cut), width), flush=True)
        cuts[sample.sample] = replace(
            cut.without_crops(), recorded=cut.recorded.schema.empty_table()
        )
    print()
    print(
        f"{len(samples)} samples: {total['listed']} organisms listed,"
        f" {total['used']} readable, {total['rejected']} not"
    )
    for code, texts in remarks.items():
        print(f"\n{code} ({len(texts)} {'sample' if len(texts) == 1 else 'samples'})")
        print("\n".join(f"  {name}: {text}" for name, text in list(texts.items())[:_SHOWN]))
        if len(texts) > _SHOWN:
            print(f"  ... and {len(texts) - _SHOWN} more")
    sizes: dict[str, int] = {}
    for name, shard in cut_into_shards(samples, settings["shard_by"]).items():
        within = [cuts[one.sample] for one in shard if one.sample in cuts]
        sizes[name] = sum(cut.effort["used"] for cut in within)
        try:
            require_few_rejected(within, segment["max_rejected"])
        except SestonError as error:
            failed.append(f"shard {name}: {error}")
    largest = max(sizes, key=sizes.__getitem__)
    print(
        f"\nshard_by: {settings['shard_by']} makes {len(sizes)} shards; the largest, {largest}, has"
        f" {sizes[largest]} organisms"
    )
    if failed:
        raise SestonError(f"{sheet}: the workflow would stop at\n  " + "\n  ".join(failed))


def _settings(config: Path | None, sheet: Path) -> dict[str, Any]:
    """Return the settings of a configuration, or the defaults."""
    given: dict[str, Any] = {"samples": str(sheet)}
    if config is not None:
        try:
            read = yaml.safe_load(config.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise SestonError(f"{config}: cannot be read as YAML ({error})") from error
        if not isinstance(read, dict):
            raise SestonError(f"{config}: expected settings such as `samples: samples.tsv`")
        given |= read
    return complete(given)


def _line(name: str, cells: Sequence[str], width: int) -> str:
    padded = [cell.ljust(size) for cell, size in zip(cells, _WIDTHS, strict=True)]
    return "  ".join([name.ljust(width), *padded]).rstrip()


def _cells(sample: Sample, cut: Cut) -> list[str]:
    volume = cut.effort["volume_ml"]
    return [
        sample.instrument,
        str(cut.effort["listed"]),
        str(cut.effort["used"]),
        "unknown" if volume is None else f"{volume:.5g}",
        cut.effort["volume_source"] or "-",
        f"{sample.datetime:%Y-%m-%d %H:%M}",
        _span(cut.crops),
    ]


def _span(crops: pa.Table) -> str:
    """Return the first and last day of the images."""
    ends = pc.min_max(crops["timestamp"]).as_py()
    first, last = (_day(ends[key]) for key in ("min", "max"))
    return first if first == last else f"{first} to {last}"


def _day(date: datetime | None) -> str:
    return "unknown" if date is None else f"{date:%Y-%m-%d}"


def _remarks(cut: Cut) -> list[tuple[str, str]]:
    """Return code and text of each warning, note and reason for a rejection."""
    notes: Counter[str] = Counter()
    for text in cut.crops["notes"].to_pylist():
        notes.update(filter(None, text.split(";")))
    reasons = Counter(cut.rejected["reason"].to_pylist())
    first = {row["reason"]: row for row in reversed(cut.rejected.to_pylist())}
    return [
        *zip(cut.effort["flags"], cut.effort["warnings"], strict=True),
        *((note, f"{count} images") for note, count in sorted(notes.items())),
        *(
            (
                f"rejected as {code}",
                f"{count}, such as {first[code]['roi']}: {first[code]['detail']}",
            )
            for code, count in reasons.most_common()
        ),
    ]
