"""Stage `community`: diversity, turnover, ordination, differences of groups, synchrony."""

import json
import logging
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from seston import __version__, store
from seston.community import ordination as maps
from seston.community import record
from seston.community.compositions import (
    METHODS,
    Compositions,
    compositions,
    distances,
    equal_images,
)
from seston.community.courses import courses
from seston.community.diversity import COLUMNS as DIVERSITY
from seston.community.diversity import What
from seston.community.diversity import diversity as hill_numbers
from seston.community.permanova import COLUMNS as PERMANOVA
from seston.community.permanova import permanova as between_groups
from seston.community.synchrony import COLUMNS as SYNCHRONY
from seston.community.synchrony import synchrony as in_step
from seston.community.turnover import COLUMNS as TURNOVER
from seston.community.turnover import turnover as changes
from seston.errors import SestonError
from seston.schemas import FORMAT
from seston.trends.classes import UNLABELLED, Level
from seston.trends.counted import Counted, read_counted
from seston.trends.periods import DAYS, Period
from seston.tsv import write_tsv

log = logging.getLogger("seston")

TABLES = {
    "diversity": DIVERSITY,
    "turnover": TURNOVER,
    "ordination": maps.COLUMNS,
    "permanova": PERMANOVA,
    "synchrony": SYNCHRONY,
}


class Findings:
    """What was found in all sites: parts of the tables, facts of each site, refusals."""

    def __init__(self) -> None:
        self.parts: dict[str, list[pd.DataFrame]] = {name: [] for name in TABLES}
        self.sites: dict[str, dict[str, Any]] = {}
        self.refused: Counter[str] = Counter()

    def add(self, table: str, part: pd.DataFrame) -> None:
        """Take rows of a table; none are no rows."""
        if len(part):
            self.parts[table].append(part)

    def refuse(self, site: str, what: str, code: str) -> None:
        """Tell that something was not computed for a site."""
        log.info("community: site %s, no %s: %s", site or "(unnamed)", what, record.REFUSALS[code])
        self.refused[code] += 1

    def table(self, name: str) -> pd.DataFrame:
        """Return a whole table."""
        parts = self.parts[name]
        if not parts:
            return pd.DataFrame(columns=TABLES[name])
        return pd.concat(parts, ignore_index=True).reindex(columns=TABLES[name])


def community(
    *,
    images: Path,
    samples: Path,
    period: Period,
    day_zero: str,
    level: Level,
    confidence: float,
    permutations: int,
    seed: int,
    diversity: Path,
    turnover: Path,
    ordination: Path,
    permanova: Path,
    synchrony: Path,
    report: Path,
    labels: tuple[Path, ...] = (),
) -> None:
    """Describe the community of each site: how diverse, how it changes, how groups differ.

    Parameters
    ----------
    images, samples : Path
        The tables of all images and of all samples.
    period : {"hour", "day", "week", "month"}
    day_zero : str
        Day 0 of the experiment as an ISO date, or "".
    level : {"cluster", "coarse", "name", "label"}
        What a class is.
    confidence : float
        Of the intervals, such as 0.95.
    permutations : int
        Of the comparison between groups.
    seed : int
    diversity, turnover, ordination, permanova, synchrony : Path
        Tables to write.
    report : Path
        JSON to write: settings, thresholds, refusals, what each site was brought to.
    labels : tuple of Path
        For the level "label": tables of labels.
    """
    if not 0 < confidence < 1:
        raise SestonError(f"trends.confidence is {confidence}: expected a number between 0 and 1")
    counted = read_counted(images, samples, period, day_zero, level, labels)
    clusters = (
        None if level == "cluster" else read_counted(images, samples, period, day_zero, "cluster")
    )
    found = Findings()
    for site in counted.effort["site"].unique():
        here = counted.of_site(site)
        facts = found.sites[site] = _facts(here)
        counts_of: dict[What, Counted] = {"class": here}
        if clusters:
            counts_of["cluster"] = clusters.of_site(site)
        for what, counts in counts_of.items():
            if counts.counts.any():
                part = hill_numbers(counts, what, confidence, chosen=level in ("cluster", "coarse"))
                facts["equal_images"][what] = _number(part["equal"].iloc[0])
                facts["equal_coverage"][what] = _number(part["at_coverage"].iloc[0])
                found.add("diversity", part)
        if not facts["images"]:
            found.refuse(site, "class", "no_class")
            continue
        whole = compositions(here, period, day_zero)
        usable = whole.with_enough()
        facts["compositions"], facts["too_poor"] = len(usable), len(whole) - len(usable)
        found.add("turnover", changes(site, usable, confidence, seed))
        _maps(found, site, usable, DAYS[period], 1 - confidence, permutations, seed)
        of = courses(here, period, day_zero)
        facts["synchrony_of"] = of.measure
        part, refusal = in_step(site, of, confidence)
        found.add("synchrony", part)
        if refusal:
            found.refuse(site, "synchrony", f"synchrony_{refusal}")
    tables = {name: found.table(name) for name in TABLES}
    paths = (diversity, turnover, ordination, permanova, synchrony)
    for table, path in zip(tables.values(), paths, strict=True):
        write_tsv(dict(table), path)
    facts_of_all = {
        "format": FORMAT, "kind": "community", "version": __version__,
        "level": level, "period": period, "day_zero": day_zero,
        "confidence": confidence, "permutations": permutations, "seed": seed,
        "mean_group": maps.MEAN,
        "sites": found.sites, "refused": dict(sorted(found.refused.items())),
        "tests": {
            "permanova": int(tables["permanova"]["p"].notna().sum()),
            "synchrony": int(tables["synchrony"]["p"].notna().sum()),
        },
        "fdr": "Benjamini-Yekutieli", "thresholds": record.THRESHOLDS,
        "refusals": record.REFUSALS, "flags": record.FLAGS, "notes": record.NOTES,
    }  # fmt: skip
    store.write_text(json.dumps(facts_of_all, indent=1, ensure_ascii=False) + "\n", report)
    log.info(
        "community: %d sites, %d rows of diversity", len(found.sites), len(tables["diversity"])
    )


def _facts(here: Counted) -> dict[str, Any]:
    unlabelled = [name == UNLABELLED for name in here.classes]
    without = int(here.counts[:, unlabelled].sum())
    return {
        "images": int(here.counts.sum()) - without, "unlabelled": without,
        "equal_images": {}, "equal_coverage": {}, "explained": {},
    }  # fmt: skip


def _maps(
    found: Findings,
    site: str,
    usable: Compositions,
    days: float,
    alpha: float,
    permutations: int,
    seed: int,
) -> None:
    """Add ordination and comparison of groups, which start from the same distances."""
    if len(usable) < maps.LEAST:
        found.refuse(site, "ordination", "too_few_compositions")
    if len(usable) > maps.MOST:
        found.refuse(site, "ordination and comparison of groups", "too_many_compositions")
        return
    equal = max(equal_images(usable.counts.sum(axis=1)), 1)
    for method in METHODS:
        apart = distances(usable.counts, method, equal)
        if len(usable) >= maps.LEAST:
            part, explained = maps.ordination(site, method, usable, apart)
            found.add("ordination", part)
            found.sites[site]["explained"][method] = [_number(share) for share in explained]
        part, refusal = between_groups(site, method, usable, apart, days, alpha, permutations, seed)
        found.add("permanova", part)
        if refusal and method == METHODS[0]:
            found.refuse(site, "comparison of groups", f"permanova_{refusal}")


def _number(value: float) -> float | None:
    return float(f"{value:.6g}") if np.isfinite(value) else None
