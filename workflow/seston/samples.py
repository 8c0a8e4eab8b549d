"""The samples of a run: cut into shards, watched for changes.

Read at every start of Snakemake, so nothing heavy is imported.
"""

import hashlib
from collections.abc import Callable, Sequence

from seston.errors import SestonError
from seston.instruments import instrument
from seston.sheet import Sample

MOST_SHARDS = 1000
#: A shard's names stand in one shell command, which Linux limits to 131,072 bytes.
MOST_CHARACTERS = 100_000


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
        If there are more than 1,000 shards, or one whose names together are
        too long for a command line; it names a period that fits.
    """
    shards = _by_period(samples, shard_by)
    if problem := _too_many(shards):
        others = {period: _by_period(samples, period) for period in ("day", "week", "month")}
        others["sample"] = _by_period(samples, "sample")  # the finest, if nothing else fits
        fitting = [period for period, cut in others.items() if not _too_many(cut)]
        advice = (
            f"set shard_by: {fitting[0]} ({len(others[fitting[0]])} shards)"
            if fitting
            else "part the sheet into several runs"
        )
        raise SestonError(
            f"shard_by: {shard_by} cuts {len(samples)} samples into {problem}; {advice}"
        )
    return shards


def _by_period(samples: Sequence[Sample], shard_by: str) -> dict[str, list[Sample]]:
    period = _PERIODS[shard_by]
    shards: dict[str, list[Sample]] = {}
    for sample in sorted(samples, key=lambda sample: sample.sample):
        shards.setdefault(period(sample), []).append(sample)
    return dict(sorted(shards.items()))


def _too_many(shards: dict[str, list[Sample]]) -> str:
    """Say what is too much, or nothing."""
    if len(shards) > MOST_SHARDS:
        return f"{len(shards)} shards, at most {MOST_SHARDS} are sensible"
    for name, samples in shards.items():
        length = sum(len(sample.sample) + 1 for sample in samples)
        if length > MOST_CHARACTERS:
            return (
                f"shards of which {name} has {len(samples)} samples, with {length} characters in"
                f" their names; at most {MOST_CHARACTERS} fit on a command line"
            )
    return ""


def raw_digest(samples: Sequence[Sample]) -> str:
    """Return a digest of all that `segment` reads of these samples.

    These are the cells that it uses and the instrument's inventory of raw
    files. Not the times of files, which a copy changes; the place of the data
    as seen from the sheet, so that both may move together; not the cells that
    only the tables use: correcting a site must not cut the images again.
    """
    digest = hashlib.sha256()
    for sample in samples:
        cells = (
            sample.sample, sample.place, sample.instrument, sample.datetime.isoformat(),
            sample.volume_ml, sample.dilution, sample.pixel_um, sample.date_pattern,
        )  # fmt: skip
        names = instrument(sample.instrument).inventory(sample.path)
        text = f"{cells!r}\n{len(names)}\n" + "\n".join(names) + "\n"
        digest.update(text.encode(errors="surrogateescape"))
    return digest.hexdigest()


def sheet_digest(samples: Sequence[Sample]) -> str:
    """Return a digest of every cell of these samples but the path."""
    digest = hashlib.sha256()
    for sample in sorted(samples, key=lambda sample: sample.sample):
        apart = ("path", "place", "line", "metadata")
        cells = {key: value for key, value in vars(sample).items() if key not in apart}
        digest.update(repr((sorted(cells.items()), sorted(sample.metadata.items()))).encode())
    return digest.hexdigest()
