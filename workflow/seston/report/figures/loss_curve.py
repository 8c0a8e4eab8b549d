"""How fine-tuning went: the loss, and whether the features still differ between images."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from seston.report.drawing import style

WINDOW = 25
#: Columns drawn where they are numbers, and how to call them.
PANELS = {
    "loss": "loss",
    "feature_std": "spread of the features",
    "learning_rate": "learning rate",
}


def draw_loss(history: pd.DataFrame) -> Figure:
    """Draw the loss of each step with its running median and, where known, spread and rate.

    Parameters
    ----------
    history : pandas.DataFrame
        `step`, `loss`, and perhaps `feature_std`, the standard deviation of the normalised
        features over a batch (near zero it shows a collapse), and `learning_rate`. Other
        columns are not drawn; cells may be empty, such as where a figure is not taken each step.
    """
    drawn = {name: _numbers(history, name) for name in PANELS if name in history}
    drawn = {name: some for name, some in drawn.items() if name == "loss" or some.notna().any()}
    figure = style.new_figure(style.TWO_COLUMNS, 58)
    grid = figure.subplots(1, len(drawn), squeeze=False)[0]
    for axes, (name, values) in zip(grid, drawn.items(), strict=True):
        known = values.dropna()
        steps = history.loc[known.index, "step"]
        noisy = name != "learning_rate"
        window = int(np.clip(len(known) // 8, 1, WINDOW)) if noisy else 1
        smooth = known.rolling(window, center=True, min_periods=1).median()
        axes.plot(steps, known, color=style.COLOURS[0], alpha=0.3, lw=0.6)
        axes.plot(steps, smooth, color=style.COLOURS[0], lw=1.3)
        axes.set(xlabel="training step", ylabel=PANELS[name])
        if name != "loss":
            axes.set_ylim(bottom=0)
            axes.ticklabel_format(axis="y", scilimits=(-3, 4))
    return figure


def _numbers(history: pd.DataFrame, name: str) -> pd.Series:
    return pd.to_numeric(history[name], errors="coerce")
