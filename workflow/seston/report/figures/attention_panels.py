"""What the model looks at, before and after fine-tuning, laid over the organisms."""

from collections.abc import Sequence

import matplotlib
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from PIL import Image

from seston.report.drawing import style
from seston.report.given.attention_values import MODELS, Arrays, maps_of
from seston.report.wording import short

SQUARE, MOST_SQUARES = 33, 6  # mm of a picture; of one organism, or of two, in a line
COVER = 0.6  # of the organism by the colours of a map
LETTER = 1.5  # mm, of the names below
FOOT = 5  # mm between the last names and the scale
CHOSEN = "\u2605 "


def draw_attention(attention: Arrays, images: Sequence[int]) -> Figure:
    """Draw each organism alone, under its mean attention and under its rollout.

    The maps of one kind of one organism share their scale, from 0 to the greater
    maximum. It goes by the square root, or a single bright patch would leave the others dark.
    """
    kinds = maps_of(attention)
    models = list(kinds["attention"])
    wide = 1 + 2 * len(models)
    abreast = max(1, MOST_SQUARES // wide)
    side = min(SQUARE, style.TWO_COLUMNS / (wide * abreast))
    lines = int(np.ceil(len(images) / abreast))
    figure = style.new_figure(wide * abreast * side, 20 + (side + 3) * lines)
    grid = _empty(figure, lines, wide * abreast)
    for place, (axes, image) in enumerate(zip(grid.reshape(-1, wide), images, strict=False)):
        titles = ["organism"] if place < abreast else [""]
        _organism(axes[0], attention, image, side)
        for (kind, maps), pair in zip(kinds.items(), np.split(axes[1:], 2), strict=True):
            top = max(float(one[image].max()) for one in maps.values())
            for one, (model, values) in zip(pair, maps.items(), strict=True):
                _map(one, attention["pictures"][image], values[image], top)
                when = f", {MODELS[model]}" if len(models) > 1 else ""
                titles.append(kind + when if place < abreast else "")
        for one, title in zip(axes, titles, strict=True):
            one.set_title(title, fontsize=7)
    _scale(figure, grid)
    return figure


def draw_heads(attention: Arrays, images: Sequence[int]) -> Figure:
    """Draw the map of each head of these organisms: before, then after.

    All heads of an organism, before and after, share one scale.
    """
    models = [model for model in MODELS if model in attention]
    heads = max(attention[model].shape[1] for model in models)
    abreast = len(models) if heads * len(models) <= MOST_SQUARES else 1
    lines, columns = len(models) // abreast, 1 + heads * abreast  # of each organism
    side = min(SQUARE, style.TWO_COLUMNS / columns)
    figure = style.new_figure(columns * side, 20 + (side + 3) * lines * len(images))
    grid = _empty(figure, lines * len(images), columns)
    for place, image in enumerate(images):
        block = grid[place * lines : (place + 1) * lines]
        top = max(float(attention[model][image].max()) for model in models)
        _organism(block[0][0], attention, image, side)
        for model, some in zip(models, np.split(block[:, 1:].ravel(), len(models)), strict=True):
            for head, (axes, values) in enumerate(zip(some, attention[model][image], strict=False)):
                _map(axes, attention["pictures"][image], values, top)
                axes.set_title(f"head {head + 1}" if place == 0 else "", fontsize=7)
            some[0].set_ylabel(MODELS[model] if len(models) > 1 else "", fontsize=7)
    _scale(figure, grid)
    return figure


def overlay(
    picture: npt.NDArray[np.uint8], values: npt.NDArray[np.floating], top: float
) -> npt.NDArray[np.float64]:
    """Return a grey picture (P, P, 3) under the colours of a map (g, g), smooth, in [0, 1]."""
    scaled = np.asarray(_norm(top)(values), np.float32)  # smooth in what the eye sees
    smooth = Image.fromarray(scaled).resize(picture.shape[1::-1], Image.Resampling.BICUBIC)
    inside = np.asarray(smooth).clip(scaled.min(), scaled.max())  # it swings beyond its values
    colours = matplotlib.colormaps[style.SEQUENCE](inside)[..., :3]
    grey = np.asarray(Image.fromarray(picture).convert("L"), float)[..., None] / 255
    return COVER * colours + (1 - COVER) * grey


def _norm(top: float) -> PowerNorm:
    return PowerNorm(0.5, vmin=0, vmax=max(top, 1e-30))


def _empty(figure: Figure, lines: int, columns: int) -> npt.NDArray:
    """Return axes without frames; what is drawn on them makes them visible."""
    figure.set_layout_engine("compressed")  # all pictures are squares
    grid = figure.subplots(lines, columns, squeeze=False)
    for axes in grid.ravel():
        style.bare(axes)
        axes.set_visible(False)
    return grid


def _organism(axes: Axes, attention: Arrays, image: int, side: float) -> None:
    axes.set_visible(True)
    axes.imshow(attention["pictures"][image])
    sample, _, roi = str(attention["ids"][image]).partition("/")
    most = int(side / LETTER)
    mark = CHOSEN if attention["chosen"][image] else ""
    end = short(roi[::-1], most)[::-1]  # the ROIs of a sample differ at their ends
    name = f"{mark}{short(sample, most - 2)}\n{end}"
    axes.set_xlabel(name, fontsize=5.5, labelpad=2)


def _map(
    axes: Axes, picture: npt.NDArray[np.uint8], values: npt.NDArray[np.floating], top: float
) -> None:
    axes.set_visible(True)
    axes.imshow(overlay(picture, values, top))
    axes.set_xlabel(f"{values.min():.4f} \u2013 {values.max():.4f}", fontsize=5.5, labelpad=2)


def _scale(figure: Figure, grid: npt.NDArray) -> None:
    bar = figure.colorbar(
        ScalarMappable(_norm(1.0), style.SEQUENCE), ax=grid, location="bottom",
        fraction=0.02, aspect=60, shrink=0.5, pad=FOOT / (figure.get_figheight() * 25.4),
    )  # fmt: skip
    bar.set_ticks([0, 1], labels=["0", "greatest value of the organism"])
    bar.minorticks_off()
