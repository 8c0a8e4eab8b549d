"""The organisms that fit their clusters least: a novelty, or a flaw."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from seston.report.drawing import style
from seston.report.drawing.mosaics import Crop, nice_length
from seston.report.given.agreement import require_own_clusters
from seston.report.given.names import Names
from seston.report.given.reading import read_text_table
from seston.report.wording import THIN, micrometres, short

MOST = 40
ACROSS, CELL, WORDS = 8, 21.5, 10.0  # pictures in a row; mm of one, and of the words below it
NUMBERS = ("rank", "cluster", "distance", "distance_percentile")


def read_strangest(path: Path, organisms: pd.DataFrame) -> pd.DataFrame:
    """Read the strangest organisms, the strangest first.

    Raises
    ------
    SestonError
        If the file is unreadable or tells other clusters than the table of organisms.
    """
    table = read_text_table(path, ("image_id", "sample", "why"), NUMBERS)
    require_own_clusters(path, table, organisms)
    return table.sort_values("rank").astype({"rank": int, "cluster": int})


def draw_strangest(table: pd.DataFrame, crops: Mapping[str, Crop], names: Names) -> Figure:
    """Draw each organism as large as its cell, with a scale bar, its rank, cluster and id."""
    across = min(ACROSS, len(table))
    lines = int(np.ceil(len(table) / across))
    wide, high = style.TWO_COLUMNS, lines * (CELL + WORDS)
    figure = Figure(figsize=(wide / 25.4, high / 25.4))
    step = wide / ACROSS
    for position, row in enumerate(table.to_dict("records")):
        left = (position % across) * step
        top = high - (position // across) * (CELL + WORDS)
        box = ((left + 1) / wide, (top - CELL) / high, (step - 2) / wide, (CELL - 1) / high)
        axes = figure.add_axes(box)
        _draw_crop(axes, crops[row["image_id"]])
        told = (
            f"{row['rank']}: {short(names.title(row['cluster']), 17)}\n{_wrapped(row['image_id'])}"
        )
        figure.text((left + 1) / wide, (top - CELL - 0.8) / high, told, fontsize=4.6, va="top")
    return figure


def _draw_crop(axes: Axes, crop: Crop) -> None:
    axes.imshow(np.asarray(crop.image), interpolation="none", aspect="equal")
    axes.set_anchor("SW")
    style.bare(axes)
    if not np.isfinite(crop.pixel_um):
        return
    across, down = crop.image.size
    length = nice_length(0.5 * across * crop.pixel_um)
    y, end = down * 0.96, 0.04 * across + length / crop.pixel_um
    for colour, width in (("white", 2.6), (style.INK, 1.2)):
        axes.plot([0.04 * across, end], [y, y], color=colour, lw=width, solid_capstyle="butt")
    axes.set(xlim=(-0.5, across - 0.5), ylim=(down - 0.5, -0.5))
    axes.text(
        0.04 * across, 0.92 * down, micrometres(length).replace(THIN, " "), fontsize=4.6,
        bbox={"facecolor": "white", "alpha": 0.7, "lw": 0, "pad": 0.6},
    )  # fmt: skip


def _wrapped(text: str, width: int = 19, most: int = 3) -> str:
    """Return the end of an id, which tells organisms of a sample apart, on so many lines."""
    kept = text if len(text) <= width * most else "…" + text[-width * most + 1 :]
    return "\n".join(kept[i : i + width] for i in range(0, len(kept), width))
