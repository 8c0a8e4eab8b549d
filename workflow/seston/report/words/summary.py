"""The numbers of the cards: what was listed, used and rejected, and what each cluster holds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from seston.report.given.warning_topics import ROUTINE, topic_of

HISTOGRAM_BINS = 16


@dataclass(frozen=True)
class Totals:
    """The summary of a run.

    `wrong` names the samples whose listed, used and rejected counts, the rows
    of the tables of organisms and of rejects do not agree: none in a sound run.
    """

    listed: int
    used: int
    rejected: int
    samples: int
    sites: int
    groups: int
    days: int
    first_day: str
    last_day: str
    volume_ml: float
    with_volume: int
    with_warnings: int
    clusters: int
    density_clusters: int | None
    noise: float | None
    wrong: tuple[str, ...]


@dataclass(frozen=True)
class ClusterFacts:
    """One cluster: how many, which share, at which sites, how large (µm), sizes per bin.

    `pixel_known` says whether any of its organisms has a pixel size: then only a mask is missing
    where nothing is measured.
    """

    cluster: int
    count: int
    share: float
    sites: tuple[tuple[str, float], ...]
    pixel_known: bool
    measured: int
    median_esd: float | None
    histogram: tuple[int, ...]


@dataclass(frozen=True)
class Oddity:
    """A kind of warning (about samples) or note (about images): its topic, how many, the first."""

    about: str
    code: str
    topic: str
    samples: int
    images: int | None
    sample: str
    detail: str


def totals(images: pd.DataFrame, samples: pd.DataFrame, rejected: pd.DataFrame) -> Totals:
    """Add up the run and check the books.

    Parameters
    ----------
    images, samples, rejected : pandas.DataFrame
        The tables of organisms, of samples and of what was rejected.
    """
    days = sorted({day for day in samples["datetime"].str[:10] if day})
    density = images["density_cluster"].dropna()
    return Totals(
        listed=int(samples["listed"].sum()),
        used=int(samples["used"].sum()),
        rejected=int(samples["rejected"].sum()),
        samples=len(samples),
        sites=samples["site"].nunique(),
        groups=samples.loc[samples["group"] != "", ["site", "group"]].drop_duplicates().shape[0],
        days=len(days),
        first_day=days[0] if days else "",
        last_day=days[-1] if days else "",
        volume_ml=float(samples["volume_ml"].clip(lower=0).sum()),
        with_volume=int((samples["volume_ml"] > 0).sum()),
        with_warnings=int((samples["warnings"] != "").sum()),
        clusters=images["cluster"].nunique(),
        density_clusters=density[density >= 0].nunique() if len(density) else None,
        noise=float((density < 0).mean()) if len(density) else None,
        wrong=wrong_books(images, samples, rejected),
    )


def wrong_books(
    images: pd.DataFrame, samples: pd.DataFrame, rejected: pd.DataFrame
) -> tuple[str, ...]:
    """Return the samples for which listed = used + rejected does not hold.

    Used is compared with the rows of the table of organisms, rejected with
    those of the tables of rejects. A sample that only the latter know is wrong too.
    """
    books = samples.set_index("sample")[["listed", "used", "rejected"]]
    rows = books.assign(
        organisms=images["sample"].value_counts().reindex(books.index, fill_value=0),
        rejects=rejected["sample"].value_counts().reindex(books.index, fill_value=0),
    )
    right = (
        (rows["listed"] == rows["used"] + rows["rejected"])
        & (rows["used"] == rows["organisms"])
        & (rows["rejected"] == rows["rejects"])
    )
    unknown = (set(images["sample"]) | set(rejected["sample"])) - set(books.index)
    return tuple(sorted({*rows.index[~right], *unknown}))


def rejects_by_reason(rejected: pd.DataFrame) -> list[tuple[str, int, str]]:
    """Return reason, count and one example of each, the most frequent reason first."""
    kinds = []
    for reason, rows in rejected.groupby("reason", sort=True):
        first = rows.iloc[0]
        example = "/".join(first[["sample", "roi"]].dropna())
        detail = f": {first['detail']}" if first["detail"] else ""
        kinds.append((str(reason), len(rows), example + detail))
    return sorted(kinds, key=lambda kind: (-kind[1], kind[0]))


def oddities(quality: pd.DataFrame) -> list[Oddity]:
    """Return warnings of samples, then notes on images, by kind; the routine ones last."""
    known = quality[quality["about"] != "rejected"]
    kinds = []
    for (about, code), rows in known.groupby(["about", "code"], sort=True):
        first = rows.iloc[0]
        kinds.append(
            Oddity(
                about=str(about),
                code=str(code),
                topic=topic_of(str(code)),
                samples=rows["sample"].nunique(),
                images=int(rows["count"].sum()) if about == "image" else None,
                sample=str(first["sample"]),
                detail=str(first["detail"]),
            )
        )
    return sorted(
        kinds,
        key=lambda kind: (kind.about != "sample", kind.code in ROUTINE, -kind.samples, kind.code),
    )


def size_bins(esd_um: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return logarithmic edges (µm) that all clusters share; none where no size is known.

    They span the 0.5 to 99.5 percentiles, widened to a quarter of a decade at least.
    """
    known = esd_um[np.isfinite(esd_um) & (esd_um > 0)]
    if not len(known):
        return np.empty(0)
    low, high = np.log10(np.percentile(known, [0.5, 99.5]))
    room = max(0.0, 0.25 - (high - low)) / 2
    return np.logspace(low - room, high + room, HISTOGRAM_BINS + 1)


def cluster_facts(
    images: pd.DataFrame, clusters: Sequence[int], edges: npt.NDArray[np.float64]
) -> list[ClusterFacts]:
    """Return the facts of each cluster, the largest first.

    Sizes beyond the edges count in the outermost bins.
    """
    rows_of = dict(tuple(images.groupby("cluster")))
    facts = []
    for cluster in clusters:
        rows = rows_of.get(cluster, images.iloc[:0])
        sites = rows["site"].value_counts(normalize=True).sort_index()
        sites = sites.sort_values(ascending=False, kind="stable")
        sizes = rows["esd_um"]
        known = sizes[sizes > 0].to_numpy()
        histogram = (
            np.histogram(np.clip(known, edges[0], edges[-1]), edges)[0] if len(known) else ()
        )
        facts.append(
            ClusterFacts(
                cluster=cluster,
                count=len(rows),
                share=len(rows) / max(1, len(images)),
                sites=tuple((str(site), share) for site, share in sites.items()),
                pixel_known=bool((rows["pixel_um"] > 0).any()),
                measured=len(known),
                median_esd=float(np.median(known)) if len(known) else None,
                histogram=tuple(int(n) for n in histogram),
            )
        )
    return sorted(facts, key=lambda one: (-one.count, one.cluster))
