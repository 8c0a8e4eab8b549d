"""What is odd about the samples, in one table: warnings, notes on images, rejections."""

import csv
import io
from collections import Counter
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

HEADER = ("sample", "about", "code", "count", "detail")


def quality_lines(efforts: pa.Table, crops: pa.Table, rejected: pa.Table) -> str:
    """Return quality.tsv.

    Parameters
    ----------
    efforts, crops, rejected : pyarrow.Table
        As in `schemas`; of the crops only ``image_id``, ``sample`` and ``notes``.

    Returns
    -------
    str
        One line per sample, kind and code. ``about`` is ``sample`` (a warning of the whole
        sample, ``detail`` says it), ``image`` (a note; ``count`` images have it, ``detail``
        names the first) or ``rejected`` (``detail`` is that of the first).
    """
    lines = [*_warnings(efforts), *_notes(crops), *_rejections(rejected)]
    order = {"sample": 0, "image": 1, "rejected": 2}
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter="\t", lineterminator="\n")
    writer.writerow(HEADER)
    lines.sort(key=lambda line: (line[0], order[line[1]]))
    writer.writerows(lines)
    return buffer.getvalue()


_Line = tuple[str, str, str, int, str]


def _warnings(efforts: pa.Table) -> Iterator[_Line]:
    for row in efforts.to_pylist():
        for code, text in zip(row["flags"], row["warnings"], strict=True):
            yield row["sample"], "sample", code, 1, text


def _notes(crops: pa.Table) -> Iterator[_Line]:
    noted = pc.not_equal(crops["notes"], "")
    odd = crops.select(["image_id", "sample", "notes"]).filter(noted).to_pylist()
    first: dict[tuple[str, str], str] = {}
    counts: Counter[tuple[str, str]] = Counter()
    for row in odd:
        for code in row["notes"].split(";"):
            key = (row["sample"], code)
            counts[key] += 1
            first.setdefault(key, row["image_id"])
    for (sample, code), count in sorted(counts.items()):
        yield sample, "image", code, count, first[sample, code]


def _rejections(rejected: pa.Table) -> Iterator[_Line]:
    first: dict[tuple[str, str], str] = {}
    counts: Counter[tuple[str, str]] = Counter()
    for row in rejected.to_pylist():
        key = (row["sample"], row["reason"])
        counts[key] += 1
        first.setdefault(key, f"{row['roi']}: {row['detail']}")
    for (sample, reason), count in sorted(counts.items()):
        yield sample, "rejected", reason, count, first[sample, reason]
