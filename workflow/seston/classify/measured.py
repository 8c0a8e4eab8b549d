"""Measurements that a head learns from beside the embedding: tiles of one size do not tell size."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from seston.cluster.columns import read_columns
from seston.cluster.shards import EmbeddingShards
from seston.errors import SestonError

log = logging.getLogger("seston")

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.float32]

#: Stands for size, shape and grey levels, in µm where the size of a pixel is known.
AUTO = "auto"
_SIZES = ("log_esd", "log_feret_max", "log_feret_min")
_OTHERS = ("eccentricity", "solidity", "mean_grey", "sd_grey")
#: Standard deviation of all measurements together, over that of the whole embedding
#: (from 0.5 to 3 it makes little difference; docs/semi-supervised.md).
TOGETHER = 1.0


@dataclass(frozen=True)
class Measured:
    """Which measurements stand beside an embedding, and what stands for missing ones.

    Attributes
    ----------
    columns : tuple of str
        As in `seston.cluster.columns`.
    centre : tuple of float
        Mean of each among the labelled organisms.
    """

    columns: tuple[str, ...] = ()
    centre: tuple[float, ...] = ()

    def beside(self, embeddings: Rows, values: Floats) -> Rows:
        """Return embeddings (n, D) with their measurements (n, C; NaN = missing) behind them."""
        if not self.columns:
            return embeddings
        known = np.where(np.isfinite(values), values, np.array(self.centre))
        return np.concatenate([embeddings, known], axis=1, dtype=np.float32)

    def read(self, embeddings: EmbeddingShards, segment_dir: Path | None) -> Floats:
        """Return the measurements (n, C) of all images, in the order of their embeddings' files.

        Raises
        ------
        SestonError
            If there are measurements to read, and no folder, or no such column.
        """
        if not self.columns:
            return np.empty((len(embeddings), 0))
        if segment_dir is None:
            raise SestonError(
                f"the classifier learned from {', '.join(self.columns)} too; give --segment-dir,"
                " the folder of <shard>/crops.parquet"
            )
        return read_columns(embeddings, segment_dir, self.columns, "classify.columns")


def gains(dim: int, measured: Measured, together: float = TOGETHER) -> Floats:
    """Return what standardised numbers (D + C,) are multiplied by before a head learns from them.

    All measurements together then vary `together` times as much as the whole embedding, so that
    seven numbers are not lost among hundreds; a penalty counts weights of all alike.
    """
    count = len(measured.columns)
    each = together * np.sqrt(dim / count) if count else 1.0
    return np.concatenate([np.ones(dim), np.full(count, each)])


def measured_of(
    asked: Sequence[str],
    embeddings: EmbeddingShards,
    segment_dir: Path | None,
    positions: npt.NDArray[np.int64],
) -> tuple[Measured, Floats]:
    """Return the measurements that the settings ask for, and their values of the labelled.

    Parameters
    ----------
    asked : sequence of str
        Names of measurements, none, or `AUTO` alone.
    embeddings : EmbeddingShards
    segment_dir : Path or None
        Folder of ``<shard>/crops.parquet``.
    positions : ndarray of int64, shape (n,)
        Of the labelled organisms, in file order.

    Raises
    ------
    SestonError
        If a measurement is not there, or known of no labelled organism.
    """
    if AUTO in asked:
        if len(asked) > 1:
            raise SestonError(
                f"config: classify.columns: found {AUTO!r} and {len(asked) - 1} more, expected"
                f" {AUTO!r} alone, or names of measurements"
            )
        named = (*_named("um"), "esd_px")
        found, values = _read(named, embeddings, segment_dir, positions)
        # Without a mask an organism has no size in either unit: that is no reason for pixels.
        unknown = int((np.isnan(values[:, 0]) & np.isfinite(values[:, -1])).sum())
        if not unknown:
            return Measured(found.columns[:-1], found.centre[:-1]), values[:, :-1]
        log.log(
            logging.INFO if unknown == len(values) else logging.WARNING,
            "classify.columns: sizes in pixels, as the size of a pixel is not known of %d of %d"
            " labelled organisms; they mean the same at one magnification only",
            unknown, len(values),
        )  # fmt: skip
        asked = _named("px")
    found, values = _read(asked, embeddings, segment_dir, positions)
    for name, column in zip(found.columns, values.T, strict=True):
        if np.isnan(column).all():
            raise SestonError(
                f"config: classify.columns: {name} is known of none of {len(values)} labelled"
                " organisms; leave it out"
            )
    return found, values


def _named(unit: str) -> tuple[str, ...]:
    return (*(f"{size}_{unit}" for size in _SIZES), *_OTHERS)


def _read(
    columns: Sequence[str], embeddings: EmbeddingShards, segment_dir: Path | None,
    positions: npt.NDArray[np.int64],
) -> tuple[Measured, Floats]:  # fmt: skip
    columns = tuple(dict.fromkeys(columns))
    values = Measured(columns).read(embeddings, segment_dir)[positions]
    there = np.isfinite(values)
    sums = np.where(there, values, 0).sum(axis=0)
    centre = sums / np.maximum(there.sum(axis=0), 1)
    return Measured(columns, tuple(centre.tolist())), values
