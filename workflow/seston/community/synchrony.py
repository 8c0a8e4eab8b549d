"""Which classes rise and fall in all groups of a site together."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from seston.change.false_discovery import q_values
from seston.change.verdicts import LEAST_PERIODS
from seston.community.common_course import common_course
from seston.community.courses import Courses

LEAST_FOUND = 0.2  # share of groups and periods that a class must have been found in

COLUMNS = [
    "site", "class", "groups", "periods", "synchrony", "synchrony_low", "synchrony_high", "p", "q",
    "flags",
]  # fmt: skip

REFUSALS = {
    "one_group": "the site has one group",
    "too_few_periods": f"fewer than {LEAST_PERIODS} periods in which two groups were sampled",
}
FLAGS = {
    "mostly_absent": f"found in fewer than {LEAST_FOUND:.0%} of groups and periods: not tested",
    "share_only": (
        "no volume: a class that blooms in all groups makes the shares of all others fall together"
    ),
    "never_changes": "the series does not change",
    **REFUSALS,
}


def synchrony(site: str, of: Courses, confidence: float) -> tuple[pd.DataFrame, str]:
    """Return a row for each class of one site, and the code of the refusal or "".

    Parameters
    ----------
    site : str
    of : Courses
    confidence : float
        Of the intervals, such as 0.95.

    Returns
    -------
    table : pandas.DataFrame
        Columns `COLUMNS`; none for a site of one group.
    refusal : str
    """
    if len(np.unique(of.group)) < 2:
        return pd.DataFrame(columns=COLUMNS), "one_group"
    # A period in which one group alone was sampled tells nothing of what is common.
    keep = _shared(of.place)
    group = np.unique(of.group[keep], return_inverse=True)[1]
    place = of.place[keep]
    periods = len(np.unique(place))
    table = pd.DataFrame(
        {
            "site": site, "class": of.classes, "groups": len(np.unique(group)),
            "periods": periods, "synchrony": np.nan, "synchrony_low": np.nan,
            "synchrony_high": np.nan, "p": np.nan, "q": np.nan, "flags": "",
        }
    )  # fmt: skip
    share_only = ["share_only"] if of.measure == "share" else []
    if periods < LEAST_PERIODS:
        table["flags"] = ";".join(["too_few_periods", *share_only])
        return table, "too_few_periods"
    common = common_course(of.values[keep], group, place, confidence)
    rare, still = of.there[keep].mean(axis=0) < LEAST_FOUND, np.isnan(common.p)
    for name, column in (
        ("synchrony", common.share),
        ("synchrony_low", common.low),
        ("synchrony_high", common.high),
        ("p", common.p),
    ):
        table[name] = np.where(rare, np.nan, column)
    table["q"] = q_values(table["p"])
    table["flags"] = [
        ";".join(["mostly_absent"] * absent + ["never_changes"] * constant + share_only)
        for absent, constant in zip(rare.tolist(), (still & ~rare).tolist(), strict=True)
    ]
    return table, ""


def _shared(place: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    periods, times = np.unique(place, return_counts=True)
    return np.isin(place, periods[times > 1])
