"""A planted experiment: three kinds bloom one after the other in three bags, and one bag differs.

Written as complete FlowCam runs, one per bag and day, with the truth about the water. Nobody
sampled on one day, and every run analysed another volume of water, diluted or not.

To run the workflow on it:

    experiment = write_mesocosm(folder)       # folder/raw/<bag>-day<nn>/, folder/samples.tsv

and `snakemake --directory <folder> --configfile <folder>/config.yaml`, where config.yaml says

    samples: samples.tsv
    cluster: {k: 3}
    trends: {period: day, day_zero: "2024-05-06", level: label}

The sheet names path, site and group of each sample only: time, volume and dilution stand in the
files of the instrument (.ctx), the kinds in its classification (.cla), so that they come out as
labels, and with `level: name` or `cluster` as the clusters that the bundled model finds.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from synthetic.flowcam import START
from synthetic.flowcam_particles import empty_frame
from synthetic.flowcam_run import CompleteRun, complete_run
from synthetic.organisms import KINDS, organism

Floats = npt.NDArray[np.float64]
DAY_ZERO = START.date()
ML_A_FRAME = 1e-5  # of the runs of `complete_run`


@dataclass(frozen=True)
class Experiment:
    """What was planted.

    Attributes
    ----------
    days : int
        From `day_zero` on.
    bags : tuple of str
    centres : dict of str to float
        Day of the peak of each kind's bloom; NaN for a kind that does not bloom.
    width : float
        Standard deviation of a bloom, days.
    base, peak, steady : float
        Organisms per mL of water: of a kind that blooms long before and after, what the bloom
        adds at its peak, and of a kind that does not bloom.
    kind, bag, factor, since
        The effect of a bag: from day `since` on the kind is `factor` times as abundant there.
    missing : int
        The day on which nobody sampled.
    scatter : float
        Squared coefficient of variation of the concentration between samples.
    """

    days: int = 12
    bags: tuple[str, ...] = ("bag1", "bag2", "bag3")
    centres: dict[str, float] = field(
        default_factory=lambda: {"chain": 1.0, "disc": 5.5, "star": 10.0}
    )
    width: float = 2.0
    base: float = 40.0
    peak: float = 2500.0
    steady: float = 300.0
    kind: str = "disc"
    bag: str = "bag2"
    factor: float = 3.0
    since: int = 4
    missing: int = 7
    scatter: float = 0.02
    day_zero: date = DAY_ZERO

    @property
    def kinds(self) -> list[str]:
        return list(self.centres)

    @property
    def sampled(self) -> list[int]:
        return [day for day in range(self.days) if day != self.missing]

    def concentrations(self) -> Floats:
        """Return organisms per mL of water, shape (bags, days, kinds), without scatter."""
        day = np.arange(self.days)[:, None]
        apart = (day - np.array(list(self.centres.values()))) / self.width
        bloom = self.base + self.peak * np.exp(-(apart**2) / 2)
        water = np.tile(np.where(np.isnan(apart), self.steady, bloom), (len(self.bags), 1, 1))
        water[self.bags.index(self.bag), self.since :, self.kinds.index(self.kind)] *= self.factor
        return water

    def truth(self) -> pd.DataFrame:
        """Return ``group day period kind concentration_per_ml``, of unsampled days too."""
        index = pd.MultiIndex.from_product(
            [self.bags, range(self.days), self.kinds], names=["group", "day", "kind"]
        )
        table = pd.DataFrame({"concentration_per_ml": self.concentrations().ravel()}, index)
        table = table.reset_index()
        start = [(self.day_zero + timedelta(days=day)).isoformat() for day in table["day"]]
        return table.assign(period=start)

    def samples(self, random: np.random.Generator) -> pd.DataFrame:
        """Return ``sample group day frames dilution`` of one run per bag and sampled day."""
        rows = [(bag, day) for bag in self.bags for day in self.sampled]
        table = pd.DataFrame(rows, columns=["group", "day"])
        table["frames"] = 10 * random.integers(150, 400, len(rows))
        table["dilution"] = random.choice([1, 2], len(rows))
        table.insert(0, "sample", [f"{bag}-day{day:02d}" for bag, day in rows])
        return table

    def counts(self, samples: pd.DataFrame, random: np.random.Generator) -> npt.NDArray[np.int64]:
        """Return the organisms of each kind that each sample caught, shape (samples, kinds)."""
        bag = samples["group"].map(self.bags.index)
        density = self.concentrations()[bag, samples["day"]]
        density *= random.gamma(1 / self.scatter, self.scatter, density.shape)
        water = samples["frames"] * ML_A_FRAME / samples["dilution"]
        return random.poisson(density * water.to_numpy()[:, None])


@dataclass(frozen=True, eq=False)
class Written:
    """An experiment on disk: its sheet, its samples, what each caught, and what is true."""

    sheet: Path
    samples: pd.DataFrame
    counts: npt.NDArray[np.int64]
    truth: pd.DataFrame


def write_mesocosm(folder: Path, experiment: Experiment | None = None, seed: int = 0) -> Written:
    """Write the runs of an experiment and their sample sheet into a folder."""
    experiment = experiment or Experiment()
    random, frame = np.random.default_rng(seed), empty_frame(seed)
    samples = experiment.samples(random)
    counts = experiment.counts(samples, random)
    lines = ["sample\tpath\tinstrument\tsite\tgroup"]
    for row, caught in zip(samples.itertuples(), counts, strict=True):
        kinds = random.permutation(np.repeat(experiment.kinds, caught)).tolist()
        particles = [organism(kind, frame, random) for kind in kinds]
        path = folder / "raw" / row.sample
        run = complete_run(path, particles, outlines=False, calibration=False, classes=False)
        day = experiment.day_zero + timedelta(days=row.day)
        _tell(run, day, row.frames, row.dilution)
        run.list.with_suffix(".cla").write_text(_classification(kinds))
        lines.append(f"{row.sample}\traw/{row.sample}\tflowcam\tfjord\t{row.group}")
    sheet = folder / "samples.tsv"
    sheet.write_text("\n".join(lines) + "\n")
    return Written(sheet, samples, counts, experiment.truth())


def _tell(run: CompleteRun, day: date, frames: int, dilution: int) -> None:
    """Let a run's files tell of another day, volume and dilution than all runs do."""
    context, summary = (
        run.list.with_suffix(".ctx"), run.list.with_name(f"{run.list.stem}_run_summary.txt")
    )  # fmt: skip
    changes = [
        (run.list, DAY_ZERO.isoformat(), day.isoformat()),
        (context, DAY_ZERO.isoformat(), day.isoformat()),
        (context, "RawImageTotal=1000", f"RawImageTotal={frames}"),
        (context, "SampleDilution=4", f"SampleDilution={dilution}"),
        (summary, "Imaged: 0.0100 ml", f"Imaged: {frames * ML_A_FRAME:.4f} ml"),
    ]
    for path, old, new in changes:
        text = path.read_bytes()
        assert old.encode() in text or path == run.list, (path, old)  # no particle, no time
        path.write_bytes(text.replace(old.encode(), new.encode()))


def _classification(kinds: list[str]) -> str:
    lines = ["v3", "1", "by eye", str(len(KINDS))]
    for kind in KINDS:
        members = [str(number) for number, one in enumerate(kinds, start=1) if one == kind]
        lines += [kind, "OR", "0", str(len(members)), *members]
    return "\n".join(lines) + "\n"
