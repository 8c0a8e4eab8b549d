"""Bags, treatments and stations that the names of folders and files speak of."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

#: What experiments and surveys call their units; a letter alone only with a number behind it.
_UNIT = re.compile(
    r"(?<![^\W_])"  # neither letter nor digit before it, nor behind it
    r"(?:(?:bag|meso(?:cosm)?|enclosure|limnocorral|corral|tank|pond|basin|treatment|control"
    r"|station|stn|fjord|outside|reference)(?:[ _-]?(?:\d{1,3}|[A-Z])(?![^\W_]))?|M\d{1,2})"
    r"(?![^\W_])",
    re.IGNORECASE,
)
#: Groups that a note names one by one.
NAMED = 12


def groups_in_names(paths: Sequence[Path]) -> list[str | None]:
    """Return the unit that each path names, as it first stands there, or None.

    Parameters
    ----------
    paths : sequence of pathlib.Path
        Of samples, below the folder that was searched: ``bag3/2024-05-01``, ``day07_Bag 3.zip``.
        Where several parts name a unit, the innermost counts. ``Bag 3``, ``bag_03`` and ``bag3``
        are one, written as the first of them.
    """
    written: dict[str, str] = {}
    groups: list[str | None] = []
    for path in paths:
        units = [unit for part in path.parts for unit in _UNIT.findall(part)]
        plain = re.sub(r"[ _-]|(?<!\d)0+(?=\d)", "", units[-1]).casefold() if units else ""
        groups.append(written.setdefault(plain, units[-1]) if units else None)
    return groups


def hint(paths: Sequence[Path]) -> list[str]:
    """Return a note on the column `group`, if at least half of the paths name two units or more."""
    groups = groups_in_names(paths)
    counts = Counter(group for group in groups if group)
    if len(counts) < 2 or 2 * counts.total() < len(paths):
        return []
    several = [f"{group} ({count})" for group, count in sorted(counts.items(), key=_naturally)]
    more = f" and {len(several) - NAMED} more" if len(several) > NAMED else ""
    without = len(paths) - counts.total()
    name = "sample names" if without == 1 else "samples name"
    rest = f"; {without} {name} none" if without else ""
    return [
        f"names speak of {', '.join(several[:NAMED])}{more}{rest}: if these are bags, treatments or"
        " stations to compare, write them in the column group"
    ]


def _naturally(item: tuple[str, int]) -> list[tuple[str, int]]:
    """Sort bag2 before bag10."""
    parts = re.findall(r"(\D+)(\d*)", item[0].casefold())
    return [(text, int(number or 0)) for text, number in parts]
