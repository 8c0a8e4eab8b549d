"""What the model looks at, before and after fine-tuning."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure

from seston.report import style
from seston.report.wording import short

MOST_IMAGES = 24
SQUARES = 6  # in one row of the figure
MODELS = {"pretrained": "before", "finetuned": "after"}


def mean_over_heads(attention: dict[str, npt.NDArray]) -> dict[str, npt.NDArray[np.float64]]:
    """Return the maps (n, g, g) of each model there is, averaged over its heads."""
    return {name: attention[name].mean(axis=1, dtype=float) for name in MODELS if name in attention}


def has_maps(attention: dict[str, npt.NDArray]) -> bool:
    """Return whether there is anything to draw: not every network has attention."""
    return any(len(attention.get(name, ())) for name in MODELS)


def patches(attention: dict[str, npt.NDArray]) -> int:
    """Return how many patches a map has; 0 without maps."""
    return max((int(np.prod(attention[m].shape[2:])) for m in MODELS if m in attention), default=0)


def attention_table(attention: dict[str, npt.NDArray]) -> pd.DataFrame:
    """Return every value drawn: one row per image, model and patch."""
    parts = []
    for name, maps in mean_over_heads(attention).items():
        shown = maps[:MOST_IMAGES]
        image, row, column = np.indices(shown.shape).reshape(3, -1)
        parts.append(
            pd.DataFrame(
                {
                    "image_id": attention["ids"][image],
                    "model": name,
                    "row": row,
                    "column": column,
                    "attention": shown.ravel(),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def draw_attention(attention: dict[str, npt.NDArray]) -> Figure:
    """Draw original, before and after, two images a row; three if there is no after.

    Both maps of an image share one colour scale, from 0 to the greater maximum. It goes by
    the square root, or a single bright patch would leave the others dark.
    """
    maps = mean_over_heads(attention)
    images = min(MOST_IMAGES, len(attention["ids"]))
    wide = 1 + len(maps)
    columns = SQUARES // wide
    rows = int(np.ceil(images / columns))
    figure = style.new_figure(style.TWO_COLUMNS, 6 + 31 * rows)
    parts = figure.subfigures(1, columns, squeeze=False, wspace=0.04)
    grids = [part.subplots(rows, wide, squeeze=False) for part in parts[0]]
    for axes in np.concatenate([grid.ravel() for grid in grids]):
        style.bare(axes)
        axes.set_visible(False)
    for image in range(images):
        line = grids[image % columns][image // columns]
        _show(line[0], short(str(attention["ids"][image]), 22))
        line[0].imshow(attention["tiles"][image])
        top = max(float(one[image].max()) for one in maps.values())
        for axes, (name, values) in zip(line[1:], maps.items(), strict=True):
            one = values[image]
            _show(axes, f"{one.min():.4f} \u2013 {one.max():.4f}")
            axes.imshow(one, cmap=style.SEQUENCE, norm=PowerNorm(0.5, vmin=0, vmax=top))
            if image < columns:
                axes.set_title(MODELS[name], fontsize=7)
        if image < columns:
            line[0].set_title("organism", fontsize=7)
    return figure


def _show(axes: Axes, below: str) -> None:
    axes.set_visible(True)
    axes.set_xlabel(below, fontsize=5.5, labelpad=2)
