"""The journal: every action in the order in which it was saved, in a file that only grows.

The first line tells of which clustering it is. Each further line is what was saved at once: an
action, or a list of several; the last line of a server that was ended, not killed, says so. Where
nothing was said there is no file.
"""

import json
import logging
import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from seston.errors import SestonError
from seston.label.actions import Action, is_saved
from seston.label.locks import locked

log = logging.getLogger("seston")

FORMAT = 1


class Journal:
    """A journal, locked against other servers until it is closed.

    Parameters
    ----------
    path : Path
        Is made when something is saved.
    clustering : str
        Fingerprint of the clustering that its clusters are of.

    Attributes
    ----------
    actions : list of dict
        All that were saved.
    last : int
        How many of them the last line holds; 0 after a server that was ended: only what a killed
        one saved last may lack in the tables.

    Raises
    ------
    SestonError
        If it is in use, damaged, or of another clustering.
    """

    def __init__(self, path: Path, clustering: str) -> None:
        self.path, self.clustering = path, clustering
        self.actions: list[Action] = []
        self.last = 0
        self._opened = locked(path)
        self._file = self._opened.__enter__()
        try:
            self._read()
        except BaseException:
            self._opened.__exit__(None, None, None)
            raise

    def __enter__(self) -> "Journal":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(OSError):  # without this line the next start looks closer at the tables
            if error is None and os.fstat(self._file).st_size:
                self._append({"closed": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")})
        self._opened.__exit__(None, None, None)
        self._file = -1

    def save(self, actions: list[Action]) -> None:
        """Append actions, all of them or none; they are on disk when this returns.

        Raises
        ------
        OSError
            If they cannot be written, such as when the disk is full.
        """
        self._append(actions[0] if len(actions) == 1 else actions)
        self.actions += actions
        self.last = len(actions)

    def take_back(self) -> None:
        """Remove what was saved last."""
        os.ftruncate(self._file, self._before)
        os.fsync(self._file)
        del self.actions[len(self.actions) - self.last :]
        self.last = 0

    def _append(self, value: Any) -> None:
        line = _line(value)
        self._before = os.fstat(self._file).st_size
        if not self._before:
            head = {"kind": "journal", "format": FORMAT, "clustering": self.clustering}
            line = _line(head) + line
        try:
            while line:
                line = line[os.write(self._file, line) :]
            os.fsync(self._file)
        except OSError:
            os.ftruncate(self._file, self._before)
            raise

    def _read(self) -> None:
        data = self.path.read_bytes()
        whole = data.rfind(b"\n") + 1
        if whole < len(data):  # a server was killed, or the power failed, while it saved
            log.warning("%s: its last line was not saved whole and is left out", self.path)
            os.ftruncate(self._file, whole)
        lines = data[:whole].splitlines()
        if not lines:
            return
        values = [self._value(number, line) for number, line in enumerate(lines, 1)]
        self._require_mine(values[0])
        for number, value in enumerate(values[1:], 2):
            closed = isinstance(value, dict) and "closed" in value
            saved = [] if closed else value if isinstance(value, list) else [value]
            if not all(map(is_saved, saved)):
                raise SestonError(self._damaged(number))
            self.actions += saved
            self.last = len(saved)

    def _value(self, number: int, line: bytes) -> Any:
        try:
            return json.loads(line)
        except ValueError as error:
            raise SestonError(self._damaged(number)) from error

    def _damaged(self, number: int) -> str:
        return (
            f"{self.path}, line {number}: no action; the journal is damaged. Its work is in the two"
            " tables as well: move it to another place, and start again from them"
        )

    def _require_mine(self, header: Any) -> None:
        if not isinstance(header, dict) or header.get("kind") != "journal":
            raise SestonError(self._damaged(1))
        if header.get("format") != FORMAT:
            raise SestonError(
                f"{self.path}: found format {header.get('format')}, expected {FORMAT}; it was"
                " written by another version of Seston: use that one, or move the journal to"
                " another place, for its work is in the two tables as well"
            )
        if header.get("clustering") != self.clustering:
            raise SestonError(
                f"{self.path} is of clustering {str(header.get('clustering'))[:12]}, but this run"
                f" has {self.clustering[:12]}; move the journal to another place, for its work is"
                " in the two tables as well"
            )


def _line(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
