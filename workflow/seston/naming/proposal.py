"""Names for a new clustering, taken over from an earlier one for a person to check."""

from pathlib import Path

import pandas as pd

from seston import store
from seston.errors import SestonError
from seston.naming.clusterings import Clustering
from seston.naming.mapping import Mapping, map_clusters, mapping_table
from seston.naming.names import ClusterNames, require_clusters
from seston.naming.rows import COLUMNS

#: What a proposal says beside the name.
ABOUT = ("old_cluster", "overlap", "images_common", "reason")


def propose(names: ClusterNames, mapping: Mapping, clustering: str) -> pd.DataFrame:
    """Return a table of names for every cluster of the new clustering.

    A name is taken over by each new cluster that holds more than half of its images from one
    old cluster; all others stay without a name, with the reason.

    Returns
    -------
    pandas.DataFrame
        The columns of a table of names, `ABOUT` (``overlap``: Jaccard index with the old
        cluster that most images come from), then the further columns of the old table.
    """
    called, overlap = {row.cluster: row for row in names.rows}, mapping.jaccard
    rows = []
    for new in range(mapping.common.shape[1]):
        source, heir = mapping.source(new), mapping.heir(new)
        told = called.get(heir)
        row: dict[str, object] = dict.fromkeys((*COLUMNS, *ABOUT, *names.more), "")
        row |= {"clustering": clustering, "cluster": new, "images_common": 0}
        row["reason"] = _reason(mapping, new, told is not None)
        if source >= 0:
            row["old_cluster"] = source
            row["overlap"] = overlap[source, new]
            row["images_common"] = int(mapping.common[source, new])
        if told:
            row |= {"name": told.name, "aphia_id": told.aphia_id or "", "status": "predicted"}
            row["annotator"] = "seston"
            row |= {key: value for key, value in told.more.items() if key not in ABOUT}
        rows.append(row)
    return pd.DataFrame(rows)


def _reason(mapping: Mapping, new: int, named: bool) -> str:
    source, heir = mapping.source(new), mapping.heir(new)
    if source < 0:
        return "no image of it was in the old clustering"
    if heir < 0:
        share = mapping.common[source, new] / mapping.common[:, new].sum()
        return f"mixed: only {share:.0%} of its images come from one old cluster"
    if not named:
        return f"old cluster {heir} has no name"
    return "" if mapping.partner[new] == heir else f"a part of old cluster {heir}"


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
    mapping = map_clusters(old.images, old.k, new.images, new.k)
    if not mapping.common.any():
        raise SestonError(
            f"{names.path}: clustering {old.fingerprint[:12]} and {new.fingerprint[:12]} have no"
            " image in common, so no name can be carried over; to keep clusters and names for new"
            " data, set cluster.frozen to the earlier run"
        )
    proposed = propose(names, mapping, new.fingerprint)
    store.write_text(as_text(proposed), out)
    store.write_text(as_text(mapping_table(mapping)), mapping_path(out))
    given = proposed["name"][proposed["name"] != ""]
    lost = sorted({row.name for row in names.rows} - set(given))
    return (
        f"{out} proposes names for {len(given)} of {new.k} clusters, by {mapping.common.sum()}"
        f" images in common{'; not carried over: ' if lost else ''}{', '.join(lost)}"
    )


def mapping_path(out: Path) -> Path:
    """Return where the mapping behind a table of proposed names stands."""
    return out.with_name(f"{out.stem}_mapping.tsv")


def as_text(table: pd.DataFrame) -> str:
    """Return a table as tab-separated text; empty cells for what is not known."""
    return table.to_csv(sep="\t", index=False, float_format="%.6g", lineterminator="\n")
