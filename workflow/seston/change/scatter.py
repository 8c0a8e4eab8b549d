"""How far the total of a group and period scatters around what was really there."""

import numpy as np
import pandas as pd

from seston.change.serial import Floats
from seston.change.series import Measure, Totals
from seston.trends.counted import Counted
from seston.trends.dispersion import site_dispersions
from seston.trends.residuals import Stratum


def scatter_of_cells(site: Counted, found: Totals, measure: Measure) -> Floats:
    """Return the squared coefficient of variation of each cell beside counting, (G, T, K).

    That between samples, by `site_dispersions`, times Σ effort² / (Σ effort)²: samples of one
    cell even each other out. NaN where no two samples can be compared.
    """
    unit = "water_ml" if measure == "concentration" else "used"
    effort = site.effort.reset_index(drop=True)
    spent = [rows[rows[unit] > 0] for _, rows in effort.groupby("group")]
    sizes = [scatter.size for scatter in site_dispersions(
        [_stratum(rows, site, unit) for rows in spent], "poisson"
    )]  # fmt: skip
    cells = np.full((len(found.groups), len(found.periods), len(site.classes)), np.nan)
    for g, (rows, size) in enumerate(zip(spent, sizes, strict=True)):
        place = np.searchsorted(found.periods, rows["period"].to_numpy(str))
        amount = rows[unit].to_numpy(float)
        total = np.bincount(place, amount, len(found.periods))
        squares = np.bincount(place, amount**2, len(found.periods))
        with np.errstate(divide="ignore", invalid="ignore"):
            cells[g] = (squares / total**2)[:, None] * size
    return cells


def _stratum(rows: pd.DataFrame, site: Counted, unit: str) -> Stratum:
    counts = site.counts[rows.index.to_numpy()]
    period = np.unique(rows["period"].to_numpy(str), return_inverse=True)[1]
    return Stratum(counts, rows[unit].to_numpy(float), period, counts)
