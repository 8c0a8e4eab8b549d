"""Days, samples, sites or groups: what is never divided between learning and judging."""

from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from seston.errors import SestonError
from seston.sheet import Sample

SplitBy: TypeAlias = Literal["auto", "day", "sample", "site", "group"]


def units_of(
    of: Sequence[str], samples: Sequence[Sample], asked: SplitBy, folds: int
) -> tuple[npt.NDArray[np.int64], tuple[str, ...], str]:
    """Return the unit of each organism.

    Parameters
    ----------
    of : sequence of str, length n
        The sample of each organism.
    samples : sequence of Sample
        All of the sheet.
    asked : {"auto", "day", "sample", "site", "group"}
        ``auto`` is days, unless there are fewer of them than folds, and more samples than days.
    folds : int

    Returns
    -------
    units : ndarray of int64, shape (n,)
        Place of each organism's unit in `names`.
    names : tuple of str
        Ascending.
    kind : str
        What a unit is.

    Raises
    ------
    SestonError
        If there is one unit only.
    """
    listed = {one.sample: one for one in samples}
    days = {name: f"{listed[name].datetime:%Y-%m-%d}" for name in set(of)}
    kind: str = asked
    if asked == "auto":
        kind = "day" if len(set(days.values())) >= min(folds, len(days)) else "sample"
    value = days if kind == "day" else {name: str(getattr(listed[name], kind)) for name in days}
    names, units = np.unique(np.array([value[name] for name in of], np.str_), return_inverse=True)
    if len(names) < 2:
        other = ", or set classify.split_by to 'sample'" if len(days) > 1 else ""
        raise SestonError(
            f"all labels are of one {kind} ({names[0] or 'without a name'}), so that what is"
            f" learned from them could not be judged; label images of others{other}"
        )
    return units.astype(np.int64), tuple(names.tolist()), kind
