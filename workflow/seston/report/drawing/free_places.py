"""Where a short text beside a point hides least of what is drawn around it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

STEPS = 12  # places looked at along each line from point to point


@dataclass(frozen=True)
class Place:
    """A side of a point: how a text there is aligned, and the way to it."""

    across: int
    up: int

    @property
    def horizontal(self) -> str:
        """The horizontal alignment of the text."""
        return {1: "left", -1: "right", 0: "center"}[self.across]

    @property
    def vertical(self) -> str:
        """The vertical alignment of the text."""
        return {1: "bottom", -1: "top", 0: "center"}[self.up]

    def box(self, point: Floats, size: Floats, room: float) -> Floats:
        """Return the corners, ((x, y) of the least, of the largest), of a text of this size."""
        way = np.array([self.across, self.up], float)
        middle = point + way * (room + size / 2)
        return np.stack([middle - size / 2, middle + size / 2])


RIGHT, LEFT, ABOVE, BELOW = Place(1, 0), Place(-1, 0), Place(0, 1), Place(0, -1)


def along(path: Floats) -> Floats:
    """Return places along a path (n, 2) through its points, close enough to find it in a box."""
    if len(path) < 2:
        return path
    share = np.arange(STEPS)[:, None, None] / STEPS
    return np.concatenate([path[-1:], (path[:-1] + share * np.diff(path, axis=0)).reshape(-1, 2)])


def freest(
    point: Floats, size: Floats, room: float, drawn: Floats, taken: Sequence[Floats] = (),
    prefer: Sequence[Place] = (RIGHT, LEFT, ABOVE, BELOW),
) -> Place:  # fmt: skip
    """Return the side of a point where a text hides least; of equal ones that preferred most.

    Parameters
    ----------
    point : ndarray, shape (2,)
    size : ndarray, shape (2,)
        Width and height of the text, in the units of the points.
    room : float
        Between point and text.
    drawn : ndarray, shape (n, 2)
        What is drawn: points, and places `along` lines.
    taken : sequence of ndarray, shape (2, 2)
        Corners of other texts, which none may overlap where it can be helped.
    prefer : sequence of Place
    """

    def hides(place: Place) -> int:
        low, high = place.box(point, size, room)
        inside = int(((drawn > low) & (drawn < high)).all(axis=1).sum())
        over = sum(bool((low < other[1]).all() and (other[0] < high).all()) for other in taken)
        return inside + over * (len(drawn) + 1)

    return min(prefer, key=hides)
