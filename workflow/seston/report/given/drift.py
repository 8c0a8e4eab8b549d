"""How new images differ from those that frozen clusters were made from."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from seston.errors import SestonError
from seston.report.given.agreement import require_clustering, require_known_clusters
from seston.report.given.reading import read_json, read_text_table
from seston.report.wording import count, listing, many, percent

MOST = 40  # candidates that are shown
NUMBERS = (
    "images", "tested", "beyond", "share", "share_low", "share_high", "expected", "p", "drift",
    "distance_shift",
)  # fmt: skip
TYPES = (
    "candidate", "images", "far", "samples", "nearest_cluster", "spread", "distance", "earlier",
    "p",
)  # fmt: skip


@dataclass(frozen=True)
class Candidate:
    """Images that lie together, far from all frozen centroids: perhaps a new type."""

    number: int
    images: int
    nearest: int
    told: str
    examples: list[str]


@dataclass(frozen=True)
class Drift:
    """Drift of one run from an earlier one.

    Attributes
    ----------
    table : pandas.DataFrame
        The whole of ``drift.tsv``.
    samples : pandas.DataFrame
        Its rows of samples, with `site`, `group` and `datetime`.
    clusters : pandas.DataFrame
        Its rows of clusters that drifted, the surest first.
    told : dict
        Of the run as a whole (``drift.json``).
    new_types : pandas.DataFrame
        The whole of ``new_types.tsv``.
    candidates : list of Candidate
        The first of them.
    """

    table: pd.DataFrame
    samples: pd.DataFrame
    clusters: pd.DataFrame
    told: dict[str, Any]
    new_types: pd.DataFrame
    candidates: list[Candidate]

    def examples(self) -> list[str]:
        """Return the ids of all organisms that show a candidate."""
        return [name for one in self.candidates for name in one.examples]


def read_drift(
    drift: Path, told: Path, new_types: Path | None, kmeans: Path, clustering: str, k: int,
    samples: pd.DataFrame,
) -> Drift:  # fmt: skip
    """Read ``drift.tsv``, ``drift.json`` and ``new_types.tsv``.

    Raises
    ------
    SestonError
        If a file is unreadable or of another clustering.
    """
    facts = read_json(told, ("clustering", "earlier"))
    require_clustering(told, facts["clustering"], kmeans, clustering)
    table = read_text_table(drift, ("level", "sample"), ("cluster", *NUMBERS))
    clusters = table[(table["level"] == "cluster") & (table["drift"] == 1)].sort_values("p")
    require_known_clusters(drift, clusters, kmeans, k)
    by_sample = table[table["level"] == "sample"].merge(
        samples[["sample", "site", "group", "datetime"]], on="sample", how="left"
    )
    types = pd.DataFrame(columns=[*TYPES, "first", "last", "examples"])
    if new_types is not None:
        types = read_text_table(new_types, ("first", "last", "examples"), TYPES)
    try:
        candidates = [_candidate(row) for _, row in types.head(MOST).iterrows()]
    except ValueError as error:
        raise SestonError(
            f"{new_types}: expected lists of ids in JSON as examples ({error}); delete it and run"
            " again"
        ) from error
    return Drift(table, by_sample, clusters.astype({"cluster": int}), facts, types, candidates)


def _candidate(row: pd.Series) -> Candidate:
    seen = f"in {many(int(row['samples']), 'sample')}, {row['first']}"
    if row["last"] != row["first"]:
        seen += f" to {row['last']}"
    before = many(int(row["earlier"]), "image")
    return Candidate(
        number=int(row["candidate"]),
        images=int(row["images"]),
        nearest=int(row["nearest_cluster"]),
        told=f"{seen}; the earlier run had {before} like these",
        examples=json.loads(row["examples"]),
    )


def drifted_samples(drift: Drift) -> str:
    """Return the samples that differ from the earlier run, in words; empty if none does."""
    moved = drift.samples.loc[drift.samples["drift"] == 1, "sample"].tolist()
    return listing(moved, 8)


def drift_words(drift: Drift) -> list[str]:
    """Return what was compared, and what came of it, in sentences."""
    earlier, whole = drift.told["earlier"], drift.table[drift.table["level"] == "all"].iloc[0]
    images, tested = int(whole["images"]), int(whole["tested"])
    be = "is" if 1 in (tested, images) else "are"
    told = [
        f"{count(tested)} of {many(images, 'image')} {be} compared with"
        f" {count(earlier['images'])} up to {earlier['latest']}{_untested(drift.table)}."
    ]
    if tested:
        told.append(
            f"{percent(whole['share'])} lie beyond the limit of their cluster;"
            f" expected are {percent(whole['expected'])}."
        )
    if earlier["scatter"]["samples"]["freedom"]:
        told.append(_moved(drift))
    elif earlier["samples"] > 1:
        told.append("No cluster had images enough in the earlier run: drift cannot be told.")
    else:
        told.append("The earlier run has one sample only: drift cannot be told from chance.")
    if same := drift.told.get("same_samples"):
        named = ", ".join(same[:3]) + (", …" if len(same) > 3 else "")
        told.append(
            f"{len(same)} of the samples {'is' if len(same) == 1 else 'are'} in the earlier run too"
            f" ({named}): {'its' if len(same) == 1 else 'their'} drift says nothing."
        )
    types, caution = len(drift.new_types), "one like a known type cannot be told in this way"
    told.append(
        f"{many(types, 'group')} of images may be {'a new type' if types == 1 else 'new types'}"
        f" (but {caution})."
        if types
        else f"No group of images may be a new type ({caution})."
    )
    return told


def _untested(table: pd.DataFrame) -> str:
    """Return how many images have no limit to be compared with, and in which clusters."""
    clusters = table[table["level"] == "cluster"]
    without = clusters[(clusters["images"] > 0) & (clusters["tested"] == 0)]
    if without.empty:
        return ""
    left, names = (
        int(without["images"].sum()),
        listing((f"{cluster:.0f}" for cluster in without["cluster"]), 12),
    )
    return (
        f"; {count(left)} {'is' if left == 1 else 'are'} in {many(len(without), 'cluster')} too"
        f" small in the earlier run to have a limit ({names})"
    )


def _moved(drift: Drift) -> str:
    """Return how many samples and clusters differ from the earlier run."""
    samples, clusters = int((drift.samples["drift"] == 1).sum()), len(drift.clusters)
    if not samples and not clusters:
        return "No sample and no cluster differs from the earlier run."
    parts = [
        many(number, one) if number else f"no {one}"
        for number, one in ((samples, "sample"), (clusters, "cluster"))
    ]
    told = f"{' and '.join(parts)} {'differ' if samples + clusters > 1 else 'differs'}"
    return f"{told[0].upper()}{told[1:]} from the earlier run."
