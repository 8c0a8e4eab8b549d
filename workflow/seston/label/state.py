"""What holds after all actions: the names of clusters, and the labels of images.

The page folds the same journal in JavaScript (`templates/fold.js`); a test holds the two equal.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from seston.label.actions import Action


@dataclass(frozen=True)
class Named:
    """What was last said of a cluster."""

    name: str
    aphia_id: int | None
    status: str
    annotator: str
    time: str


@dataclass(frozen=True)
class Labelled:
    """What an annotator last said of an image."""

    label: str
    status: str
    utc: str


@dataclass
class State:
    """What holds.

    Attributes
    ----------
    names : dict of int to Named
        By cluster.
    labels : dict of (str, str) to Labelled
        By image and annotator.
    """

    names: dict[int, Named] = field(default_factory=dict)
    labels: dict[tuple[str, str], Labelled] = field(default_factory=dict)

    def add(self, action: Action) -> None:
        """Let an action hold, which is no undo."""
        verb, annotator, utc = action["verb"], action["annotator"], action["utc"]
        if verb == "name":
            self.names[action["cluster"]] = Named(
                action["name"], action["aphia_id"], action["status"], annotator, utc
            )
        elif verb == "unname":
            self.names.pop(action["cluster"], None)
        elif verb == "label":
            for image in action["images"]:
                if action["label"]:
                    told = Labelled(action["label"], action["status"], utc)
                    self.labels[image, annotator] = told
                else:
                    self.labels.pop((image, annotator), None)


def fold(actions: Iterable[Action]) -> State:
    """Return what holds after these actions; those that were undone do not count."""
    actions = list(actions)
    undone = {action["of"] for action in actions if action["verb"] == "undo"}
    state = State()
    for action in actions:
        if action["id"] not in undone:
            state.add(action)
    return state


def conflict(state: State) -> str:
    """Return what `read_names` would find wrong between the names of two clusters; "" if nothing.

    Clusters of one name are counted together, so a name is written in one way, and is one taxon.
    """
    first: dict[str, tuple[int, Named]] = {}
    taxa: dict[str, tuple[int, int]] = {}
    for cluster, row in sorted(state.names.items()):
        other, same = first.setdefault(row.name.casefold(), (cluster, row))
        if same.name != row.name:
            return (
                f"{row.name!r} (cluster {cluster}), but {same.name!r} (cluster {other}): write a"
                " name in one way, for clusters of one name are counted together"
            )
        if row.aphia_id:
            other, taxon = taxa.setdefault(row.name, (cluster, row.aphia_id))
            if taxon != row.aphia_id:
                return (
                    f"{row.name!r} has aphia_id {row.aphia_id} in cluster {cluster}, but {taxon} in"
                    f" cluster {other}: one name is one taxon"
                )
    return ""


def one_taxon(names: dict[int, Named]) -> dict[int, Named]:
    """Return names as `read_names` gives them: an AphiaID holds in all rows of its name."""
    taxa = {row.name: row.aphia_id for row in names.values() if row.aphia_id}
    return {cluster: replace(row, aphia_id=taxa.get(row.name)) for cluster, row in names.items()}
