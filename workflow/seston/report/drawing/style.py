"""One look for all figures, fit for a journal: fonts, colours, widths, files.

Figures are made without pyplot, so that nothing global remains and Agg draws
them wherever they are built. Colours are safe for colour-blind readers
(Okabe and Ito 2008; viridis, whose hues keep apart from the grey of gaps).
"""

from pathlib import Path

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.figure import Figure

from seston.report.drawing import class_colours
from seston.report.wording import count, number

ONE_COLUMN, TWO_COLUMNS = 88.0, 180.0  # widths in mm
DPI = 300
DEFLATE = 3  # of PNGs: beyond, it takes much longer and saves little

#: Okabe-Ito; instead of its yellow, which is too pale for lines on white, Tol's wine: farther from
#: each of the others, also for colour-blind eyes, than those are from each other.
COLOURS = (*class_colours.FIRST, "#000000", "#882255")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
INK, FAINT, GAP = "#1b2429", "#8a949b", "#d9dcde"
SEQUENCE = "viridis"

matplotlib.rcParams.update(
    {
        "font.family": "DejaVu Sans",  # comes with matplotlib: the same everywhere
        "font.size": 7,
        "axes.titlesize": 8,
        "axes.titlelocation": "left",
        "axes.labelsize": 7,
        "xtick.labelsize": 6.5,
        "ytick.labelsize": 6.5,
        "legend.fontsize": 6.5,
        "legend.frameon": False,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.linewidth": 0.6,
        "axes.edgecolor": FAINT,
        "axes.labelcolor": INK,
        "text.color": INK,
        "xtick.color": FAINT,
        "ytick.color": FAINT,
        "xtick.labelcolor": INK,
        "ytick.labelcolor": INK,
        "xtick.major.width": 0.6,
        "ytick.major.width": 0.6,
        "xtick.major.size": 2.5,
        "ytick.major.size": 2.5,
        "lines.linewidth": 1.0,
        "text.parse_math": False,  # a group may be called "$1"
        "pdf.fonttype": 42,
        "image.interpolation": "nearest",
    }
)


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of this size in mm."""
    return Figure(figsize=(width / 25.4, height / 25.4), layout="constrained")


def save_png(figure: Figure, folder: Path, name: str) -> Path:
    """Write ``<name>.png`` (300 dpi), without a date; return its path.

    Figures are printed by their canvas: `Figure.savefig` draws everything twice for the same file.
    """
    png = folder / f"{name}.png"
    figure.set_dpi(DPI)
    canvas = FigureCanvasAgg(figure)
    canvas.print_png(png, metadata={"Software": None}, pil_kwargs={"compress_level": DEFLATE})
    return png


def save_pdf(figure: Figure, folder: Path, name: str) -> None:
    """Write ``<name>.pdf``, without a date, of a figure that was written as PNG."""
    figure.set_dpi(DPI)  # of what is rasterised; a figure that was pickled forgets it
    figure.set_layout_engine("none")  # everything is in place: no need to lay it out again
    canvas = FigureCanvasPdf(figure)
    canvas.print_pdf(folder / f"{name}.pdf", metadata={"CreationDate": None})


def tick_number(value: float, _place: float | None = None) -> str:
    """Return what to write at a tick: as a function of a module, it can be pickled."""
    return number(value)


def tick_count(value: float, _place: float | None = None) -> str:
    """Return what to write at a tick of counts, on whichever side of 0."""
    return count(abs(value))


def bare(axes: Axes) -> None:
    """Take away ticks and frame."""
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
