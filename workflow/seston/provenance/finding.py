"""What a check of results found wrong: which file, and what about it."""

from typing import NamedTuple


class Finding(NamedTuple):
    """Something that does not match, named by its path below the results folder."""

    path: str
    what: str

    def __str__(self) -> str:
        return f"{self.path}: {self.what}"
