"""What stands beside a row of the abundances, for people."""

from collections.abc import Mapping
from typing import Any

Row = Mapping[Any, Any]


def note(row: Row) -> str:
    """Say how sure a row is, and what is missing from it.

    Parameters
    ----------
    row : mapping
        ``share_low`` and ``share_high`` (0 and 1 where its scatter is unknown),
        ``share_how``, ``rate_how`` and ``size_how`` (how the scatter was found), ``scattered``
        (whether that of concentrations is known), ``endless`` and ``endless_size`` (whether that
        of the concentration or biovolume is so strong that the interval has no limits),
        ``count``, ``images``, ``samples``, ``found`` (images in samples of known volume),
        ``sized`` (those with a biovolume), ``enough`` (whether these are enough), and the samples
        that are ``measured`` (give a concentration), ``unknown`` (have no volume) or
        ``unusable`` (every image rejected), and the images ``rejected`` from measured samples.
    """
    return "; ".join([*_scatter(row), *_missing(row)])


def _scatter(row: Row) -> list[str]:
    """Say how the intervals came about."""
    found = bool(row["measured"] and row["found"])
    sized = bool(found and row["enough"])
    is_open = {
        "share": (row["share_low"], row["share_high"]) == (0, 1),
        "concentration": found and not row["scattered"],
        "biovolume": sized and not row["scattered"],
    }
    parts = [] if row["images"] else ["no used image"]
    names = [name for name in is_open if is_open[name]]
    if names:
        what = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
        alone = row["samples"] == 1
        why = (
            "only one sample, nothing to compare it with" if alone else "no two samples to compare"
        )
        parts.append(f"{what} interval unknown: {why} (scatter unknown)")
    if row["images"] and not is_open["share"]:
        parts.append(f"share {row['share_how']}")
    if row["measured"] and not is_open["concentration"]:
        parts.append(f"concentration {row['rate_how']}")
    if sized and not is_open["biovolume"]:
        parts.append(f"biovolume {row['size_how']}")
    return parts


def _missing(row: Row) -> list[str]:
    """Say what was not found, not known, or not used."""
    parts = []
    if row["count"] == 0:
        parts.append("not detected")
    elif row["measured"] and row["found"] == 0:
        parts.append("not detected where the volume is known")
    endless = [name for name in ("concentration", "biovolume") if row[_ENDLESS[name]]]
    if endless:
        parts.append(f"{' and '.join(endless)} interval unknown: the samples differ by too much")
    if row["measured"] and row["found"] == 0 and not row["scattered"]:
        parts.append("upper limit ignores the scatter")
    if row["measured"] and round(row["sized"]) < round(row["found"]):
        of = f"{row['sized']:.0f} of {row['found']:.0f} images"
        parts.append(
            f"biovolume scaled up from {of}" if row["enough"] else f"biovolume known of {of} only"
        )
    if row["unknown"]:
        parts.append(f"volume unknown in {row['unknown']} of {row['samples']} samples")
    if row["rejected"]:
        parts.append(f"volume scaled down for {row['rejected']} rejected images")
    if row["unusable"]:
        parts.append(f"every image rejected in {row['unusable']} of {row['samples']} samples")
    return parts


_ENDLESS = {"concentration": "endless", "biovolume": "endless_size"}
