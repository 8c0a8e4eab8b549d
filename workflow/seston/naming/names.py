"""The table of cluster names as people write it, read and checked as a whole."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from seston.errors import SestonError
from seston.naming.rows import (
    COARSE,
    COLUMNS,
    ClusterName,
    Mistake,
    clustering_of,
    read_cells,
    row_of,
)

#: faulty lines that a message names before it only counts
NAMED = 20


@dataclass(frozen=True)
class ClusterNames:
    """A table of names, all of one clustering.

    Attributes
    ----------
    path : pathlib.Path
    clustering : str
        Fingerprint of the clustering, or its beginning (8 digits or more); empty if the
        table has no rows.
    rows : tuple of ClusterName
        One per named cluster, ascending.
    more : tuple of str
        Further columns, but `COARSE`.
    """

    path: Path
    clustering: str
    rows: tuple[ClusterName, ...]
    more: tuple[str, ...] = ()

    def is_of(self, fingerprint: str) -> bool:
        """Tell whether the names are those of the clustering with this fingerprint."""
        return fingerprint.startswith(self.clustering)


def unnamed(cluster: int) -> str:
    """Return what a cluster is called that nobody named."""
    return f"cluster {cluster}"


def read_names(path: Path, sizes: Mapping[str, int] | None = None) -> ClusterNames:
    """Read and check a table of cluster names.

    Rows without a name are those of clusters that nobody named, so that the table a run
    writes can be filled in and given back. Of several rows for one cluster that disagree the
    one with the latest time holds; where two that disagree lack a time, or have the same, it
    is a mistake. One name is one taxon: an AphiaID that stands in one of its rows holds in all.

    Parameters
    ----------
    path : pathlib.Path
    sizes : dict of str to int, optional
        Number of clusters of each clustering that is known, by fingerprint: of those, names
        of clusters that do not exist are told too.

    Raises
    ------
    SestonError
        With all mistakes, each with its line.
    """
    header, lines, mistakes = read_cells(path)
    found: list[ClusterName] = []
    clusterings: dict[str, int] = {}
    for line, cells in lines:
        if len(cells) != len(header):
            mistakes.append((line, f"found {len(cells)} cells, expected {len(header)}"))
            continue
        values = dict(zip(header, cells, strict=True))
        about: list[str] = []
        if of := clustering_of(values["clustering"], about):
            clusterings.setdefault(of, line)
        row = row_of(values, line, about)
        mistakes += [(line, text) for text in about]
        if row:
            found.append(row)
    mistakes += _several(clusterings)
    rows, conflicts = _one_each(found)
    mistakes += conflicts
    mistakes += _one_taxon_each(rows)
    clustering = max(clusterings, key=len, default="")
    known = [k for of, k in (sizes or {}).items() if clustering and of.startswith(clustering)]
    for k in known[:1]:
        mistakes += _beyond(found, k)
    require_none(path, mistakes)
    taxa = {row.name: row.aphia_id for row in rows if row.aphia_id}
    return ClusterNames(
        path,
        clustering,
        tuple(replace(row, aphia_id=taxa.get(row.name)) for row in rows),
        tuple(name for name in header if name not in (*COLUMNS, COARSE)),
    )


def require_clusters(names: ClusterNames, k: int) -> None:
    """Raise `SestonError` with all rows whose cluster is not one of 0 to k - 1."""
    require_none(names.path, _beyond(names.rows, k))


def require_none(path: Path, mistakes: Iterable[Mistake]) -> None:
    """Raise `SestonError` if there are any mistakes (line and text), listing them by line."""
    told = [f"line {line}: {text}" for line, text in sorted(mistakes)]
    if told:
        count = "1 mistake" if len(told) == 1 else f"{len(told)} mistakes"
        more = [f"and {len(told) - NAMED} more"] if len(told) > NAMED else []
        raise SestonError(
            f"{path}: {count} in the cluster names\n  " + "\n  ".join(told[:NAMED] + more)
        )


def _beyond(rows: Iterable[ClusterName], k: int) -> list[Mistake]:
    """Return a mistake for each row whose cluster is not one of 0 to k - 1."""
    return [
        (row.line, f"cluster {row.cluster} ({row.name}): expected 0 to {k - 1}")
        for row in rows
        if row.cluster >= k
    ]


def _several(clusterings: Mapping[str, int]) -> list[Mistake]:
    """Return a mistake for each clustering (with its first line) that is not the first one's."""
    if not clusterings:
        return []
    first, *others = clusterings
    return [
        (
            clusterings[other],
            f"clustering {other[:12]}, but {first[:12]} in line {clusterings[first]}; a table names"
            " the clusters of one clustering: make one table of each",
        )
        for other in others
        if not (other.startswith(first) or first.startswith(other))
    ]


def _one_each(rows: Sequence[ClusterName]) -> tuple[list[ClusterName], list[Mistake]]:
    """Return the row that holds for each cluster, ascending, and those that contradict it."""
    by_cluster: dict[int, list[ClusterName]] = {}
    for row in rows:
        by_cluster.setdefault(row.cluster, []).append(row)
    chosen: list[ClusterName] = []
    mistakes: list[Mistake] = []
    for cluster, said in sorted(by_cluster.items()):
        *_, last = sorted(said, key=lambda row: row.moment or datetime.min)
        others = [row for row in said if _contradict(row, last)]
        dated = all(row.moment for row in said)
        chosen.append(last)
        mistakes += [
            (
                row.line,
                f"cluster {cluster} is {_taxon(row)}, but {_taxon(last)} in line {last.line}; keep"
                " one, or give both a time: the latest holds",
            )
            for row in others
            if not dated or row.moment == last.moment
        ]
    return chosen, mistakes


def _contradict(one: ClusterName, other: ClusterName) -> bool:
    taxa = {one.aphia_id, other.aphia_id} - {None}
    return one.name != other.name or len(taxa) > 1


def _one_taxon_each(rows: Sequence[ClusterName]) -> list[Mistake]:
    """Return where one name has two AphiaIDs, or two spellings that differ in case alone."""
    taxa: dict[str, ClusterName] = {}
    spellings: dict[str, ClusterName] = {}
    mistakes: list[Mistake] = []
    for row in rows:
        first = spellings.setdefault(row.name.casefold(), row)
        if first.name != row.name:
            mistakes.append(
                (
                    row.line,
                    f"name {row.name!r}, but {first.name!r} in line {first.line}; write it in one"
                    " way: clusters of one name are counted together",
                )
            )
        if row.aphia_id:
            held = taxa.setdefault(row.name, row)
            if held.aphia_id != row.aphia_id:
                mistakes.append(
                    (
                        row.line,
                        f"{row.name!r} has aphia_id {row.aphia_id}, but {held.aphia_id} in line"
                        f" {held.line}; one name is one taxon: correct one of them",
                    )
                )
    return mistakes


def _taxon(row: ClusterName) -> str:
    return f"{row.name!r}" + (f" ({row.aphia_id})" if row.aphia_id else "")
