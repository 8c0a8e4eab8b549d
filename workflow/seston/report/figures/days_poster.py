"""The map as it fills up, for print: some of its days side by side, and the effort below."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from seston.report.drawing import style
from seston.report.drawing.time_axis import TimeAxis
from seston.report.figures.days_raster import BLUE, GREY, PALETTE, maps
from seston.report.figures.map_days import Days
from seston.report.wording import count, many

COLUMNS, MOST_PANELS = 4, 12
LARGER = 2  # dots, in maps a quarter as wide as those of the animation


def draw_poster(days: Days, time: TimeAxis) -> Figure:
    """Draw the first, the last and up to ten more sampled steps, evenly spread."""
    chosen = _chosen(days)
    rows = -(-len(chosen) // COLUMNS)
    figure = style.new_figure(style.TWO_COLUMNS, 30 + 40 * rows)
    grid = figure.add_gridspec(rows + 1, COLUMNS, height_ratios=[40] * rows + [12])
    pictures = {step: one for step, one in enumerate(maps(days, LARGER)) if step in chosen}
    for place, step in enumerate(chosen):
        row, axes = days.steps.iloc[step], figure.add_subplot(grid[divmod(place, COLUMNS)])
        axes.imshow(PALETTE[pictures[step]], interpolation="antialiased")
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set(visible=True, color=style.GAP)
        axes.set_title(step_name(row["first"], row["last"], time), fontsize=7, pad=2)
        told = f"{many(int(row['images']), 'image')}, so far {count(row['images_so_far'])}"
        axes.set_xlabel(told, fontsize=6, labelpad=2, loc="left")
    _effort(figure.add_subplot(grid[rows, :]), days, time, chosen)
    one = f"this {time.period}" if days.each == 1 else f"these {days.each} {time.period}s"
    keys = [Patch(color=_rgb(BLUE), label=one), Patch(color=_rgb(GREY), label="earlier")]
    figure.legend(handles=keys, loc="outside upper left", ncols=2)
    return figure


def step_name(first: str, last: str, time: TimeAxis) -> str:
    """Return which periods a step is of: ``day 3``, ``day 3, 07 h to 08 h``."""
    name = time.name(first)
    if first == last:
        return name
    same_day = time.period == "hour" and first[:10] == last[:10]
    return f"{name} to {f'{last[11:13]} h' if same_day else time.name(last)}"


def _rgb(place: int) -> tuple[float, float, float]:
    red, green, blue = (PALETTE[place] / 255).tolist()
    return red, green, blue


def _chosen(days: Days) -> list[int]:
    sampled = np.flatnonzero(days.steps["sampled"])
    even = np.linspace(0, len(sampled) - 1, min(MOST_PANELS, len(sampled)))
    return sampled[even.round().astype(int)].tolist()


def _effort(axes: Axes, days: Days, time: TimeAxis, chosen: list[int]) -> None:
    """Draw the images of every sampled step; in blue those of the maps above."""
    steps = days.steps[days.steps["sampled"] > 0]
    above = steps.index.isin(chosen)
    x, wide = time.places(steps["first"].tolist()), 0.8 * time.step(steps["first"].tolist())
    images = steps["images"].to_numpy(float)
    for some, place in ((above, BLUE), (~above, GREY)):
        axes.bar(x[some], images[some], wide, color=_rgb(place))
    axes.set(ylabel="images", ylim=(0, None), xlabel=time.mark(axes, steps["first"].tolist()))
    axes.locator_params(axis="y", nbins=2)
    axes.yaxis.set_major_formatter(style.tick_count)
