"""As much in the page as fits: texts first, then pictures."""

from collections.abc import Callable
from typing import Any

from seston.errors import SestonError
from seston.report.page.embedded import LADDER, LEAST_BYTES, MOST_BYTES, SLACK, Embedded, Limits


def fitted(
    said: Callable[[Limits], dict[str, Any]],
    shown: Callable[[Limits, list[int], int | None], Embedded],
    filled: Callable[[dict[str, Any]], str],
) -> str:
    """Return the page, of at most `MOST_BYTES`.

    Parameters
    ----------
    said : callable
        Returns all but the pictures within limits, among it the `cards`.
    shown : callable
        Returns the pictures within limits, of the clusters with these cards, in so many bytes;
        blank ones for None.
    filled : callable
        Returns the page with these values.

    Raises
    ------
    SestonError
        If its text alone is too large even within the narrowest limits.
    """
    for limits in LADDER:
        values = said(limits)
        cards = [card.facts.cluster for card in values["cards"]]
        bare = len(filled(values | vars(shown(limits, cards, None))).encode())
        if (room := MOST_BYTES - SLACK - bare) >= LEAST_BYTES:
            return filled(values | vars(shown(limits, cards, room)))
    raise SestonError(
        f"report: its text alone would take {bare / 1e6:.1f} MB, far more than a browser shows"
        " well: shorten the longest names of samples, sites, groups and labels"
    )
