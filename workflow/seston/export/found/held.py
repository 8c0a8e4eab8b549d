"""What each sample held of each class: images, their sizes and carbon, and the first of them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from seston.errors import SestonError
from seston.export.found.said import Said
from seston.parts import TableReader

Floats = npt.NDArray[np.float64]
#: What is summed over images, by its column of the table of images.
SUMMED = ("biovolume_um3", "carbon_pg", "carbon_if_diatom_pg")
#: Images by which an occurrence can be looked at again.
SHOWN = 3
_ROWS = 1 << 14


@dataclass(frozen=True)
class Held:
    """Samples and what was in them.

    Attributes
    ----------
    classes : tuple of str, length K
    counts : ndarray of int64, shape (m, K + 1)
        Images of each class in each sample; in the last column those of none.
    known : ndarray of int64, shape (m, K + 1)
        Images among them that have a biovolume, and so carbon.
    sums : dict of str to ndarray of float64, shape (m, K + 1)
        Of `SUMMED`, over the images that have them.
    images : dict of (int, int) to list of str
        Row and class -> the first ids, at most `SHOWN`.
    """

    classes: tuple[str, ...]
    counts: npt.NDArray[np.int64]
    known: npt.NDArray[np.int64]
    sums: dict[str, Floats]
    images: dict[tuple[int, int], list[str]]

    @property
    def unclassified(self) -> npt.NDArray[np.int64]:
        """Images of no class, in each sample."""
        return self.counts[:, -1]


def read_held(images: Path, effort: pd.DataFrame, said: Said) -> Held:
    """Add up what each sample held, a part of the table of images at a time.

    Parameters
    ----------
    images : pathlib.Path
        The table of images.
    effort : pandas.DataFrame, m rows
        With ``sample`` and ``used``.
    said : Said
        What each image is.

    Raises
    ------
    SestonError
        If images and samples do not fit together.
    """
    m, wide = len(effort), len(said.classes) + 1
    names = pa.array(effort["sample"], pa.string())
    counts, known = (np.zeros(m * wide, np.int64) for _ in range(2))
    sums = {name: np.zeros(m * wide) for name in SUMMED}
    first_ids: dict[tuple[int, int], list[str]] = {}
    columns = tuple(dict.fromkeys(("image_id", "sample", *SUMMED, *said.needed)))
    first = 0
    for batch in TableReader(images, "images").parts(columns, _ROWS):
        row = pc.index_in(batch["sample"], names)
        if row.null_count:
            name = batch["sample"].filter(pc.is_null(row))[0]
            raise SestonError(
                f"{images}: sample {name} is not in the table of samples; run again from tables"
            )
        code = said.codes(batch, first)
        cell = np.asarray(row).astype(np.int64) * wide + np.where(code < 0, wide - 1, code)
        counts += np.bincount(cell, minlength=m * wide)
        sized = np.isfinite(_numbers(batch, SUMMED[0]))
        known += np.bincount(cell[sized], minlength=m * wide)
        for name, total in sums.items():
            total += np.bincount(cell, np.nan_to_num(_numbers(batch, name)), m * wide)
        _remember(first_ids, cell, wide, batch["image_id"])
        first += len(batch)
    shape = (m, wide)
    differs = counts.reshape(shape).sum(axis=1) != effort["used"].to_numpy()
    if differs.any():
        raise SestonError(
            f"{images}: its number of images differs from `used` in the table of samples for"
            f" {differs.sum()} samples, such as {effort['sample'][differs].iloc[0]}; delete both"
            " and run again"
        )
    return Held(
        said.classes, counts.reshape(shape), known.reshape(shape),
        {name: total.reshape(shape) for name, total in sums.items()}, first_ids,
    )  # fmt: skip


def _numbers(batch: pa.RecordBatch, name: str) -> Floats:
    return np.asarray(pc.fill_null(batch[name], np.nan), dtype=np.float64)


def _remember(
    first_ids: dict[tuple[int, int], list[str]],
    cell: npt.NDArray[np.int64],
    wide: int,
    ids: pa.Array,
) -> None:
    """Keep the first ids of each class in each sample."""
    order = np.argsort(cell, kind="stable")
    cells, starts, sizes = np.unique(cell[order], return_index=True, return_counts=True)
    for one, start, size in zip(cells.tolist(), starts.tolist(), sizes.tolist(), strict=True):
        kept = first_ids.setdefault(divmod(one, wide), [])
        for place in order[start : start + min(size, SHOWN - len(kept))].tolist():
            kept.append(ids[place].as_py())
