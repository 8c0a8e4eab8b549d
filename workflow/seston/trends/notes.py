"""What stands beside a row of the abundances, for people."""

from collections.abc import Mapping
from typing import Any

NAMES = ("share", "concentration")


def note(row: Mapping[Any, Any]) -> str:
    """Say how sure a row is, and what is missing from it.

    Parameters
    ----------
    row : mapping
        ``share_low`` and ``share_high`` (0 and 1 where its scatter is unknown),
        ``share_how`` and ``rate_how`` (how the scatter was found), ``scattered`` (whether that
        of concentrations is known), ``endless`` (whether it is so strong that the interval has
        no limits), ``count``, ``images``, ``samples``, ``found`` (images in
        samples of known volume), and the samples that are ``measured`` (give a concentration),
        ``unknown`` (have no volume) or ``unusable`` (every image rejected), and the images
        ``rejected`` from measured samples.
    """
    open_share = (row["share_low"], row["share_high"]) == (0, 1)
    open_rate = bool(row["measured"] and row["found"] and not row["scattered"])
    parts = [] if row["images"] else ["no used image"]
    if open_share or open_rate:
        names = [
            name for name, is_open in zip(NAMES, (open_share, open_rate), strict=True) if is_open
        ]
        alone = row["samples"] == 1
        why = (
            "only one sample, nothing to compare it with" if alone else "no two samples to compare"
        )
        parts.append(f"{' and '.join(names)} interval unknown: {why} (scatter unknown)")
    if row["images"] and not open_share:
        parts.append(f"share {row['share_how']}")
    if row["measured"] and not open_rate:
        parts.append(f"concentration {row['rate_how']}")
    if row["count"] == 0:
        parts.append("not detected")
    elif row["measured"] and row["found"] == 0:
        parts.append("not detected where the volume is known")
    if row["endless"]:
        parts.append("concentration interval unknown: the samples differ by too much")
    if row["measured"] and row["found"] == 0 and not row["scattered"]:
        parts.append("upper limit ignores the scatter")
    if row["unknown"]:
        parts.append(f"volume unknown in {row['unknown']} of {row['samples']} samples")
    if row["rejected"]:
        parts.append(f"volume scaled down for {row['rejected']} rejected images")
    if row["unusable"]:
        parts.append(f"every image rejected in {row['unusable']} of {row['samples']} samples")
    return "; ".join(parts)
