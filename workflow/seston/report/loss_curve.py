"""How fine-tuning went: the loss, and whether the features still differ between images."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from seston.report import style

WINDOW = 25


def draw_loss(history: pd.DataFrame) -> Figure:
    """Draw the loss of each step with its running median and, where known, the feature spread.

    Parameters
    ----------
    history : pandas.DataFrame
        `step`, `loss`, and perhaps `feature_std`: the standard deviation of the
        normalised features over a batch; near zero it shows a collapse.
    """
    panels = ["loss", *(["feature_std"] if "feature_std" in history else [])]
    figure = style.new_figure(style.TWO_COLUMNS, 58)
    grid = figure.subplots(1, len(panels), squeeze=False)[0]
    labels = {"loss": "loss", "feature_std": "spread of the features"}
    for axes, name in zip(grid, panels, strict=True):
        window = int(np.clip(len(history) // 8, 1, WINDOW))
        smooth = history[name].rolling(window, center=True, min_periods=1).median()
        axes.plot(history["step"], history[name], color=style.COLOURS[0], alpha=0.3, lw=0.6)
        axes.plot(history["step"], smooth, color=style.COLOURS[0], lw=1.3)
        axes.set(xlabel="training step", ylabel=labels[name])
    if "feature_std" in panels:
        grid[1].set_ylim(bottom=0)
    return figure
