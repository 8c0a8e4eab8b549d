"""Names that a table of names would not take."""

import re
from collections.abc import Mapping
from pathlib import Path

from seston.errors import SestonError

_UNNAMED = re.compile(r"cluster \d+")


def require_spelling(path: Path, names: Mapping[str, str]) -> None:
    """Raise `SestonError` with all names that differ in case alone, or mean *unnamed*.

    Parameters
    ----------
    path : pathlib.Path
        Of the tree.
    names : mapping of str to str
        Where each is from: a node in words, or "" for a name that the run has already.
    """
    first: dict[str, str] = {}
    mistakes = []
    for name, node in names.items():
        like = first.setdefault(name.casefold(), name)
        here, there = node or "a cluster of the run", names[like] or "a cluster of the run"
        if like != name:
            mistakes.append(f"{here} is {name!r}, and {there} {like!r}: write them in one way")
        elif node and _UNNAMED.fullmatch(name.casefold()):
            mistakes.append(f"{here} is {name!r}: clusters without a name are called so")
    if mistakes:
        raise SestonError(f"{path}: rename nodes and export again\n  " + "\n  ".join(mistakes))
