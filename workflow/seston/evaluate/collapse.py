"""How much room embeddings use, without any label: whether the features have collapsed."""

import numpy as np
import numpy.typing as npt

from seston.evaluate.evidence import Row
from seston.evaluate.neighbours import unit_rows
from seston.evaluate.organisms import Drawn

_BLOCK = 512


def collapse_evidence(drawn: Drawn) -> list[Row]:
    """Return how much room the embeddings use."""
    groups = len(np.unique(drawn.units))
    values = {
        "feature_std": feature_std(unit_rows(drawn.vectors)),
        "effective_rank": effective_rank(drawn.vectors),
    }
    return [
        Row(
            "collapse",
            measure,
            value=value,
            better="higher",
            images=len(drawn),
            groups=groups,
            note=drawn.note,
        )
        for measure, value in values.items()
    ]


def feature_std(unit: npt.NDArray[np.floating]) -> float:
    """Return the spread of unit vectors: 1 = in all directions alike, 0 = all the same.

    The standard deviation of each dimension, averaged, times the root of their number
    (Chen & He 2021, section 4.1: 1/sqrt(d) is what isotropic unit vectors have).
    """
    return float(unit.std(axis=0, dtype=np.float64).mean() * np.sqrt(unit.shape[1]))


def effective_rank(rows: npt.NDArray[np.floating]) -> float:
    """Return how many dimensions the embeddings use, from 1 to d.

    The exponential of the entropy of the spectrum of their covariance (Roy & Vetterli
    2007, eq. 2-4): r for r dimensions of the same variance. Not a number if all are equal.
    """
    centred = rows - rows.mean(axis=0, dtype=np.float64)
    spectrum = np.maximum(np.linalg.eigvalsh(centred.T @ centred), 0)
    total = spectrum.sum()
    if not total > 0:
        return float("nan")
    share = spectrum[spectrum > 0] / total
    return float(np.exp(-(share * np.log(share)).sum()))


def uniformity(unit: npt.NDArray[np.floating]) -> float:
    """Return log E exp(-2 |x - y|²) over pairs of organisms; the lower, the more even.

    Wang & Isola 2020, eq. 2 with t = 2: 0 when all are the same, -4 where all pairs are
    at right angles.
    """
    n = len(unit)
    total = 0.0
    for start in range(0, n, _BLOCK):
        part = unit[start : start + _BLOCK].astype(np.float64)
        total += float(np.exp(4 * (part @ unit.T - 1)).sum())
    # n pairs of an organism with itself each add exp(0).
    return float(np.log(max(total - n, np.finfo(float).tiny) / (n * (n - 1))))


def alignment(first: npt.NDArray[np.floating], second: npt.NDArray[np.floating]) -> float:
    """Return E |x - x'|² over two views of each organism, as unit vectors; 0 is best.

    Wang & Isola 2020, eq. 1 with alpha = 2.
    """
    return float(((first - second) ** 2).sum(axis=1, dtype=np.float64).mean())
