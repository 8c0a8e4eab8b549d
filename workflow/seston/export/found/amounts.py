"""How much of a class there was in a litre of one sample, and what counting leaves open."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

from seston.export.found.held import Held
from seston.trends.biovolume import LEAST_KNOWN

Floats = npt.NDArray[np.float64]
_ML = 1000.0  # of a litre


class Amounts(NamedTuple):
    """Amounts per litre of water, each of shape (m, K + 1); NaN where unknown.

    Attributes
    ----------
    abundance, low, high : ndarray
        Images per litre, with the limits of counting.
    biovolume : ndarray
        mm³ per litre.
    protist, diatom : ndarray
        µg of carbon per litre, if all are protists but no diatoms, and if all are diatoms.
    """

    abundance: Floats
    low: Floats
    high: Floats
    biovolume: Floats
    protist: Floats
    diatom: Floats


def per_litre(held: Held, water_ml: Floats, confidence: float) -> Amounts:
    r"""Return amounts per litre of water.

    Parameters
    ----------
    held : Held, m samples
    water_ml : ndarray, shape (m,)
        mL of water that the images of each sample stand for; NaN where unknown.
    confidence : float
        Of the limits, such as 0.95.

    Notes
    -----
    Limits are those of counting alone: Jeffreys' interval of a Poisson mean (Brown, Cai & DasGupta
    2003, Statistica Sinica 13:19), and for what was not found 0 and the rule of three,
    :math:`-\log(1 - \mathrm{confidence})`. How samples of one water differ, one sample cannot tell.
    Images without a biovolume are taken to be like those with one, if these are at least half.
    """
    litre = _ML / np.asarray(water_ml, float)[:, None]
    count = held.counts
    tail = (1 - confidence) / 2
    low = np.where(count == 0, 0.0, stats.gamma.ppf(tail, count + 0.5))
    high = np.where(count == 0, -np.log(1 - confidence), stats.gamma.ppf(1 - tail, count + 0.5))
    enough = held.known >= LEAST_KNOWN * count
    scale = np.divide(count, held.known, out=np.zeros(count.shape), where=held.known > 0)
    scale = np.where(enough, scale, np.nan) * litre
    volume, protist, diatom = (held.sums[name] * scale for name in held.sums)
    # 1 mm³ = 10⁹ µm³; 1 µg = 10⁶ pg.
    return Amounts(
        count * litre, low * litre, high * litre, volume * 1e-9, protist * 1e-6, diatom * 1e-6
    )
