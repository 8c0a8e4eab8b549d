"""The organisms of each cluster: boards for its card, a sheet of them, a book of all sheets."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from seston.progress import Progress
from seston.report.drawing import mosaics, style
from seston.report.drawing.picture_book import PictureBook
from seston.report.drawing.pictures import Part

#: Kinds of organisms, in the order of their boards: first what a cluster is judged by.
KINDS = {
    "random": "drawn at random",
    "typical": "most typical",
    "edge": "on the border to the next cluster",
}
Boards = dict[tuple[int, str], Part]


def in_order(examples: pd.DataFrame) -> pd.DataFrame:
    """Return the examples by cluster, kind and rank."""
    place = {kind: number for number, kind in enumerate(KINDS)}
    return examples.sort_values(
        ["cluster", "kind", "rank"], key=lambda c: c.map(place) if c.name == "kind" else c
    )


def draw_mosaics(examples: pd.DataFrame, titles: Mapping[int, str], folder: Path) -> Boards:
    """Write ``mosaic_cluster_….png`` of each cluster and ``mosaics.pdf`` with a page for each.

    Parameters
    ----------
    examples : pandas.DataFrame
        The organisms, as `in_order` returns them.
    titles : mapping of int to str
        What to call each cluster.
    folder : Path

    Returns
    -------
    dict of tuple of int and str to Part
        Where each board is, by cluster and name.
    """
    if examples.empty:
        return {}
    boards: Boards = {}
    with (
        Progress(examples["cluster"].nunique(), "mosaics") as progress,
        PictureBook(folder / "mosaics.pdf", style.DPI) as book,
    ):
        for cluster, rows in examples.groupby("cluster", sort=True):
            number = int(str(cluster))
            drawn = {}
            for kind, some in rows.groupby("kind", sort=False):
                crops = [
                    mosaics.decode(crop, um)
                    for crop, um in zip(some["crop"], some["pixel_um"], strict=True)
                ]
                name = f"{len(crops)} {KINDS.get(str(kind), kind)}"
                drawn[name] = mosaics.paint(mosaics.pack(crops))
            path = folder / f"mosaic_cluster_{number:03d}.png"
            named = {f"{titles[number]}: {name}": board for name, board in drawn.items()}
            places = mosaics.save_sheet(named, path).values()
            boards |= {(number, name): one for name, one in zip(drawn, places, strict=True)}
            book.add(path, titles[number])
            progress.add()
    return boards
