"""FlowCam's classifications of its particles, `.cla`.

One token per line: ``v3``, the number of classifications, and for each its
name and number of classes; for each class its name, ``OR`` or ``AND``, the
number of filters and the filters, the number of particles and their ids.
"""

import re
from collections.abc import Collection, Mapping
from pathlib import Path

from seston.errors import SestonError
from seston.instruments.text import read_lines

#: particle -> ``(classification, class)``, in the order of the file
Classes = Mapping[int, list[tuple[str, str]]]


def read_classes(path: Path) -> Classes:
    """Read all classifications of a run.

    Raises
    ------
    SestonError
        If the file is not a classification, or ends too early.
    """
    tokens = _Tokens(path)
    if (version := tokens.word("v3")) != "v3":
        raise tokens.unexpected(repr(version[:40]), "v3")
    classes: dict[int, list[tuple[str, str]]] = {}
    for _ in range(tokens.number("the number of classifications")):
        classification = tokens.word("the name of a classification")
        for _ in range(tokens.number("the number of classes")):
            name = tokens.word("the name of a class")
            tokens.word("OR or AND")
            for _ in range(tokens.number("the number of filters")):
                tokens.word("a filter")
            for _ in range(tokens.number("the number of particles")):
                identity = tokens.number("the id of a particle")
                classes.setdefault(identity, []).append((classification, name))
    return classes


def label_of(classes: Collection[tuple[str, str]]) -> str | None:
    """Return the class of a particle; None where it has none, or several of different names."""
    names = {name for _, name in classes}
    return names.pop() if len(names) == 1 else None


def are_of_another_list(classes: Classes, ids: Collection[int]) -> bool:
    """Say whether the classes cannot belong to a list of these particles.

    VisualSpreadsheet counts the particles of an edited run anew, 1 to N, and
    leaves the classification as it was: ids beyond N then betray that all
    others mean other particles too. In a list with gaps the ids were kept, and
    those that are missing were taken out.
    """
    anew = bool(ids) and min(ids) == 1 and max(ids) == len(ids)
    return anew and any(identity > len(ids) for identity in classes)


class _Tokens:
    """The lines of a file one by one, each with what it was expected to be."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines = enumerate(read_lines(path, "classification"), start=1)
        self.line = 0

    def word(self, expected: str) -> str:
        try:
            self.line, text = next(self.lines)
        except StopIteration:
            raise self.unexpected("the end of the file", expected) from None
        return text.strip()

    def number(self, expected: str) -> int:
        text = self.word(expected)
        if not re.fullmatch("[0-9]{1,9}", text):
            raise self.unexpected(repr(text[:40]), expected)
        return int(text)

    def unexpected(self, found: str, expected: str) -> SestonError:
        return SestonError(f"{self.path}, line {self.line}: found {found}, expected {expected}")
