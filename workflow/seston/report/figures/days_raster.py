"""Points of the map as a picture of few colours: darker where more lie, the day's own in blue."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from seston.report.figures.map_days import HIGH, WIDE, Days

Indices = npt.NDArray[np.uint8]

#: The palette: white to ink (of words), greys of earlier days, blues of this one; the more points
#: the darker. Every blue is darker than every grey of the map, so that no colour need be seen.
INK = np.linspace((255, 255, 255), (27, 36, 41), 12).round().astype(np.uint8)
EARLIER = np.linspace((228, 231, 233), (168, 175, 180), 6).round().astype(np.uint8)
TODAY = np.linspace((24, 116, 186), (0, 34, 74), 4).round().astype(np.uint8)
PALETTE = np.vstack([INK, EARLIER, TODAY])
FIRST_EARLIER, FIRST_TODAY = len(INK), len(INK) + len(EARLIER)
BLACK, GREY, BLUE = len(INK) - 1, FIRST_TODAY - 1, FIRST_TODAY + 1  # of words and bars
#: Points are drawn as dots; the side falls with their number, so that a few can still be seen.
SIDES = ((1_000, 6), (4_000, 5), (30_000, 3), (200_000, 2))


def maps(days: Days, larger: int = 1) -> Iterator[Indices]:
    """Yield the map of each step: (`HIGH`, `WIDE`), places in `PALETTE`.

    A colour means the same number of points in all steps, on a logarithmic scale.

    Parameters
    ----------
    days : Days
    larger : int
        How much larger dots are, for maps that are shown that much smaller.
    """
    side = side_of(sum(map(len, days.pixels)))
    side, today_side = larger * side, larger * max(2, side)
    most = _dense(count(np.concatenate(days.pixels), side))
    busiest = max(_dense(count(pixels, today_side)) for pixels in days.pixels)
    total = np.zeros(WIDE * HIGH, np.int64)
    for pixels in days.pixels:
        picture = np.zeros(WIDE * HIGH, np.uint8)
        _shade(picture, total, most, FIRST_EARLIER, len(EARLIER))
        _shade(picture, count(pixels, today_side), busiest, FIRST_TODAY, len(TODAY))
        yield picture.reshape(HIGH, WIDE)
        total += count(pixels, side)


def side_of(points: int) -> int:
    """Return the side in pixels of a point, where there are so many."""
    return next((side for most, side in SIDES if points <= most), 1)


def count(pixels: npt.NDArray[np.int64], side: int) -> npt.NDArray[np.int64]:
    """Return how many points lie on each pixel, (`HIGH` * `WIDE`,).

    A point is a disc of this side, as far as pixels allow. The margin of the map is wider than
    half a point: none reaches over an edge.
    """
    steps = np.arange(side) - side // 2
    away = (np.arange(side) - (side - 1) / 2) ** 2
    disc = (WIDE * steps[:, None] + steps)[away[:, None] + away <= max(0, (side**2 - 1.2) / 4)]
    return np.bincount((pixels[:, None] + disc).ravel(), minlength=WIDE * HIGH)


def _dense(counts: npt.NDArray[np.int64]) -> float:
    """Return what counts as many points: all but one in a hundred of the pixels have less."""
    there = counts[counts > 0]
    return float(np.quantile(there, 0.99)) if len(there) else 1.0


def _shade(
    picture: Indices, counts: npt.NDArray[np.int64], most: float, first: int, shades: int
) -> None:
    """Put the shade of each pixel that holds points into the picture."""
    there = np.flatnonzero(counts)
    level = shades * np.log1p(counts[there]) / np.log1p(most)
    picture[there] = first + np.minimum(level.astype(np.uint8), shades - 1)
