"""The shares of all classes in one sample by every method, and the table of them."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import get_args
from zlib import crc32

import numpy as np
import numpy.typing as npt
import pandas as pd

from seston.classify.counting import Method
from seston.classify.frequencies import Frequencies, frequencies
from seston.classify.quantifier import Quantifier
from seston.tsv import write_tsv

#: Fewer images of a class than this are none: sums of probabilities are never quite 0.
NOTHING = 1e-3
COLUMNS = [
    "sample", "site", "group", "datetime", "class", "method", "images", "share", "low", "high",
    "drift", "note",
]  # fmt: skip

Shares = dict[Method, Frequencies]


def shares_of(
    logits: npt.NDArray, known: Quantifier, sample: str, seed: int, confidence: float
) -> Shares:
    """Return the shares of the classes in a sample by each method; without images all are 0.

    Parameters
    ----------
    logits : ndarray, shape (n, K)
        Of its images, not calibrated.
    known : Quantifier
    sample : str
        Its draws are its own: another sample that joins does not change them.
    seed : int
    confidence : float
    """
    if not len(logits):
        empty = np.zeros(len(known.source))
        nothing = Frequencies(empty, empty, empty, np.zeros((len(known.calibrators), len(empty))))
        return dict.fromkeys(get_args(Method), nothing)
    of = crc32(f"{seed} {sample}".encode())
    return {
        method: _cleared(
            frequencies(method, logits, known, seed=of, confidence=confidence), len(logits)
        )
        for method in get_args(Method)
    }


def _cleared(found: Frequencies, images: int) -> Frequencies:
    none = found.share * images < NOTHING
    return found._replace(share=np.where(none, 0, found.share), low=np.where(none, 0, found.low))


def write_shares(
    effort: pd.DataFrame,
    images: Sequence[int],
    found: Sequence[Shares],
    notes: Sequence[str],
    classes: Sequence[str],
    path: Path,
) -> None:
    """Write the shares of all samples that hold images.

    Parameters
    ----------
    effort : pandas.DataFrame, m rows
        The samples, as of `seston.trends.counted.Counted`.
    images : sequence of int, length m
    found : sequence of Shares, length m
    notes : sequence of str, length m
        In what a sample is unlike the labelled images; "" where it is not.
    classes : sequence of str
    path : Path
    """
    about = zip(
        effort["sample"], effort["site"], effort["group"],
        effort["time"].map(pd.Timestamp.isoformat), images, found, notes, strict=True,
    )  # fmt: skip

    def lines() -> Iterator[tuple[object, ...]]:
        for sample, site, group, time, count, methods, note in about:
            for method, one in methods.items() if count else ():
                for name, *share in zip(classes, one.share, one.low, one.high, strict=True):
                    drift = "true" if note else "false"
                    yield sample, site, group, time, name, method, count, *share, drift, note

    columns = list(zip(*lines(), strict=True)) or [()] * len(COLUMNS)
    write_tsv(dict(zip(COLUMNS, columns, strict=True)), path)
