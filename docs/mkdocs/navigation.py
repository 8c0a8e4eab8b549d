"""Pages that the navigation names by a pattern, such as one for each export."""

from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[1]


def on_config(config: Any) -> Any:
    """Put the pages that fit a pattern of the navigation in its place."""
    config.nav = [expanded(entry) for entry in config.nav]
    return config


def expanded(entry: Any) -> Any:
    """Return an entry of the navigation without patterns."""
    if isinstance(entry, str):
        return entry
    return {title: _inside(inner) for title, inner in entry.items()}


def _inside(inner: Any) -> Any:
    if isinstance(inner, str):
        return inner
    return [
        one
        for part in inner
        for one in (_fitting(part) if isinstance(part, str) and "*" in part else [expanded(part)])
    ]


def _fitting(pattern: str) -> list[dict[str, str]]:
    """Return the pages that fit a pattern, each with the first words of its heading as title."""
    pages = {page.name: page.read_text("utf-8").partition("\n")[0] for page in DOCS.glob(pattern)}
    titles = {heading.lstrip("# ").partition(":")[0]: name for name, heading in pages.items()}
    return [{title: titles[title]} for title in sorted(titles)]
