"""A planted experiment in eight waters: what swims where on which day, and what each run catches.

Seven bags and the fjord around them, sampled on 23 days. Kinds bloom one after the other; some are
there all the time; one is more abundant in one bag from one day on. Every run analyses another
volume of water, diluted or not, and one bag was not sampled on one day.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
DAY_ZERO = datetime(2024, 5, 6, 10, 0)
GROUPS = (*(f"bag{number}" for number in range(1, 8)), "fjord")

#: The camera: µm per pixel, depth of the flow cell in µm, edges of the region that counts, in px.
SCALE_UM, DEPTH_UM, REGION = 1.8, 300, (1, 1278, 1, 958)
_SIDES_UM = [(last - first + 1) * SCALE_UM for first, last in (REGION[:2], REGION[2:])]
ML_A_FRAME = _SIDES_UM[0] * _SIDES_UM[1] * DEPTH_UM * 1e-12


@dataclass(frozen=True)
class Experiment:
    """What was planted.

    Attributes
    ----------
    blooms : tuple of str
        Kinds that bloom one after the other, at equal distances from before the first day to
        after the last.
    steady : tuple of str
        Kinds without a time.
    days : int
    width : float
        Standard deviation of a bloom, days.
    base, peak, always : float
        Organisms per mL: of a kind long before and after its bloom, what the bloom adds at its
        peak, and of a steady kind. Kinds differ by up to `uneven` times around it.
    fjord : float
        How much of the bags' blooms there is outside.
    kind, bag, factor, since
        The effect of a bag: from day `since` on the kind is `factor` times as abundant there.
    missing : (str, int)
        Group and day without a sample.
    scatter : float
        Squared coefficient of variation of the concentration between samples.
    """

    blooms: tuple[str, ...]
    steady: tuple[str, ...]
    kind: str
    days: int = 23
    width: float = 3.0
    base: float = 10.0
    peak: float = 400.0
    always: float = 60.0
    uneven: float = 3.0
    fjord: float = 0.4
    bag: str = "bag4"
    factor: float = 4.0
    since: int = 10
    missing: tuple[str, int] = ("bag3", 9)
    scatter: float = 0.02

    @property
    def kinds(self) -> list[str]:
        """Those that bloom, then the others."""
        return [*self.blooms, *self.steady]

    @property
    def centres(self) -> Floats:
        """Day of each kind's peak; NaN of a steady kind."""
        blooms = np.linspace(-1, self.days, len(self.blooms))
        return np.concatenate([blooms, np.full(len(self.steady), np.nan)])

    def concentrations(self) -> Floats:
        """Return organisms per mL of water, shape (groups, days, kinds), without scatter."""
        apart = (np.arange(self.days)[:, None] - self.centres) / self.width
        level = self.uneven ** np.cos(np.arange(len(self.kinds)) * 2.4)
        bloom = level * self.peak * np.exp(-(apart**2) / 2)
        water = np.tile(level * self.base + bloom, (len(GROUPS), 1, 1))
        water[GROUPS.index("fjord")] -= (1 - self.fjord) * bloom
        water[:, :, len(self.blooms) :] = (level * self.always)[len(self.blooms) :]
        at = (GROUPS.index(self.bag), slice(self.since, None), self.kinds.index(self.kind))
        water[at] *= self.factor
        return water

    def samples(self, organisms: int, random: np.random.Generator) -> pd.DataFrame:
        """Return ``sample group day start frames dilution volume_ml``: as much water as is needed.

        `volume_ml` is of the undiluted sample.
        """
        rows = [
            (group, day)
            for day in range(self.days)
            for group in GROUPS
            if (group, day) != self.missing
        ]
        table = pd.DataFrame(rows, columns=["group", "day"])
        table.insert(0, "sample", [f"day{day:02d}-{group}" for group, day in rows])
        minutes = 20 * table["group"].map(GROUPS.index)
        table["start"] = [
            DAY_ZERO + timedelta(days=day, minutes=wait)
            for day, wait in zip(table["day"], minutes.tolist(), strict=True)
        ]
        share = random.uniform(0.5, 1.5, len(rows))
        table["dilution"] = random.choice([1, 2, 4], len(rows))
        caught = (self._density(table).sum(axis=1) * ML_A_FRAME * share / table["dilution"]).sum()
        frames = np.rint(share * organisms / caught).astype(int)
        table["frames"] = np.maximum(frames, 1)
        table["volume_ml"] = table["frames"] * ML_A_FRAME / table["dilution"]
        return table

    def counts(
        self, samples: pd.DataFrame, organisms: int, random: np.random.Generator
    ) -> npt.NDArray[np.int64]:
        """Return what each sample caught, shape (samples, kinds); in sum so many organisms."""
        density = self._density(samples)
        density *= random.gamma(1 / self.scatter, self.scatter, density.shape)
        expected = density * samples["volume_ml"].to_numpy()[:, None]
        caught = random.multinomial(organisms, expected.ravel() / expected.sum())
        return caught.reshape(expected.shape)

    def truth(self, samples: pd.DataFrame, counts: npt.NDArray[np.int64]) -> pd.DataFrame:
        """Return one row per sample and kind: organisms per mL of water, and those caught."""
        table = samples.loc[samples.index.repeat(len(self.kinds))].reset_index(drop=True)
        table["kind"] = self.kinds * len(samples)
        table["concentration_per_ml"] = self._density(samples).ravel()
        table["count"] = counts.ravel()
        return table

    def _density(self, samples: pd.DataFrame) -> Floats:
        group = samples["group"].map(GROUPS.index).to_numpy()
        return self.concentrations()[group, samples["day"].to_numpy()]
