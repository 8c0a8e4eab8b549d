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

ONE_COLUMN, TWO_COLUMNS = 88.0, 180.0  # widths in mm
DPI = 300

#: Okabe-Ito; instead of its yellow, which is too pale for lines on white, Tol's wine: farther from
#: each of the others, also for colour-blind eyes, than those are from each other.
COLOURS = (
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#882255",
)  # fmt: skip
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
    canvas.print_png(png, metadata={"Software": None}, pil_kwargs={"compress_level": 3})
    return png


def save(figure: Figure, folder: Path, name: str) -> Path:
    """Write ``<name>.png`` and ``<name>.pdf``, without dates; return the path of the PNG."""
    png = save_png(figure, folder, name)
    figure.set_layout_engine("none")  # everything is in place: no need to lay it out again
    canvas = FigureCanvasPdf(figure)
    canvas.print_pdf(folder / f"{name}.pdf", metadata={"CreationDate": None})
    return png


def bare(axes: Axes) -> None:
    """Take away ticks and frame."""
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
