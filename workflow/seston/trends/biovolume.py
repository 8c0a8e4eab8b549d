"""The biovolume of each class in each sample, from the images where it could be measured."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from seston.trends.residuals import Floats, by_period

COLUMN = "biovolume_um3"
LEAST_KNOWN = 0.5  # share of the images that must have a biovolume


@dataclass(frozen=True)
class Biovolumes:
    """What m samples held of K classes; each of shape (m, K).

    Attributes
    ----------
    known : ndarray of float64
        Images with a biovolume.
    sums, squares : ndarray of float64
        Of their biovolumes, µm³, and of the squares of these.
    """

    known: Floats
    sums: Floats
    squares: Floats

    def __getitem__(self, samples: npt.NDArray) -> "Biovolumes":
        """Return those of some samples."""
        return Biovolumes(self.known[samples], self.sums[samples], self.squares[samples])

    def __mul__(self, counts: npt.NDArray[np.bool_]) -> "Biovolumes":
        """Return those that count, and 0 elsewhere."""
        return Biovolumes(self.known * counts, self.sums * counts, self.squares * counts)


def sum_biovolumes(
    images: pa.Table,
    row: npt.NDArray[np.int64],
    codes: npt.NDArray[np.int64],
    shape: tuple[int, int],
) -> Biovolumes:
    """Sum the biovolumes of the images of each class in each sample.

    Parameters
    ----------
    images : pyarrow.Table, n rows
        With ``biovolume_um3``, null where a mask is missing or the pixel has no known size.
    row, codes : ndarray of int64, shape (n,)
        Sample and class of each image.
    shape : (int, int)
        m and K.
    """
    volume = pc.fill_null(images[COLUMN], np.nan).to_numpy()
    there = np.isfinite(volume)
    cell, volume = (row * shape[1] + codes)[there], volume[there]

    def total(weights: Floats) -> Floats:
        sums = np.bincount(cell, weights, minlength=shape[0] * shape[1])
        return sums.astype(np.float64).reshape(shape)  # whole zeros if there is no image at all

    return Biovolumes(total(np.ones_like(volume)), total(volume), total(volume**2))


@dataclass(frozen=True)
class Sizes:
    """What the images of K classes measure, over all samples of a site.

    Attributes
    ----------
    mean : ndarray, shape (K,)
        Mean biovolume, µm³; NaN where no image has one.
    spread : ndarray, shape (K,)
        Mean square over squared mean, so 1 + the squared coefficient of variation.
    """

    mean: Floats
    spread: Floats

    @classmethod
    def of(cls, measured: Biovolumes) -> "Sizes":
        """Return those of what was measured."""
        known, sums, squares = (
            x.sum(axis=0) for x in (measured.known, measured.sums, measured.squares)
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = sums / known
            return cls(mean, np.maximum(squares / known / mean**2, 1.0))


def scale_up(
    measured: Biovolumes,
    counts: npt.NDArray,
    period: npt.NDArray[np.integer],
    sizes: Sizes,
) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    r"""Return the biovolume of all images, measured or not, from those that are.

    Parameters
    ----------
    measured : Biovolumes, shape (m, K)
    counts : ndarray, shape (m, K)
        All images, perhaps estimated.
    period : ndarray of int, shape (m,)
        Number of the period of each sample.
    sizes : Sizes

    Returns
    -------
    sums, squares : ndarray, shape (m, K)
        Biovolume of each sample's images, times images over measured images in its period; and
        the variance that chance gives it. 0 where too few were measured.
    enough : ndarray of bool, shape (T, K)
        Whether at least `LEAST_KNOWN` of the images were measured; also where there is none.

    Notes
    -----
    The sum of a sample is compound Poisson, of variance :math:`\lambda \mathrm{E} b^2` with
    :math:`\lambda` expected images. For :math:`\mathrm{E} b^2` stands :math:`\bar b^2 (1 + c^2)`,
    with the mean of the period and the coefficient of variation *c* of the site: few images
    of a right-skewed distribution do not tell their own variance.
    """
    count, known, sums = (by_period(x, period) for x in (counts, measured.known, measured.sums))
    enough = known >= LEAST_KNOWN * count
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.where(enough & (known > 0), count / known, 0.0)
        second = np.where(known > 0, (sums / known) ** 2 * sizes.spread, 0.0)
    squares = measured.known * (scale**2 * second)[period]
    return measured.sums * scale[period], squares, enough
