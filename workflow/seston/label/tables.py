"""The two tables that naming writes, and what they said when they were read."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from seston.label.actions import Action
from seston.label.state import Labelled, Named, State
from seston.labels.table import COLUMNS as LABEL_COLUMNS
from seston.labels.table import read_label_rows
from seston.naming import rows
from seston.naming.names import read_names
from seston.tsv import as_tsv

Key = TypeVar("Key", bound=Hashable)
Row = TypeVar("Row")


@dataclass(frozen=True)
class Read(Generic[Key, Row]):
    """A table as it was read.

    Attributes
    ----------
    rows : dict
        `Named` by cluster, or `Labelled` by image and annotator.
    more : dict
        Cells of further columns, by the same keys and the names of the columns; kept beside what
        the actions say.
    """

    rows: dict[Key, Row] = field(default_factory=dict)
    more: dict[Key, dict[str, str]] = field(default_factory=dict)


Names = Read[int, Named]
Labels = Read[tuple[str, str], Labelled]


def read_names_table(path: Path) -> tuple[Names, str]:
    """Read the names of clusters, and the clustering that they are of ("" without names).

    Raises
    ------
    SestonError
        As `read_names`.
    """
    names = read_names(path)
    header, lines, _ = rows.read_cells(path)
    further = [name for name in header if name not in (*rows.COLUMNS, rows.COARSE, "")]
    more: dict[int, dict[str, str]] = {}
    for _, cells in lines:
        values = dict(zip(header, cells, strict=True))
        if values["cluster"].isdecimal() and any(values[name] for name in further):
            more[int(values["cluster"])] = {name: values[name] for name in further}
    told = {
        row.cluster: Named(row.name, row.aphia_id, row.status, row.annotator, row.time)
        for row in names.rows
    }
    return Read(told, more), names.clustering


def read_labels_table(path: Path) -> Labels:
    """Read the labels of images.

    Raises
    ------
    SestonError
        As `read_label_rows`.
    """
    found: Labels = Read()
    for row in read_label_rows(path):
        key = row.image_id, row.annotator
        found.rows[key] = Labelled(row.label, row.status, row.utc)
        if any(row.more.values()):
            found.more[key] = row.more
    return found


def names_table(state: State, clustering: str, more: Mapping[int, Mapping[str, str]]) -> str:
    """Return the table of names, one row per cluster that has a name or a further cell."""
    further = _columns(more)
    lines = []
    for cluster in sorted({*state.names, *more}):
        row = state.names.get(cluster, Named("", None, "", "", ""))
        cells = [clustering, cluster, row.name, row.aphia_id, row.status, row.annotator, row.time]
        lines.append([*cells, *(more.get(cluster, {}).get(name, "") for name in further)])
    return as_tsv([*rows.COLUMNS, *further], lines)


def labels_table(state: State, more: Mapping[tuple[str, str], Mapping[str, str]]) -> str:
    """Return the table of labels, one row per image and annotator."""
    further = _columns(more)
    lines = []
    for (image, annotator), row in sorted(state.labels.items()):
        cells = [image, row.label, row.status, annotator, row.utc]
        kept = more.get((image, annotator), {})
        lines.append([*cells, *(kept.get(name, "") for name in further)])
    return as_tsv([*LABEL_COLUMNS, *further], lines)


def changed(mine: Mapping[Key, Row], theirs: Mapping[Key, Row]) -> list[Key]:
    """Return the keys whose rows differ, or that only one of two tables has."""
    return [key for key in {**mine, **theirs} if mine.get(key) != theirs.get(key)]


def names_as_actions(names: Mapping[int, Named | None]) -> list[Action]:
    """Return actions that give clusters these names; None takes the name away."""
    return [
        {"verb": "unname", "cluster": cluster}
        if row is None
        else {"verb": "name", "cluster": cluster, "name": row.name, "aphia_id": row.aphia_id,
              "status": row.status, "annotator": row.annotator, "utc": row.time}
        for cluster, row in sorted(names.items())
    ]  # fmt: skip


def labels_as_actions(labels: Mapping[tuple[str, str], Labelled | None]) -> list[Action]:
    """Return actions that give images these labels, alike ones together; None takes one away."""
    together: dict[tuple[Any, ...], list[str]] = {}
    for (image, annotator), row in sorted(labels.items()):
        together.setdefault((annotator, row), []).append(image)
    return [
        {"verb": "label", "images": images, "label": row.label if row else "",
         "status": row.status if row else "validated", "annotator": annotator}
        | ({"utc": row.utc} if row else {})
        for (annotator, row), images in together.items()
    ]  # fmt: skip


def start_actions(path: Path) -> list[Action]:
    """Return the names in a table as saved actions, the id of each made from its cluster."""
    names, _ = read_names_table(path)
    return [{"id": f"{action['cluster']:012x}"} | action for action in names_as_actions(names.rows)]


def _columns(more: Mapping[Any, Mapping[str, str]]) -> list[str]:
    return list(dict.fromkeys(name for cells in more.values() for name in cells))
