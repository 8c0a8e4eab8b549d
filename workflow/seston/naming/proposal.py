"""Names for a new clustering, taken over from an earlier one for a person to check."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from seston.errors import SestonError
from seston.naming.clusterings import Clustering
from seston.naming.mapping import MAJORITY, Mapping, jaccard, map_clusters, mapping_table
from seston.naming.names import ClusterNames, require_clusters
from seston.naming.rows import COLUMNS, ClusterName
from seston.tsv import write_tsv

#: What a proposal says beside the name.
ABOUT = ("old_cluster", "share_new", "jaccard", "images_common", "reason")


def propose(names: ClusterNames, mapping: Mapping, clustering: str) -> pd.DataFrame:
    """Return a table of names for every cluster of the new clustering.

    A name is taken over by each new cluster that has more than half of its images from old
    clusters of that name; all others stay without a name, with the reason.

    Returns
    -------
    pandas.DataFrame
        The columns of a table of names, `ABOUT`, then the further columns of the old table.
        ``old_cluster`` is that, or are those of one name (joined by ";"), that most images come
        from; ``share_new`` is their share of the images in common of the new cluster,
        ``images_common`` their number, ``jaccard`` that over the images in either.
    """
    called, together = {row.cluster: row for row in names.rows}, mapping.together
    overlap = jaccard(together)
    rows = []
    for new in range(mapping.common.shape[1]):
        source, heir = mapping.source(new), mapping.heir(new)
        told = called.get(heir)
        row: dict[str, object] = dict.fromkeys((*COLUMNS, *ABOUT, *names.more), "")
        row |= {"clustering": clustering, "cluster": new, "images_common": 0}
        row["reason"] = _reason(mapping, new, called)
        if source >= 0:
            row["old_cluster"] = ";".join(map(str, mapping.members(source, new)))
            row["share_new"] = together[source, new] / together[:, new].sum()
            row["jaccard"] = overlap[source, new]
            row["images_common"] = int(together[source, new])
        if told:
            row |= {"name": told.name, "aphia_id": told.aphia_id or "", "status": "predicted"}
            row["annotator"] = "seston"
            row |= {key: value for key, value in told.more.items() if key not in ABOUT}
        rows.append(row)
    return pd.DataFrame(rows)


def _reason(mapping: Mapping, new: int, called: dict[int, ClusterName]) -> str:
    source, heir = mapping.source(new), mapping.heir(new)
    if source < 0:
        return "no image of it was in the old clustering"
    members = mapping.members(source, new)
    old = f"old cluster{'s' if len(members) > 1 else ''} {', '.join(map(str, members))}"
    if heir < 0:
        share = mapping.together[source, new] / mapping.common[:, new].sum()
        name = f" ({called[source].name})" if source in called else ""
        below = "below" if share < MAJORITY else "not above"
        return f"mixed: {share:.0%} from {old}{name}, {below} the half needed"
    if heir not in called:
        return f"{old} has no name"
    return "" if mapping.partner[new] in members else f"a part of {old}"


def name_groups(names: ClusterNames, k: int) -> npt.NDArray[np.int64]:
    """Return the first cluster of the same name for each of k clusters; itself without a name."""
    first: dict[str, int] = {}
    group = np.arange(k)
    for row in names.rows:
        group[row.cluster] = first.setdefault(row.name, row.cluster)
    return group


def _lost(names: ClusterNames, mapping: Mapping, given: set[str]) -> list[str]:
    """Return the names that no new cluster was given, with where most of each is now."""
    told = []
    for name, group in sorted({row.name: mapping.group[row.cluster] for row in names.rows}.items()):
        images = mapping.together[group]
        if name not in given and images.any():
            share = images.max() / images.sum()
            told.append(f"{name} ({share:.0%} of it is now in cluster {images.argmax()})")
        elif name not in given:
            told.append(f"{name} (none of its images is in this clustering)")
    return told


def write_proposal(names: ClusterNames, old: Clustering, new: Clustering, out: Path) -> str:
    """Write proposed names and, beside them, the whole mapping; return a sentence about them.

    Raises
    ------
    SestonError
        If the two clusterings have no image in common, a name is of no cluster, or the file
        is there: somebody may have worked on it.
    """
    if out.exists():
        raise SestonError(f"{out} is there already; move it away for new proposals")
    require_clusters(names, old.k)
    mapping = map_clusters(old.images, old.k, new.images, new.k, name_groups(names, old.k))
    if not mapping.common.any():
        raise SestonError(
            f"{names.path}: clustering {old.fingerprint[:12]} and {new.fingerprint[:12]} have no"
            " image in common, so no name can be carried over; to keep clusters and names for new"
            " data, set cluster.frozen to the earlier run"
        )
    proposed = propose(names, mapping, new.fingerprint)
    write_tsv(dict(proposed), out)
    write_tsv(dict(mapping_table(mapping)), mapping_path(out))
    given = proposed["name"][proposed["name"] != ""]
    lost = _lost(names, mapping, set(given))
    return (
        f"{out} proposes names for {len(given)} of {new.k} clusters, by {mapping.common.sum()}"
        f" images in common{'; not carried over: ' if lost else ''}{', '.join(lost)}"
    )


def mapping_path(out: Path) -> Path:
    """Return where the mapping behind a table of proposed names stands."""
    return out.with_name(f"{out.stem}_mapping.tsv")
