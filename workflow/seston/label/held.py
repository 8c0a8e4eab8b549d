"""The pictures that a page holds by itself: a few of each cluster, in a budget of bytes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seston.label.pictures import Pictures

SAMPLE = 10  # one cluster in so many tells how large all sheets will be
MARGIN = 0.97  # of the budget, that the next try aims at

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Held:
    """What a page shows of one cluster.

    Attributes
    ----------
    rows : ndarray of int64
        Images on the sheet, each once.
    places : dict of str to list of int
        By order (and ``"near"``): places on the sheet.
    sheet : bytes
        WebP; empty where the budget leaves nothing for this cluster.
    """

    rows: Rows
    places: dict[str, list[int]]
    sheet: bytes = b""

    def size(self, told: int) -> int:
        """Return the bytes of the sheet as base64, and of `told` bytes of text an image."""
        return -(-4 * len(self.sheet) // 3) + told * len(self.rows)


def hold(
    chosen: Sequence[Mapping[str, Rows]], pictures: Pictures, most: int, budget: int, told: int
) -> tuple[list[Held], int]:
    """Return what is shown of each cluster, and how many images of each order.

    Parameters
    ----------
    chosen : sequence of dict of str to ndarray
        Rows of each cluster's images by order; clusters in order of importance.
    most : int
        Images of each order, if the budget allows.
    budget : int
        Bytes of all images in the page. Where even one image of each order is too much, only the
        first clusters have any.
    told : int
        Bytes of text about each image.
    """
    shown = most
    while shown > 1:
        few = (_held(rows, shown, pictures) for rows in chosen[::SAMPLE])
        size = SAMPLE * sum(one.size(told) for one in few)
        if len(chosen) <= SAMPLE or size <= 1.1 * budget:
            break
        shown = _fewer(shown, size, budget)
    while True:
        held = [_held(rows, shown, pictures) for rows in chosen]
        sizes = np.cumsum([one.size(told) for one in held])
        if shown == 1 or not len(sizes) or sizes[-1] <= budget:
            break
        shown = _fewer(shown, int(sizes[-1]), budget)
    none = Held(np.empty(0, np.int64), {})
    return [one if size <= budget else none for one, size in zip(held, sizes, strict=True)], shown


def _fewer(shown: int, size: int, budget: int) -> int:
    return max(1, min(shown - 1, int(shown * MARGIN * budget / size)))


def _held(rows: Mapping[str, Rows], shown: int, pictures: Pictures) -> Held:
    first = {order: some[:shown] for order, some in rows.items()}
    # In order of first mention, so that what is looked at first lies together.
    every = list(dict.fromkeys(np.concatenate(list(first.values())).tolist()))
    at = {row: place for place, row in enumerate(every)}
    places = {order: [at[row] for row in some.tolist()] for order, some in first.items()}
    on_sheet = np.array(every, np.int64)
    return Held(on_sheet, places, pictures.sheet(on_sheet) if every else b"")
