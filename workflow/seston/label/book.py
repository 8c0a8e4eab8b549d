"""The journal and the two tables, kept the same whatever happens between them."""

import logging
import threading
from collections.abc import Callable, Collection
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

from seston.errors import SestonError
from seston.label.actions import Action, Refused, checked, require_undoable, stamped
from seston.label.journal import Journal
from seston.label.kept import Kept, write_all
from seston.label.locks import locked
from seston.label.state import State, conflict, fold, one_taxon
from seston.label.tables import (
    Names,
    labels_as_actions,
    labels_table,
    names_as_actions,
    names_table,
    read_labels_table,
    read_names_table,
)

log = logging.getLogger("seston")


class Book:
    """What people said of the clusters and images of a run, saved as they say it.

    The journal is what counts; the tables are made from it. What another program wrote into a
    table becomes actions of the journal, so that it is not lost.

    Parameters
    ----------
    clustering : str
        Fingerprint of the run's clustering.
    k : int
        Its number of clusters.
    unknown : callable
        Returns those of some images that are not of the run.
    names, labels : Path
        The tables. The journal stands beside the names.
    annotator : str
    first : Path, optional
        Names to begin with where there are neither a journal nor names.

    Attributes
    ----------
    state : State
        What holds.

    Raises
    ------
    SestonError
        If a file cannot be read, is of another clustering, or is in use.
    """

    def __init__(
        self,
        clustering: str,
        k: int,
        unknown: Callable[[list[str]], list[str]],
        names: Path,
        labels: Path,
        annotator: str,
        first: Path | None = None,
    ) -> None:
        self.clustering, self.k, self.annotator = clustering, k, annotator
        self.names, self.labels = names, labels
        self._unknown = unknown
        self._turn = threading.RLock()
        self._tables: list[Kept[Any, Any]] = [
            Kept(
                names, self._read_names, lambda state: one_taxon(state.names), names_as_actions,
                lambda state, more: names_table(state, clustering, more),
                frozenset({"name", "unname", "undo"}),
            ),
            Kept(
                labels, read_labels_table, lambda state: state.labels, labels_as_actions,
                labels_table, frozenset({"label", "undo"}),
            ),
        ]  # fmt: skip
        with ExitStack() as opened:
            journal = names.with_name(f"{names.stem}.journal.jsonl")
            self._journal = opened.enter_context(Journal(journal, clustering))
            # A journal goes with the names; the labels may be those of another one.
            opened.enter_context(locked(labels.with_name(f".{labels.name}.lock")))
            self._begin(first)
            self._opened = opened.pop_all()

    def __enter__(self) -> "Book":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._turn:  # what is being saved is finished first
            self._opened.close()

    @property
    def actions(self) -> list[Action]:
        """All that were saved, in their order."""
        with self._turn:
            return list(self._journal.actions)

    def current(self) -> list[Action]:
        """Return all actions, those that other programs wrote into the tables taken over."""
        with self._turn:
            self._take_over([kept for kept in self._tables if kept.is_foreign])
            return self.actions

    def names_and_labelled(self) -> tuple[dict[int, str], set[str]]:
        """Return the names by cluster, and the images that have a label."""
        with self._turn:
            names = {cluster: row.name for cluster, row in self.state.names.items()}
            return names, {image for image, _ in self.state.labels}

    def save(self, given: list[object]) -> list[Action]:
        """Check and save actions, all or none, and return them as they were saved.

        Raises
        ------
        Refused
            If one of them cannot be.
        SestonError
            If another program changed a table so that it cannot be read.
        OSError
            If they cannot be written; then nothing was saved.
        """
        with self._turn:
            self.current()
            new = [stamped(checked(one, self.k, self._unknown), self.annotator) for one in given]
            if new:
                self._save(new)
            return new

    def _save(self, new: list[Action]) -> None:
        """Append to the journal, then write the tables; go back to what was if that fails."""
        undoes = any(action["verb"] == "undo" for action in new)
        appended = False
        try:
            if undoes:
                require_undoable(self._journal.actions, new)
                self.state = fold([*self._journal.actions, *new])
            else:
                for action in new:
                    self.state.add(action)
            if wrong := conflict(self.state):
                raise Refused(wrong)
            self._journal.save(new)
            appended = True
            self._write({action["verb"] for action in new})
        except BaseException:
            if appended:
                self._journal.take_back()
            self.state = fold(self._journal.actions)
            raise

    def _write(self, verbs: Collection[str] = ()) -> None:
        texts: dict[Path, str] = {}
        for kept in self._tables:
            texts |= kept.wanted(self.state, verbs)
            if kept.path in texts:
                kept.keep_theirs()
        write_all(texts)
        for kept in self._tables:
            kept.settle(texts)

    def _begin(self, first: Path | None) -> None:
        """Bring journal and tables together, whatever was done to them meanwhile."""
        actions, last = self._journal.actions, self._journal.last
        self.state = fold(actions)
        if actions:
            self._take_over(self._tables, fold(actions[:-last]) if last else None)
        else:
            self._take_over(self._tables, other=first)
        for kept in self._tables:
            kept.leave_if_said(self.state)
        self._write()

    def _take_over(
        self, tables: list[Kept], before: State | None = None, other: Path | None = None
    ) -> None:
        """Save as actions what tables say that the journal does not."""
        new = []
        for kept in tables:
            instead = other if kept.path == self.names and not kept.path.exists() else None
            found = kept.differences(self.state, before, instead)
            if found:
                log.info("%s: %d changes taken over", instead or kept.path, len(found))
            new += [stamped(action, self.annotator) for action in found]
        if new:
            self._journal.save(new)
            self.state = fold(self._journal.actions)
        for kept in tables:  # only now: were one not readable, the others would be forgotten
            kept.taken_over()

    def _read_names(self, path: Path) -> Names:
        found, clustering = read_names_table(path)
        if found.rows and not self.clustering.startswith(clustering):
            raise SestonError(
                f"{path}: found names of clustering {clustering[:12]}, but this run has"
                f" {self.clustering[:12]}, where the same numbers are other clusters; carry the"
                f" names over by: python -m seston rename {path} --old <results folder of the"
                " earlier run> --results <this one> --out <new table>, or give another place for"
                " new names (--names)"
            )
        if beyond := [cluster for cluster in found.rows if cluster >= self.k]:
            raise SestonError(
                f"{path}: found a name of cluster {beyond[0]}, expected 0 to {self.k - 1}"
            )
        return found
