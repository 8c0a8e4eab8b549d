"""Whether groups differ in their composition, beside whether they scatter alike."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from seston.change.serial import in_usual_steps
from seston.community.blocks import (
    LEAST_PERIODS,
    LEAST_RELABELLINGS,
    SPAN,
    block_of,
    complete,
    labellings,
    periods_apart,
    relabellings,
)
from seston.community.compositions import Compositions
from seston.community.partition import compare, persistence

Floats = npt.NDArray[np.float64]

FEW = 200  # relabellings below which p is coarse

COLUMNS = [
    "site", "method", "groups", "periods", "block_days", "permutations", "f", "r2", "p",
    "dispersion_f", "dispersion_p", "flags", "note",
]  # fmt: skip

REFUSALS = {
    "one_group": "fewer than two groups have compositions of enough images",
    "too_few_periods": f"fewer than {LEAST_PERIODS} periods from first to last",
    "autocorrelated": (
        "successive periods of a group resemble each other so much that too few lie far enough"
        " apart: a lasting difference cannot be told from a slow drift"
    ),
    "too_few_complete_groups": "fewer than two groups were sampled well in every block of periods",
    "too_few_relabellings": (
        f"groups and blocks allow fewer than {LEAST_RELABELLINGS} relabellings, so no p-value"
        " could be below 0.05: more groups or a longer series are needed"
    ),
}
FLAGS = {
    "groups_left_out": "groups that were sampled too rarely did not take part",
    "few_relabellings": f"fewer than {FEW} relabellings are possible, so p is coarse",
    "dispersions_differ": (
        "groups also differ in how much they scatter: part of the difference may be that"
    ),
}


def permanova(
    site: str,
    method: str,
    found: Compositions,
    distances: Floats,
    period_days: float,
    alpha: float,
    permutations: int,
    seed: int,
) -> tuple[pd.DataFrame, str]:
    """Return the row of one site and method, and the code of the refusal or "".

    Parameters
    ----------
    site, method : str
    found : Compositions
        Those with enough images.
    distances : ndarray of float64, shape (n, n)
        Between them.
    period_days : float
        Days of a period, for ``block_days``.
    alpha : float
        At which dispersions are called different.
    permutations, seed : int

    Returns
    -------
    table : pandas.DataFrame
        One row with `COLUMNS`; a site of one group has none.
    refusal : str
    """
    groups = len(np.unique(found.group))
    if groups < 2:
        return pd.DataFrame(columns=COLUMNS), "one_group"
    row: dict[str, object] = {
        "site": site, "method": method, "groups": groups,
        "periods": len(np.unique(found.period)), "permutations": 0, "flags": "",
    }  # fmt: skip
    calendar = int(np.ptp(found.place))
    found = replace(found, place=in_usual_steps(found.place))
    step_days = period_days * calendar / max(int(np.ptp(found.place)), 1)
    memory = persistence(distances, found.group, found.place)
    apart = periods_apart(*memory)
    span = int(np.ptp(found.place)) + 1
    block = block_of(found.place, apart, memory[0])
    keep = complete(found.group, block)
    names = np.unique(found.group[keep])
    blocks = int(block.max()) + 1
    refusal = ""
    if span < LEAST_PERIODS:
        refusal = "too_few_periods"
    elif span < SPAN * apart:
        refusal = "autocorrelated"
    elif len(names) < 2:
        refusal = "too_few_complete_groups"
    elif relabellings(len(names), blocks) < LEAST_RELABELLINGS:
        refusal = "too_few_relabellings"
    if refusal:
        return pd.DataFrame([row | {"note": REFUSALS[refusal]}], columns=COLUMNS), refusal
    part, held = found.part(keep), distances[np.ix_(keep, keep)]
    rng = np.random.default_rng([seed, 21])
    called = labellings(len(names), blocks, permutations, rng)
    it = compare(held, part.group, block[keep], part.place, apart, called)
    flags = {
        "groups_left_out": len(names) < groups,
        "few_relabellings": relabellings(len(names), blocks) < FEW,
        "dispersions_differ": it.dispersion_p <= alpha,
    }
    row |= {
        "groups": len(names), "periods": len(np.unique(part.period)),
        "block_days": span / blocks * step_days, "permutations": len(called) - 1,
        "f": it.f, "r2": it.r2, "p": it.p,
        "dispersion_f": it.dispersion_f, "dispersion_p": it.dispersion_p,
        "flags": ";".join(code for code, holds in flags.items() if holds),
        "note": f"{blocks} blocks, {apart} periods apart; lag-1 correlation {memory[0]:.2f}",
    }  # fmt: skip
    return pd.DataFrame([row], columns=COLUMNS), ""
