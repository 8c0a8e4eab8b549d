"""The organisms of each cluster: boards for its card, a sheet of them, a book of all sheets."""

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

import pandas as pd
from matplotlib.backends.backend_pdf import PdfPages

from seston.progress import Progress
from seston.report.drawing import mosaics, pictures, style
from seston.report.drawing.pictures import Picture

#: Kinds of organisms, in the order of their boards.
KINDS = {
    "typical": "most typical",
    "random": "drawn at random",
    "edge": "on the border to the next cluster",
}
Boards = dict[tuple[int, str], Picture]


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
    dict of tuple of int and str to Picture
        Each board as the page shows it, by cluster and name.
    """
    if examples.empty:
        return {}
    boards: Boards = {}
    with (
        Progress(examples["cluster"].nunique(), "mosaics") as progress,
        PdfPages(folder / "mosaics.pdf", metadata={"CreationDate": None}) as pages,
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
                board = mosaics.paint(mosaics.pack(crops))
                drawn[f"{titles[number]}: {name}"] = board
                boards[number, name] = pictures.encode(board, *pictures.SMALL[0])
            sheet = mosaics.sheet(drawn)
            path = folder / f"mosaic_cluster_{number:03d}.png"
            sheet.save(path, compress_level=1, dpi=(style.DPI, style.DPI))
            pages.savefig(mosaics.figure_of(sheet), dpi=style.DPI)
            progress.add()
    return boards


@contextmanager
def beside(
    examples: pd.DataFrame, titles: Mapping[int, str], folder: Path, threads: int
) -> Iterator[Future[Boards]]:
    """Draw the mosaics while other figures are drawn; yield what will have the boards.

    They are drawn in a process of their own, with one thread before the others.
    """
    if threads < 2:
        done: Future[Boards] = Future()
        done.set_result(draw_mosaics(examples, titles, folder))
        yield done
        return
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        yield pool.submit(draw_mosaics, examples, dict(titles), folder)
