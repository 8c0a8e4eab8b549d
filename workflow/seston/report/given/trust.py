"""How far each cluster can be trusted: what was measured of it, and what is odd about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from seston.errors import SestonError
from seston.report.given.agreement import require_clustering, require_known_clusters
from seston.report.given.reading import read_json, read_text_table
from seston.report.wording import listing, many, percent, ratio

NUMBERS = (
    "cluster", "images", "share", "compactness", "margin", "stability", "stability_low",
    "stability_high", "near_duplicates", "focus", "esd_um",
)  # fmt: skip
DENSITY = ("cluster", "density_cluster", "images", "share_of_cluster", "share_of_density")
#: What the images of a cluster may share beyond chance: the words before the day, sample, …
SHARED = {
    "day": "on",
    "sample": "in",
    "group": "in",
    "instrument": "from the instrument",
    "brightness": "with a mean grey of",
    "blur": "with a focus of",
}


@dataclass(frozen=True)
class Badge:
    """A flag of a cluster: its code, what it means, and the cluster's own figure behind it."""

    code: str
    means: str
    figure: str = ""

    @property
    def label(self) -> str:
        """The code as people read it."""
        return self.code.replace("_", " ")


@dataclass(frozen=True)
class Trust:
    """What is known of the trust in a clustering.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per cluster, indexed by its number, the largest first.
    facts : dict
        Of the clustering as a whole (``clusters.json``).
    density : pandas.DataFrame
        Images by cluster and density cluster; without rows where there are no density clusters.
    """

    table: pd.DataFrame
    facts: dict[str, Any]
    density: pd.DataFrame

    def row(self, cluster: int) -> dict[str, Any]:
        """Return all that is told of a cluster, by column."""
        return {str(name): value for name, value in self.table.loc[cluster].items()}

    def codes(self, cluster: int) -> list[str]:
        """Return the codes of a cluster's flags."""
        return [code for code in str(self.table.at[cluster, "flags"]).split(";") if code]

    def badges(self, cluster: int) -> list[Badge]:
        """Return the flags of a cluster."""
        row = self.row(cluster)
        return [Badge(code, self.meaning(code), _figure(code, row)) for code in self.codes(cluster)]

    @property
    def sentences(self) -> dict[str, str]:
        """What each code means, as the run that found the flags put it."""
        return self.facts.get("sentences", {})

    def meaning(self, code: str) -> str:
        """Return what a flag means, in a plain sentence; empty for one that nobody explained."""
        return self.sentences.get(code, "")

    def flagged(self) -> list[tuple[Badge, list[int]]]:
        """Return every kind of flag with the clusters that have it, the most frequent first."""
        clusters: dict[str, list[int]] = {code: [] for code in self.sentences}
        for cluster in self.table.index:
            for code in self.codes(cluster):
                clusters.setdefault(code, []).append(int(cluster))
        most = sorted(clusters.items(), key=lambda one: -len(one[1]))
        return [(Badge(code, self.meaning(code)), some) for code, some in most]


def read_trust(
    clusters: Path,
    facts: Path,
    density: Path | None,
    kmeans: Path,
    clustering: str,
    k: int,
) -> Trust:
    """Read what was measured of the clusters.

    Raises
    ------
    SestonError
        If a file is unreadable, of another clustering, or does not tell of every cluster once.
    """
    told = read_json(facts, ("clustering",))
    require_clustering(facts, told["clustering"], kmeans, clustering)
    head = read_text_table(clusters, ("flags",), NUMBERS)
    levels = [name for name in head.columns if name.endswith(("_excess", "_top_share", "_p"))]
    table = read_text_table(clusters, ("flags",), (*NUMBERS, *levels))
    if sorted(table["cluster"]) != list(range(k)):
        raise SestonError(
            f"{clusters}: expected each of the {k} clusters of {kmeans} once, found"
            f" {len(table)} rows; delete it and run again from trust"
        )
    table = table.sort_values(["images", "cluster"], ascending=[False, True])
    table = table.astype({"cluster": int, "images": int}).set_index("cluster", drop=False)
    both = pd.DataFrame(columns=list(DENSITY))
    if density is not None:
        both = read_text_table(density, (), DENSITY)
        require_known_clusters(density, both, kmeans, k)
        both = both.astype({"cluster": int, "density_cluster": int})
    return Trust(table, told, both)


def notes(facts: dict[str, Any]) -> list[str]:
    """Return sentences on the clustering as a whole, as far as it was measured."""
    told = []
    if (value := facts.get("silhouette")) is not None:
        told.append(
            f"Mean silhouette {ratio(value)}: near 1 clusters lie far apart, near 0 they touch,"
            " below 0 images lie nearer to another cluster than to their own."
        )
    if why := facts.get("stability_why"):
        told.append(f"Stability was not measured. {why}")
    slopes = facts.get("slopes", {})
    if flat := [what for what, found in slopes.items() if not found]:
        told.append(
            f"Within clusters, images do not change with {listing(flat)} more than by chance, or"
            " there are too few of them to say; so no cluster was asked whether it is a neighbour"
            f" with another {' or '.join(flat)}."
        )
    return told


def agreement_words(facts: dict[str, Any]) -> str:
    """Return how far k-means and the density clusters agree; empty where nobody measured it."""
    density, names = facts.get("density") or {}, {"nmi": "NMI", "ami": "AMI", "ari": "ARI"}
    parts = [
        f"{name} {ratio(density[key])}"
        for key, name in names.items()
        if density.get(key) is not None
    ]
    noise = density.get("noise")
    told = ""
    if parts:
        told = (
            f"Here: {listing(parts)}. 1 is the same; AMI and ARI are 0 as by chance, NMI is above"
            " 0 even then, the more so the smaller the clusters."
        )
    if noise is not None:
        told += f" {percent(noise)} of the images are noise, in no density cluster."
    return told.strip()


def _figure(code: str, row: Mapping[str, Any]) -> str:
    """Return the cluster's own figure behind a flag; empty where there is none."""
    what = code.removeprefix("one_").removeprefix("split_by_")
    if what in SHARED:
        share, top = row.get(f"{what}_top_share", float("nan")), row.get(f"{what}_top", "")
        told = [f"{percent(share)} {SHARED[what]} {top}"] if top and share == share else []
        if row.get("twin") and not code.startswith("one_"):
            told.append(f"otherwise like cluster {row['twin']}")
        return ", ".join(told)
    figures = {
        "unstable": f"stability {ratio(row['stability'])}",
        "loose": f"compactness {ratio(row['compactness'])}",
        "near_duplicates": f"{percent(row['near_duplicates'])} of its images",
        "tiny": many(int(row["images"]), "image"),
    }
    return figures.get(code, "")
