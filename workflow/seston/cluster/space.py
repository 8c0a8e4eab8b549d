"""What clusters are made in: the embeddings, or what settings make of them."""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from seston import store
from seston.errors import SestonError

Floats = npt.NDArray[np.float32]
NOTHING = 1e-6  # of the largest variance: components below it are rounding, and never whitened


@dataclass(frozen=True)
class Space:
    """A map from embeddings, and perhaps measurements, to the rows that are clustered.

    In this order: principal components, if asked for, perhaps scaled to equal variance
    (whitening); then the columns, behind them; then everything to length 1, if spherical.

    Attributes
    ----------
    embedded : int
        Length D of an embedding.
    spherical : bool
        Rows are scaled to length 1, so that only their direction counts.
    mean, components : ndarray of float32, shape (D,) and (P, D)
        A row is ``components @ (embedding - mean)``; P = 0: the embedding itself.
    columns : tuple of str
        Measurements that stand behind the embedding.
    centre, scale : ndarray of float32, shape (C,)
        A measurement counts as ``(value - centre) * scale``, and as 0 where it is missing.
    """

    embedded: int
    spherical: bool
    mean: Floats
    components: Floats
    columns: tuple[str, ...]
    centre: Floats
    scale: Floats

    @property
    def dim(self) -> int:
        """Length of a row."""
        return (len(self.components) or self.embedded) + len(self.columns)

    @property
    def fingerprint(self) -> str:
        """What tells this space from others."""
        arrays = (self.mean, self.components, self.centre, self.scale)
        return store.fingerprint(
            self.embedded, self.spherical, self.columns, *(array.tobytes() for array in arrays)
        )

    def apply(self, embeddings: Floats, measured: Floats | None = None) -> Floats:
        """Return the rows (n, dim) of embeddings (n, D) and measurements (n, C; NaN = missing).

        May return `embeddings` itself, changed in place.
        """
        rows: Floats = embeddings
        if len(self.components):
            rows = np.matmul(rows - self.mean, self.components.T, dtype=np.float32)
        if self.columns:
            if measured is None:
                raise ValueError(f"the space has columns {self.columns}, but none were given")
            beside = np.nan_to_num((measured - self.centre) * self.scale, nan=0.0)
            rows = np.concatenate([rows, beside], axis=1, dtype=np.float32)
        if self.spherical:
            lengths = np.linalg.norm(rows, axis=1, keepdims=True)
            np.divide(rows, lengths, out=rows, where=lengths > 0)
        return rows

    def save(self, path: Path) -> None:
        """Write the space as npz, whole or not at all."""
        with store.atomic(path) as temporary, temporary.open("wb") as file:
            np.savez(
                file, embedded=self.embedded, spherical=self.spherical, mean=self.mean,
                components=self.components, columns=np.array(self.columns, np.str_),
                centre=self.centre, scale=self.scale,
            )  # fmt: skip


def embeddings_alone(dim: int, spherical: bool = False) -> Space:
    """Return the space of embeddings (D,) as they are, or of their directions."""
    none = np.empty(0, np.float32)
    return Space(dim, spherical, none, np.empty((0, dim), np.float32), (), none, none)


def fit_space(
    sample: Floats,
    spherical: bool,
    pca: int = 0,
    whiten: bool = False,
    columns: Sequence[str] = (),
    weights: Sequence[float] = (),
    measured: npt.NDArray[np.float64] | None = None,
) -> Space:
    """Return a space for embeddings like those of a sample.

    Parameters
    ----------
    sample : ndarray of float32, shape (m, D)
        Embeddings.
    spherical : bool
        Scale rows to length 1.
    pca : int
        Principal components to keep, at most D; 0 = the embeddings as they are, or all
        components if whitened. Components without variance are left out: there may be fewer.
    whiten : bool
        Scale each component to variance 1.
    columns : sequence of str
        Names of the measurements.
    weights : sequence of float
        One for each. With weight w, the standard deviation of a measurement is w times
        the root of the summed variances of everything the embedding gives: one of weight 1
        varies as much as the whole embedding.
    measured : ndarray of float64, shape (n, C)
        The measurements of all images; NaN where there is none. One that never varies
        counts as 0.
    """
    mean, components = np.empty(0, np.float32), np.empty((0, sample.shape[1]), np.float32)
    varies = float(sample.var(axis=0, dtype=np.float64).sum())
    if pca or whiten:
        centre = sample.mean(axis=0, dtype=np.float64)
        spread = np.cov(sample.T.astype(np.float64), ddof=0).reshape(len(centre), -1)
        values, vectors = np.linalg.eigh(spread)
        kept = np.arange(len(values))[::-1][: pca or None]
        kept = kept[values[kept] > NOTHING * max(values[-1], 0)]
        if len(kept):
            turned = vectors[:, kept].T
            turned *= np.sign(turned[np.arange(len(kept)), np.abs(turned).argmax(axis=1)])[:, None]
            varies = float(len(kept) if whiten else values[kept].sum())
            mean = centre.astype(np.float32)
            scaled = turned / np.sqrt(values[kept])[:, None] if whiten else turned
            components = scaled.astype(np.float32)
    centres, scales = np.empty(0, np.float32), np.empty(0, np.float32)
    if measured is not None and len(columns):
        centres = np.nanmean(measured, axis=0).astype(np.float32)
        deviations = np.nanstd(measured, axis=0)
        # Of equal numbers, rounding leaves a deviation that is not zero.
        deviations[np.nanmax(measured, axis=0) == np.nanmin(measured, axis=0)] = 0
        strength = np.asarray(weights) * np.sqrt(varies)
        scales = np.divide(
            strength, deviations, out=np.zeros_like(deviations), where=deviations > 0
        ).astype(np.float32)
    return Space(sample.shape[1], spherical, mean, components, tuple(columns), centres, scales)


def read_space(path: Path) -> Space:
    """Return the space that `Space.save` wrote.

    Raises
    ------
    SestonError
        If the file is missing or damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as saved:
            return Space(
                int(saved["embedded"]), bool(saved["spherical"]), saved["mean"],
                saved["components"], tuple(map(str, saved["columns"])), saved["centre"],
                saved["scale"],
            )  # fmt: skip
    except FileNotFoundError as error:
        raise SestonError(f"{path}: file not found; delete its folder and run again") from error
    except (ValueError, KeyError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise SestonError(
            f"{path}: not readable as the space of a clustering ({error!r});"
            " delete its folder and run again"
        ) from error
