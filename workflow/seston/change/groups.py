"""Whether groups such as bags or stations differ, in what, and since when."""

import json
import logging
from pathlib import Path

import numpy as np
import numpy.typing as npt

from seston import store
from seston.change import group_rows
from seston.change.compared import compare
from seston.change.compared_class import TESTS, ComparedClass, compare_class
from seston.change.false_discovery import limit_of, q_values
from seston.change.since import since
from seston.change.site import AGAIN
from seston.errors import SestonError
from seston.trends.classes import Level
from seston.trends.counted import Counted, read_counted
from seston.trends.periods import Period
from seston.trends.reclustered import read_reclusterings
from seston.tsv import as_tsv

log = logging.getLogger("seston")


def groups(
    *,
    images: Path,
    samples: Path,
    labels: tuple[Path, ...] = (),
    reclusterings: Path | None = None,
    period: Period,
    day_zero: str,
    level: Level,
    confidence: float,
    alpha: float,
    permutations: int,
    seed: int,
    table: Path,
    effects: Path,
    curves: Path,
    report: Path,
) -> None:
    """Compare the groups of each site: in level, in course, and since when they differ.

    Parameters
    ----------
    images : Path
        The table of all images.
    samples : Path
        The table of all samples.
    labels : tuple of Path
        For the level "label": tables of labels; without any, those in the table of images.
    reclusterings : Path or None
        What the clusters would be otherwise; a difference that is gone in half of them is
        marked. Not used at level "label".
    period : {"hour", "day", "week", "month"}
        What samples are joined by.
    day_zero : str
        Day 0 of the experiment as an ISO date, or "".
    level : {"cluster", "coarse", "name", "label"}
        What is compared.
    confidence : float
        Of the intervals, such as 0.95.
    alpha : float
        False discovery rate at which groups differ, and chance of a date where they do not.
    permutations : int
        Simulated series behind the date from which groups differ.
    seed : int
        Of the simulated series.
    table : Path
        Written: tests of each class at each site.
    effects : Path
        Written: ratio of each group to the geometric mean of the groups.
    curves : Path
        Written: fitted course of each class in each group.
    report : Path
        Written: numbers of tests, what was refused, and the methods.
    """
    for name, value in (("confidence", confidence), ("alpha", alpha)):
        if not 0 < value < 1:
            raise SestonError(f"trends.{name} is {value}: expected a number between 0 and 1")
    counted = read_counted(images, samples, period, day_zero, level, labels)
    classes: list[ComparedClass] = []
    for site in sorted(counted.effort["site"].unique()):
        part = counted.of_site(site)
        here = compare_site(part, period, day_zero)
        begin(here, alpha, permutations, seed)
        if reclusterings is not None and level != "label":
            recluster(here, read_reclusterings(reclusterings, part), alpha)
        classes += here
    rows = [group_rows.class_row(one, day_zero) for one in classes]
    ratios = group_rows.effect_rows(classes, confidence)
    fitted = group_rows.curve_rows(classes, confidence, day_zero)
    whole = group_rows.report_of(classes, ratios) | {
        "level": level, "period": period, "day_zero": day_zero, "alpha": alpha,
        "confidence": confidence, "simulated": permutations, "seed": seed,
    }  # fmt: skip
    store.write_text(as_tsv(group_rows.COLUMNS, rows), table)
    store.write_text(as_tsv(group_rows.EFFECT_COLUMNS, ratios), effects)
    store.write_text(as_tsv(group_rows.CURVE_COLUMNS, fitted), curves)
    store.write_text(json.dumps(whole, indent=1, sort_keys=True) + "\n", report)
    differing = sum(bool(one.differs(alpha)) for one in classes)
    log.info("groups: %d of %d classes differ between groups", differing, len(classes))


def compare_site(part: Counted, period: Period, day_zero: str) -> list[ComparedClass]:
    """Return the comparison of every class at one site; its classes are one family of tests."""
    site = compare(part, period, day_zero)
    if site.model is not None:
        log.info("groups: site %s: %d groups", site.site or "(no name)", len(site.groups))
    classes = [
        compare_class(site, name, part.counts[:, place]) for place, name in enumerate(part.classes)
    ]
    for test in TESTS:
        found = q_values([one.p[test] for one in classes])
        for one, q in zip(classes, found, strict=True):
            one.q[test] = float(q)
    return classes


def begin(classes: list[ComparedClass], alpha: float, simulated: int, seed: int) -> None:
    """Set from when on groups differ, in those of a site's classes in which they do."""
    for one in classes:
        site = one.site
        if not one.differs(alpha) or site.model is None or one.found is None:
            continue
        shape = len(site.model.cells.effort), simulated
        noise = np.random.default_rng([seed, 0]).standard_normal(shape)  # the same for all
        begun = since(one.found, site.model, alpha, noise, seed)
        if begun:
            block, group = begun
            one.since = site.periods[block * site.model.cells.width], site.groups[group]


def recluster(classes: list[ComparedClass], counts: npt.NDArray[np.int64], alpha: float) -> None:
    """Count in how many clusterings made anew groups differ too, in classes in which they do.

    By one of the tests that show it now, with a p-value that shows something now: a bar as high
    as that of the false discovery rate.

    Parameters
    ----------
    classes : list of ComparedClass, length K
        Of one site.
    counts : ndarray of int64, shape (B, m, K)
        As `read_reclusterings` gives them.
    alpha : float
    """
    limit = {test: limit_of([one.p[test] for one in classes], alpha) for test in TESTS}
    for place, one in enumerate(classes):
        shown = one.differs(alpha)
        if not shown:
            continue
        again = [compare_class(one.site, one.name, row) for row in counts[:, :, place]]
        one.reclusterings = len(again)
        one.same = sum(any(other.p[test] <= limit[test] for test in shown) for other in again)
        if one.same <= (1 - AGAIN) * one.reclusterings:
            one.flags.append("vanishes")
