"""The samples of a run: read from the sheet, cut into shards, watched for changes.

Read at every start of Snakemake, so nothing heavy is imported.
"""

import hashlib
from collections.abc import Callable, Sequence

from seston.errors import SestonError
from seston.instruments import instrument
from seston.sheet import Sample, read_sheet

__all__ = ["Sample", "cut_into_shards", "raw_digest", "read_sheet", "sheet_digest"]

MOST_SHARDS = 1000


def _week(sample: Sample) -> str:
    year, week, _ = sample.datetime.isocalendar()
    return f"{year:04d}-W{week:02d}"


_PERIODS: dict[str, Callable[[Sample], str]] = {
    "sample": lambda sample: sample.sample,
    "day": lambda sample: f"{sample.datetime:%Y-%m-%d}",
    "week": _week,
    "month": lambda sample: f"{sample.datetime:%Y-%m}",
}


def cut_into_shards(samples: Sequence[Sample], shard_by: str) -> dict[str, list[Sample]]:
    """Group samples by period.

    Parameters
    ----------
    samples : sequence of Sample
    shard_by : {"day", "week", "month", "sample"}

    Returns
    -------
    dict of str to list of Sample
        Shards by name (``2018-05-22``, ``2018-W21`` of ISO 8601, ``2018-05`` or
        the sample's name), names and samples sorted.

    Raises
    ------
    SestonError
        If there are more than 1,000 shards; it names a period that gives fewer.
    """
    period = _PERIODS[shard_by]
    shards: dict[str, list[Sample]] = {}
    for sample in sorted(samples, key=lambda sample: sample.sample):
        shards.setdefault(period(sample), []).append(sample)
    if len(shards) > MOST_SHARDS:
        counts = {name: len(set(map(key, samples))) for name, key in _PERIODS.items()}
        fitting = [name for name in ("day", "week", "month") if counts[name] <= MOST_SHARDS]
        advice = (
            f"set shard_by: {fitting[0]} ({counts[fitting[0]]} shards)"
            if fitting
            else "part the sheet into several runs"
        )
        raise SestonError(
            f"shard_by: {shard_by} cuts {len(samples)} samples into {len(shards)} shards,"
            f" at most {MOST_SHARDS} are sensible; {advice}"
        )
    return dict(sorted(shards.items()))


def raw_digest(samples: Sequence[Sample]) -> str:
    """Return a digest of all that `segment` reads of these samples.

    These are the cells that it uses and the instrument's inventory of raw
    files. Not the times of files, which a copy changes; not the place of the
    sheet or the data; not the cells that only the tables use: correcting a
    site must not cut the images again.
    """
    digest = hashlib.sha256()
    for sample in samples:
        cells = (
            sample.sample, sample.instrument, sample.datetime.isoformat(),
            sample.volume_ml, sample.dilution, sample.pixel_um,
        )  # fmt: skip
        names = instrument(sample.instrument).inventory(sample.path)
        text = f"{cells!r}\n{len(names)}\n" + "\n".join(names) + "\n"
        digest.update(text.encode(errors="surrogateescape"))
    return digest.hexdigest()


def sheet_digest(samples: Sequence[Sample]) -> str:
    """Return a digest of every cell of these samples but the path."""
    digest = hashlib.sha256()
    for sample in sorted(samples, key=lambda sample: sample.sample):
        apart = ("path", "line", "metadata")
        cells = {key: value for key, value in vars(sample).items() if key not in apart}
        digest.update(repr((sorted(cells.items()), sorted(sample.metadata.items()))).encode())
    return digest.hexdigest()
