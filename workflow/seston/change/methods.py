"""What the tests of single series are, and how many were made: for the report's methods."""

from typing import Any

import pandas as pd

from seston.change.change_points import PENALTY, SHORTEST
from seston.change.cycles import LEAST_BINS, SPANNED
from seston.change.site import AGAIN
from seston.change.timing import PERSISTENT
from seston.change.verdicts import LEAST_FOUND, LEAST_PERIODS, REFUSALS

NOTES = {
    "trend": "Pre-whitened Mann-Kendall test with Sen's slope, of the mean over groups of log"
    " concentrations, or of centred log-ratios of shares; p is the mean over all plausible"
    " autocorrelations, whitened from both ends of time, and the interval holds the slopes that the"
    " test does not reject.",
    "scope": "Scope site: one value per period, the mean over groups, each weighing the same;"
    " scope group: each group alone.",
    "fdr": "q by Benjamini and Yekutieli; families, per site: classes over groups, classes in"
    " single groups, rejected and noise images together.",
    "zeros": "Half an image in the group's median effort is added throughout.",
    "timing": "Centre of gravity of the mean curve, with the interval of samples drawn again"
    " (negative binomial); p by permuted innovations, for centre and spread together.",
    "labels": "persistent: q > alpha, found in most periods and spread over them; else early,"
    " late: the whole interval of the centre lies in the first or last 40 % of the sampled time;"
    " else transient. A label says where a class has its time; shown = 1 (q ≤ alpha) that this is"
    " more than a slow course by chance.",
    "harmonics": "Cosine and sine beside a level and a trend, by generalised least squares; p of"
    " their F test is the mean over all plausible autocorrelations; clock time of the samples.",
    "change_points": "Candidate dates without a p-value (PELT, changes of the mean); the penalty"
    " is in units of the long-run variance.",
}

FLAGS = {
    "vanishes": "the verdict is the same in no more than half of the reclusterings",
    "sign_flips_when_pooled": "with all groups thrown together the trend points the other way, and"
    " one of the two is a finding",
    "mostly_absent": "found in fewer than half of the sampled periods",
    "share_only": "no volume: a share falls when others bloom",
    "counting_only": "no two samples can be compared, so that the interval of the centre is that of"
    " counting alone",
}

METHODS: dict[str, Any] = {
    "fdr": "Benjamini-Yekutieli", "least_periods": LEAST_PERIODS, "least_found": LEAST_FOUND,
    "persistent_from": PERSISTENT, "vanishes_at": AGAIN, "cycles_spanned": SPANNED,
    "cycle_least_bins": LEAST_BINS, "change_point_penalty": PENALTY,
    "change_point_shortest": SHORTEST,
    "refusals": REFUSALS, "flags": FLAGS, "notes": NOTES,
}  # fmt: skip


def numbers_of(made: dict[str, pd.DataFrame]) -> dict[str, Any]:
    """Return how many tests were made in each family, and what was refused."""
    tests, timing = made["tests"], made["timing"]
    of_images = tests["class"] == ""
    families = {
        "classes_site": tests[(tests["scope"] == "site") & ~of_images],
        "classes_group": tests[(tests["scope"] == "group") & ~of_images],
        "images": tests[of_images],
    }
    made_of = {name: int(rows["p"].notna().sum()) for name, rows in families.items()}
    made_of["timing"] = int(timing["p"].notna().sum()) if len(timing) else 0
    made_of["harmonics"] = len(made["harmonics"])
    refused = families["classes_site"]["refused"].value_counts().drop("", errors="ignore")
    return {"tests": made_of, "refused": {str(code): int(n) for code, n in refused.items()}}
