"""The pictures inside the page, and how much else it shows: never more than 10 MB together."""

from collections.abc import Collection
from dataclasses import dataclass

from seston.report.drawing import pictures
from seston.report.drawing.pictures import Part, Picture
from seston.report.figures.site_figures import SiteFigures
from seston.report.figures.studio import MOST_CARDS, Drawn

MOST_BYTES = 10_000_000  # of the page
FIGURE_BYTES, MOSAIC_BYTES = 5_000_000, 4_000_000  # of its pictures, where there is room for them
LEAST_BYTES = 5_000_000  # that pictures must be left; else the page shows less
SLACK = 20_000  # for what differs between a page without pictures and with them
BLANK = Picture("data:,", 1, 1)
CANDIDATE = ""  # instead of the name of a board


@dataclass(frozen=True)
class Limits:
    """How much of each the page shows at most; all of it is in figures and data."""

    cards: int = MOST_CARDS  # of clusters
    rows: int = 500  # of a table
    sites: int = 12  # with figures
    figures: int = 120  # of these sites


#: The first with which the page is small enough is taken.
LADDER = (Limits(), Limits(100, 250, 6, 60), Limits(50, 100, 3, 40), Limits(20, 50, 1, 20))


@dataclass(frozen=True)
class Embedded:
    """The pictures of the page, by the names that its templates have for them.

    Attributes
    ----------
    pictures : dict of str to Picture
        The figures.
    boards : dict of int to dict of str to Picture
        The mosaics of each cluster by their names.
    candidate_mosaics : dict of int to Picture
        For new types.
    coarse_pictures : bool
        Whether any is shown smaller than it could be.
    """

    pictures: dict[str, Picture]
    boards: dict[int, dict[str, Picture]]
    candidate_mosaics: dict[int, Picture]
    coarse_pictures: bool


def embed(
    drawn: Drawn, limits: Limits, cards: Collection[int], room: int | None, threads: int = 1
) -> Embedded:
    """Return the pictures of the page.

    Parameters
    ----------
    drawn : Drawn
    limits : Limits
    cards : collection of int
        Clusters with a card.
    room : int or None
        Bytes for them; None: blank ones, to learn how large the rest of the page is.
    threads : int

    Raises
    ------
    SestonError
        If they do not fit, however small.
    """
    sites = shown_sites(drawn, limits)
    hidden = {name for one in drawn.sites[len(sites) :] for name in figures_of(one, drawn)}
    hidden.add("strangest")  # shown as thumbnails instead, which a narrow screen can arrange
    figures = {name: Part(path) for name, path in drawn.files.items() if name not in hidden}
    boards: dict[tuple[int, str], Part] = {
        key: board for key, board in drawn.boards.items() if key[0] in cards
    }
    boards |= {(number, CANDIDATE): one for number, one in drawn.candidates.items()}
    if room is None:
        blank = dict.fromkeys(figures, BLANK), dict.fromkeys(boards, BLANK)
        return _named(*blank, coarse=False)
    share = FIGURE_BYTES / (FIGURE_BYTES + MOSAIC_BYTES)
    most = min(FIGURE_BYTES, int(share * room))
    large, fewer = pictures.embed(figures, pictures.LARGE, most, threads)
    left = room - sum(len(one.uri) for one in large.values())
    small, smaller = pictures.embed(boards, pictures.SMALL, min(MOSAIC_BYTES, left), threads)
    return _named(large, small, coarse=fewer or smaller)


def _named(
    figures: dict[str, Picture], boards: dict[tuple[int, str], Picture], coarse: bool
) -> Embedded:
    of_clusters: dict[int, dict[str, Picture]] = {}
    for (cluster, name), board in boards.items():
        if name != CANDIDATE:
            of_clusters.setdefault(cluster, {})[name] = board
    candidates = {number: one for (number, name), one in boards.items() if name == CANDIDATE}
    return Embedded(figures, of_clusters, candidates, coarse)


def shown_sites(drawn: Drawn, limits: Limits) -> list[SiteFigures]:
    """Return the sites that have their figures in the page: the first one in any case."""
    shown, figures = list[SiteFigures](), 0
    for one in drawn.sites[: limits.sites]:
        figures += len(figures_of(one, drawn))
        if shown and figures > limits.figures:
            break
        shown.append(one)
    return shown


def figures_of(one: SiteFigures, drawn: Drawn) -> list[str]:
    """Return the names of the figures of a site."""
    return [
        *one.figures(),
        *(name for some in drawn.course.get(one.site, {}).values() for name in some),
        *drawn.classifier.get(f"curves {one.site}", []),
    ]
