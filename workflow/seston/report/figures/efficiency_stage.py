"""Stage `efficiency-figures`: what label efficiency came to, drawn."""

import logging
from pathlib import Path

from seston.classify.variants import VARIANTS
from seston.folders import whole_folder
from seston.report.drawing.drawings import Drawings
from seston.report.figures.efficiency_ratio_figure import draw_ratio, hardest
from seston.report.figures.label_efficiency_figure import (
    MOST_VARIANTS,
    draw_cost,
    draw_efficiency,
)
from seston.report.given.reading import read_text_table

TEXTS, NUMBERS = ("variant", "correction"), (
    "fraction", "labels", "seed", "micro", "macro", "nll", "ece", "classwise_ece", "steps",
    "seconds",
)  # fmt: skip
RATIO_TEXTS, RATIO_NUMBERS = ("measure", "variant", "against", "note"), (
    "fraction", "ratio", "low", "high",
)  # fmt: skip
log = logging.getLogger("seston")


def efficiency_figures(*, table: Path, ratio: Path, figures: Path, data: Path) -> None:
    """Draw how right each way to learn is with few and with many labels, and what that saves.

    Parameters
    ----------
    table : Path
        A row for each variant, fraction, split and correction (``label_efficiency.tsv``).
    ratio : Path
        Labels that training from scratch needs, over those of the others
        (``label_efficiency_ratio.tsv``).
    figures : Path
        Folder to write: each figure as PNG (300 dpi) and PDF.
    data : Path
        Folder to write: every number shown, as CSV.
    """
    rows = read_text_table(table, TEXTS, NUMBERS)
    ratios = read_text_table(ratio, RATIO_TEXTS, RATIO_NUMBERS)
    variants = list(dict.fromkeys(rows["variant"]))
    with whole_folder(data) as numbers, whole_folder(figures) as folder:
        drawings = Drawings(folder, numbers)
        drawings.write("label_efficiency", rows)
        drawings.write("label_efficiency_ratio", ratios)
        against = hardest(ratios)
        for part, start in enumerate(range(0, len(variants), MOST_VARIANTS), start=1):
            some, end = variants[start : start + MOST_VARIANTS], f"_{part}" * (part > 1)
            of = rows[rows["variant"].isin(some)]
            drawings.keep(f"label_efficiency{end}", draw_efficiency(of, some, _title))
            drawings.keep(f"label_cost{end}", draw_cost(of, some, _title))
            if (ratios["variant"].isin(some) & (ratios["against"] == against)).any():
                drawings.keep(f"label_ratio{end}", draw_ratio(ratios, some, against, _title))
    log.info("%d figures of %d variants in %s", len(drawings.files), len(variants), figures)


def _title(name: str) -> str:
    return VARIANTS[name].title if name in VARIANTS else name
