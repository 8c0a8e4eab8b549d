"""Where figures and the numbers behind them are put."""

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from seston.report.drawing import style
from seston.report.drawing.companion import Companion
from seston.report.drawing.spreadsheets import write_csv


class Drawings:
    """Keeps figures in one folder and numbers in another.

    Attributes
    ----------
    files : dict of str to pathlib.Path
        The PNG of each figure that was kept, by its name.
    """

    def __init__(self, figures: Path, data: Path, companion: Companion | None = None) -> None:
        self.figures, self.data = figures, data
        self._companion = companion or Companion()
        self.files: dict[str, Path] = {}

    def keep(self, name: str, figure: Figure) -> str:
        """Write a figure as PNG and, beside other work, as PDF; return its name."""
        self.files[name] = style.save_png(figure, self.figures, name)
        self._companion.ask(style.save_pdf, figure, self.figures, name)
        return name

    def keep_animation(self, name: str, webp: bytes, gif: bytes | None) -> None:
        """Write an animation, as GIF too if there is one."""
        (self.figures / f"{name}.webp").write_bytes(webp)
        if gif is not None:
            (self.figures / f"{name}.gif").write_bytes(gif)

    def write(self, name: str, table: pd.DataFrame) -> None:
        """Write a table as CSV."""
        write_csv(table, self.data / f"{name}.csv")
