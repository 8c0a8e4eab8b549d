"""The classes of a site in the order in which figures, tables and sentences tell of them."""

import pandas as pd

from seston.report.given.course import WHOLE

ORDER = {"rises": 0, "falls": 1, "none": 2, "refused": 3}


def of_classes(tests: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that tell of a class at a site as a whole, the most important first.

    What rises comes first, then what falls, then classes without a trend, each of them the surest
    first; then those that were not tested.

    Parameters
    ----------
    tests : pandas.DataFrame
        Rows of ``trend_tests.tsv`` of the site.
    """
    rows = tests[(tests["scope"] == "site") & (tests["class"] != WHOLE)]
    keys = {"_rank": rows["verdict"].map(ORDER), "_size": -rows["slope_per_day"].abs()}
    ordered = rows.assign(**keys).sort_values(["_rank", "q", "_size", "class"], kind="stable")
    return ordered.drop(columns=list(keys))
