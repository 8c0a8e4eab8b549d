"""Candidate change points of one site, as rows."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from seston.change.change_points import change_points, penalties
from seston.change.pooling import mean_of_groups
from seston.change.series import Measure, Totals, logs, tested
from seston.change.verdicts import LEAST_FOUND, LEAST_PERIODS


def change_point_rows(found: Totals, measure: Measure) -> Iterator[dict[str, Any]]:
    """Yield a row for each candidate date, over the groups (or in the only one) and in each."""
    values, heights = tested(found, measure), logs(found, measure)
    every = slice(None)
    scopes = [(found.groups[0], every)]
    if len(found.groups) > 1:
        scopes = [("", every), *((g, slice(i, i + 1)) for i, g in enumerate(found.groups))]
    for group, own in scopes:
        series, height = mean_of_groups(values[own]), mean_of_groups(heights[own])
        places = np.flatnonzero(~np.isnan(series).any(axis=1))
        if len(places) < LEAST_PERIODS:
            continue
        often = np.asarray((found.counts[own] > 0).any(axis=0).sum(axis=0) >= LEAST_FOUND)
        costs = penalties(series[places], places)
        for k in np.flatnonzero(often & ~np.isnan(costs)):
            cuts = change_points(series[places, k], costs[k])
            level = height[places, k]
            means = [np.exp(level[a:b].mean()) for a, b in pairwise([0, *cuts, len(places)])]
            for cut, (before, after) in zip(cuts, pairwise(means), strict=True):
                yield {
                    "group": group, "class": found.classes[k],
                    "period": found.periods[places[cut]], "before": before, "after": after,
                    "penalty": costs[k],
                }  # fmt: skip
