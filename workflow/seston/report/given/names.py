"""What people call the clusters, and which coarse group each belongs to."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from seston.report.given.agreement import require_clustering, require_known_clusters
from seston.report.given.reading import read_text_table
from seston.report.wording import short

LONGEST = 26  # letters of a name in a figure
TEXTS = ("clustering", "name", "aphia_id", "status", "annotator", "time")


@dataclass(frozen=True)
class Names:
    """Names and coarse groups by cluster; a cluster may lack either.

    Attributes
    ----------
    names : dict of int to str
        Only of clusters that have one.
    coarse : dict of int to int
    told : dict of int to str
        Who named a cluster and how sure: status, AphiaID, annotator.
    """

    names: dict[int, str] = field(default_factory=dict)
    coarse: dict[int, int] = field(default_factory=dict)
    told: dict[int, str] = field(default_factory=dict)

    def title(self, cluster: int) -> str:
        """Return ``3 Cyclotella``, or ``cluster 3`` where nobody named it."""
        return self._label(cluster, f"cluster {cluster}")

    def heading(self, cluster: int) -> str:
        """Return ``Cyclotella (cluster 3)``, or ``Cluster 3``: for the head of a card."""
        name = self.names.get(cluster)
        return f"{name} (cluster {cluster})" if name else f"Cluster {cluster}"

    def label(self, cluster: int) -> str:
        """Return ``3 Cyclotella``, or ``3``: for axes that say that these are clusters."""
        return self._label(cluster, str(cluster))

    def labels(self, clusters: Sequence[int]) -> list[str]:
        """Return the label of each."""
        return [self.label(cluster) for cluster in clusters]

    def groups(self) -> dict[int, list[int]]:
        """Return the clusters of each coarse group."""
        members: dict[int, list[int]] = {}
        for cluster, group in sorted(self.coarse.items()):
            members.setdefault(group, []).append(cluster)
        return dict(sorted(members.items()))

    def group_title(self, group: int) -> str:
        """Return ``group 2 (Diatoms + 3 unnamed)``, or ``group 2`` where no member has a name."""
        members = [self.names.get(cluster, "") for cluster in self.groups().get(group, [])]
        known, unnamed = ", ".join(sorted(set(filter(None, members)))), members.count("")
        if not known:
            return f"group {group}"
        rest = f" + {unnamed} unnamed" if unnamed else ""
        return f"group {group} ({short(known, LONGEST - 6)}{rest})"

    def _label(self, cluster: int, otherwise: str) -> str:
        name = self.names.get(cluster)
        return f"{cluster} {short(name, LONGEST)}" if name else otherwise


def read_names(path: Path, kmeans: Path, clustering: str, k: int) -> Names:
    """Read the names of a clustering's clusters (``cluster_names.tsv``).

    Raises
    ------
    SestonError
        If the file is unreadable or names clusters of another clustering.
    """
    table = read_text_table(path, TEXTS, ("cluster", "coarse"))
    for found in table["clustering"].unique():
        require_clustering(path, str(found), kmeans, clustering)
    require_known_clusters(path, table, kmeans, k)
    table = table.astype({"cluster": int})
    named = table[table["name"] != ""]
    grouped = table[table["coarse"].notna()]
    return Names(
        names=dict(zip(named["cluster"], named["name"], strict=True)),
        coarse=dict(zip(grouped["cluster"], grouped["coarse"].astype(int), strict=True)),
        told={int(row["cluster"]): _told(row) for _, row in named.iterrows()},
    )


def _told(row: pd.Series) -> str:
    aphia = row["aphia_id"] and f"AphiaID {row['aphia_id']}"
    by = row["annotator"] and f"by {row['annotator']}"
    return ", ".join(filter(None, [row["status"], aphia, by, row["time"][:10]]))
