"""A table that is kept as the actions say, and that other programs may change meanwhile."""

import itertools
import logging
import os
import shutil
from collections.abc import Callable, Collection, Hashable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from seston import store
from seston.label.actions import Action
from seston.label.state import State
from seston.label.tables import Read, changed

log = logging.getLogger("seston")
Key = TypeVar("Key", bound=Hashable)
Row = TypeVar("Row")


@dataclass
class Kept(Generic[Key, Row]):
    """One of the two tables on disk.

    Attributes
    ----------
    path : Path
    read : callable
        Reads it.
    mine : callable
        Returns the rows that it should have.
    as_actions : callable
        Returns actions that give it rows.
    text : callable
        Returns it as text, with the cells of further columns.
    verbs : frozenset of str
        Actions that change it.
    """

    path: Path
    read: Callable[[Path], Read[Key, Row]]
    mine: Callable[[State], Mapping[Key, Row]]
    as_actions: Callable[[Mapping[Key, Row | None]], list[Action]]
    text: Callable[[State, Mapping[Key, Mapping[str, str]]], str]
    verbs: frozenset[str]
    _rows: Mapping[Key, Row] = field(default_factory=dict)
    _more: dict[Key, dict[str, str]] = field(default_factory=dict)
    _known: tuple[int, ...] | None = None
    _seen: tuple[int, ...] | None = None
    _text: str = ""
    _is_sure: bool = False  # that it says what the state said before the last actions
    _is_theirs: bool = False  # written by another program, in a form of its own

    @property
    def is_foreign(self) -> bool:
        """Whether another program wrote the table since it was last read or written here."""
        return _signature(self.path) != self._known

    def differences(
        self, state: State, before: State | None = None, other: Path | None = None
    ) -> list[Action]:
        """Read the table; return actions that make the state say what it says.

        Parameters
        ----------
        state : State
        before : State, optional
            Without what a killed server saved last: rows that are as they were before that are
            not the work of a person, but were not written any more.
        other : Path, optional
            Read instead where there is no table.
        """
        self._seen, self._is_sure = _signature(self.path), False
        path = self.path if self._seen else other
        if path is None or not path.exists():
            return []
        found = self.read(path)
        self._rows = found.rows
        self._text = self.path.read_bytes().decode("utf-8", "replace") if self._seen else ""
        mine, earlier = self.mine(state), self.mine(before or state)
        keys = changed(mine, found.rows)
        if before is not None:
            keys = [key for key in keys if earlier.get(key) != found.rows.get(key)]
        self._more = found.more
        return self.as_actions({key: found.rows.get(key) for key in keys})

    def taken_over(self) -> None:
        """Take the table as it was read for known: until then it is read again."""
        self._known = self._seen

    def leave_if_said(self, state: State) -> None:
        """Leave the table as it is, byte by byte, until an action changes what it says.

        The workflow goes by the digest of a table: another form of the same rows would make it
        compute anew.
        """
        if self._known and not changed(self.mine(state), self._rows):
            self._is_sure, self._is_theirs = True, self.text(state, self._more) != self._text

    def keep_theirs(self) -> None:
        """Copy the table before it is first written over, if another program wrote it."""
        if self._is_theirs:
            log.info("%s: a copy as it was: %s", self.path, keep_copy(self.path))
            self._is_theirs = False

    def wanted(self, state: State, verbs: Collection[str] = ()) -> dict[Path, str]:
        """Return the table's text if it is to be written: it changed, or is not there.

        A table without rows that was never there is not made.

        Parameters
        ----------
        state : State
        verbs : collection of str
            Of the actions since it was last written.
        """
        if self._is_sure and self.verbs.isdisjoint(verbs):
            return {}
        text = self.text(state, self._more)
        if self._known:
            return {} if text == self._text else {self.path: text}
        return {self.path: text} if self.mine(state) or self._more else {}

    def settle(self, written: Mapping[Path, str]) -> None:
        """Take the table as it is on disk for our own, after what was wanted was written."""
        self._known, self._is_sure = _signature(self.path), True
        self._text = written.get(self.path, self._text)


def write_all(texts: Mapping[Path, str]) -> None:
    """Write several files, none of them before all are on disk."""
    with ExitStack() as stack:
        for path, text in texts.items():
            temporary = stack.enter_context(store.atomic(path))
            with temporary.open("w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())


def keep_copy(path: Path) -> Path:
    """Copy a file to a free name beside it, and return that."""
    for number in itertools.count(1):
        copy = path.with_name(f"{path.stem}.before-{number}{path.suffix}")
        if not copy.exists():
            break
    shutil.copy2(path, copy)
    return copy


def _signature(path: Path) -> tuple[int, ...] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
