"""How light falls off over a frame: a smooth surface, drawn past the organisms."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from numpy.polynomial.legendre import legvander

Levels = npt.NDArray[np.float32]

#: Light behind a lens falls with the fourth power of a cosine: degree 4 leaves ten grey levels of
#: a strong one in the corners, degree 6 one or two.
_DEGREE = 6
_SIDE = 64  # px; a longer side is shrunk to it: thousands of places suffice for 28 terms
_ROUNDS = 10
#: How far from the surface, in (scaled) median absolute deviations, a place may be on the side
#: of the organisms, and on the other, which is wide: a slope must not be taken for organisms.
_ORGANISMS, _OTHER = 2.5, 6.0


class Trend:
    """A polynomial surface of sixth degree in each channel of a picture.

    Least squares, ten times, each without the places that were far from the last
    surface. It is given for a picture of any size, so that it ends where the picture
    does: interpolated, it would be flat over the outermost pixels of a shrunken one.

    Parameters
    ----------
    pixels : ndarray of uint8 or float32, (height, width) or (height, width, 3)
    above : bool
        The background is brighter than the organisms.
    """

    def __init__(self, pixels: npt.NDArray[Any], above: bool) -> None:
        height, width = pixels.shape[:2]
        shrink = max(1.0, max(height, width) / _SIDE)
        small = cv2.resize(
            pixels,
            (max(1, round(width / shrink)), max(1, round(height / shrink))),
            interpolation=cv2.INTER_AREA,
        )
        rows, columns = (_polynomials(size, (size - 1) // 3) for size in small.shape[:2])
        powers = np.add.outer(np.arange(rows.shape[1]), np.arange(columns.shape[1]))
        used = powers <= _DEGREE
        terms = np.einsum("yi,xj->yxij", rows, columns)[:, :, used].reshape(-1, used.sum())
        values = small.reshape(len(terms), -1).T.astype(float)
        self._weights = np.zeros((len(values), *used.shape))
        for weights, channel in zip(self._weights, values, strict=True):
            weights[used] = _fit(terms, channel, above)

    def surface(self, shape: tuple[int, ...]) -> Levels:
        """Return the surface over a picture of this shape: (height, width), or with channels."""
        degree_y, degree_x = (size - 1 for size in self._weights.shape[1:])
        rows, columns = _polynomials(shape[0], degree_y), _polynomials(shape[1], degree_x)
        of_channel = [
            (rows @ weights).astype(np.float32) @ columns.T.astype(np.float32)
            for weights in self._weights
        ]
        return of_channel[0] if len(shape) == 2 else np.dstack(of_channel)


def _polynomials(size: int, degree: int) -> npt.NDArray[np.float64]:
    """Return Legendre's polynomials at the middles of `size` pixels that span -1 to 1."""
    middles = (np.arange(size) + 0.5) * (2 / size) - 1
    return np.asarray(legvander(middles, min(degree, _DEGREE)))


def _fit(
    terms: npt.NDArray[np.float64], values: npt.NDArray[np.float64], above: bool
) -> npt.NDArray[np.float64]:
    """Return the weights of the terms, (terms,), that give most of the values."""
    kept = np.ones(values.shape, bool)
    for _ in range(_ROUNDS):
        chosen = terms[kept]
        weights = np.linalg.lstsq(chosen.T @ chosen, chosen.T @ values[kept])[0]
        off = (terms @ weights - values) * (1 if above else -1)  # of organisms: positive
        spread = 1.4826 * max(float(np.median(np.abs(off))), 0.1)
        before, kept = kept, (off <= _ORGANISMS * spread) & (off >= -_OTHER * spread)
        if np.array_equal(before, kept):
            break
    return np.asarray(weights)
