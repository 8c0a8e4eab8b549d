"""The map of all organisms day by day: which steps there are, and where their points fall.

The study this grew from showed its map as it filled up, one picture per day. Here the steps
are the sampled periods of the calendar; a gap between them is one step; each knows its effort.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from seston.report.drawing.gaps import gaps

Integers = npt.NDArray[np.int64]

WIDE, HIGH = 640, 520  # pixels of the map
MARGIN = 8
TOTALS = {"sampled": "max", "samples": "sum", "images": "sum"}
MOST_SLOTS = 250  # bars below the map; with more periods several make one step


@dataclass(frozen=True)
class Days:
    """The steps of one site.

    Attributes
    ----------
    steps : pandas.DataFrame
        One row per step: ``first`` and ``last`` period (ISO text), ``periods`` (how many),
        ``slot`` and ``slots`` (its bars), ``sampled`` (1 or 0), ``samples``, ``images``,
        ``images_so_far``, ``points``, ``points_so_far`` (those of the images that are on the map).
    slots : ndarray of int64
        Images of each bar of the calendar; -1 where nothing was sampled.
    pixels : list of ndarray of int64
        Of each step the pixels of its points, ``row * WIDE + column``.
    each : int
        Periods of one slot.
    """

    steps: pd.DataFrame
    slots: Integers
    pixels: list[Integers]
    each: int


def days(points: pd.DataFrame, periods: pd.DataFrame) -> Days:
    """Return the steps through the calendar of one site.

    Parameters
    ----------
    points : pandas.DataFrame
        One row per image of the site: ``map_x``, ``map_y`` (NaN where it has no place on the
        map) and ``period``, that of its sample.
    periods : pandas.DataFrame
        Rows of ``periods.tsv`` of the site: ``period``, ``sampled``, ``samples``, ``images``, all
        groups, every period from the first to the last.

    Raises
    ------
    ValueError
        If nothing was sampled, or a point is of a period that is not listed as sampled.
    """
    calendar = periods.groupby("period", sort=True).agg(TOTALS)
    each = max(1, -(-len(calendar) // MOST_SLOTS))
    slot_of = np.arange(len(calendar)) // each
    bars = calendar.groupby(slot_of).agg(TOTALS)
    sampled = bars["sampled"].to_numpy() > 0
    if not sampled.any():
        raise ValueError("no period was sampled")
    runs = _runs(np.flatnonzero(sampled))
    placed = points[points["map_x"].notna() & points["map_y"].notna()]
    row = calendar.index.get_indexer(pd.Index(placed["period"]))
    if (row < 0).any() or not sampled[slot_of[row]].all():
        raise ValueError("a point is of a period that the calendar does not have as sampled")
    step = np.searchsorted(runs[:, 0], slot_of[row], side="right") - 1
    counts = np.bincount(step, minlength=len(runs))
    pixels = np.split(_pixels(placed)[np.argsort(step, kind="stable")], np.cumsum(counts)[:-1])
    starts = calendar.index.to_numpy()
    ends = np.minimum((runs.sum(axis=1)) * each, len(starts))
    totals = bars.iloc[runs[:, 0]].reset_index(drop=True)  # nothing in the rest of a gap
    steps = pd.DataFrame(
        {
            "first": starts[runs[:, 0] * each], "last": starts[ends - 1],
            "periods": ends - runs[:, 0] * each, "slot": runs[:, 0], "slots": runs[:, 1],
            **totals, "images_so_far": totals["images"].cumsum(),
            "points": counts, "points_so_far": np.cumsum(counts),
        }
    )  # fmt: skip
    slots = np.where(sampled, bars["images"].to_numpy(), -1).astype(np.int64)
    return Days(steps, slots, pixels, each)


def _runs(sampled: Integers) -> Integers:
    """Return first slot and number of slots of each step: sampled ones, and gaps between them."""
    broken = dict(gaps(sampled.astype(np.float64)))
    runs = []
    for slot in sampled.tolist():
        runs.append((slot, 1))
        if slot in broken:
            runs.append((slot + 1, int(broken[slot]) - slot - 1))
    return np.array(runs, np.int64).reshape(-1, 2)


def _pixels(points: pd.DataFrame) -> Integers:
    """Return the pixel of each point; both axes have the same scale, nothing is left out."""
    if points.empty:
        return np.empty(0, np.int64)
    x, y = points["map_x"].to_numpy(float), points["map_y"].to_numpy(float)
    wide, high = np.ptp(x), np.ptp(y)
    room = WIDE - 2 * MARGIN, HIGH - 2 * MARGIN
    zoom = min(room[0] / max(wide, 1e-9), room[1] / max(high, 1e-9))
    column = WIDE / 2 + (x - x.min() - wide / 2) * zoom
    row = HIGH / 2 - (y - y.min() - high / 2) * zoom
    return row.astype(np.int64) * WIDE + column.astype(np.int64)
