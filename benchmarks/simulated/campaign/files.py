"""A campaign in a folder: raw files, sample sheet, settings, and the truth about it.

In raw/<sample>/ a FlowCam run for each group and day; samples.tsv has paths, sites and groups only,
since the rest stands in the instrument's files; config.yaml. In truth/: water.tsv (what swims where
and when, and what each run caught), organisms.parquet (kind of each organism), campaign.json.
"""

import json
from concurrent.futures import ProcessPoolExecutor
from copy import deepcopy
from dataclasses import asdict
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd
import yaml
from simulated.campaign.crops import Pool, pool_of
from simulated.campaign.flowcam import write_run
from simulated.campaign.water import DAY_ZERO, Experiment

EXAMPLE = Path(__file__).parents[3] / "example"
#: Kinds that are there all the time: too alike to be told apart from each other by day.
STEADY = ("culture", "filament", "ocean")
#: About as many clusters as a person would name.
SETTINGS: dict[str, Any] = {
    "samples": "samples.tsv",
    "shard_by": "day",
    "cluster": {"k": 100},
    "trends": {"period": "day", "day_zero": f"{DAY_ZERO:%Y-%m-%d}"},
    "report": {"title": "Simulated mesocosm campaign"},
}


@lru_cache(maxsize=1)
def pool() -> Pool:
    """Return the crops of the example; read once per process."""
    return pool_of(EXAMPLE)


def experiment_of(kinds: list[str]) -> Experiment:
    """Return the experiment: all kinds bloom but the steady ones; the fourth to do so differs."""
    blooms = tuple(kind for kind in kinds if kind not in STEADY)
    return Experiment(blooms, tuple(kind for kind in kinds if kind in STEADY), blooms[3])


def write_campaign(
    folder: Path, organisms: int, changes: dict[str, Any], processes: int, seed: int = 0
) -> None:
    """Write a campaign of so many organisms; the same bytes whatever the number of processes.

    Parameters
    ----------
    folder : Path
        Made if need be. What was written before is written again.
    organisms : int
    changes : dict
        Settings other than those of `SETTINGS`, by section.
    processes : int
    seed : int
    """
    random = np.random.default_rng(seed)
    experiment = experiment_of(pool().kinds)
    samples = experiment.samples(organisms, random)
    counts = experiment.counts(samples, organisms, random)
    seeds = np.random.SeedSequence(seed).spawn(len(samples))
    order = [pool().kinds.index(kind) for kind in experiment.kinds]
    tasks = [
        (folder / "raw" / row["sample"], np.repeat(order, caught), row, one)
        for (_, row), caught, one in zip(samples.iterrows(), counts, seeds, strict=True)
    ]
    # Spawned: a forked child would wait for threads of OpenCV that it does not have.
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as workers:
        written = list(workers.map(_write, tasks, chunksize=4))
    kinds = np.concatenate([kinds for kinds, _ in written])
    pixels = sum(pixels for _, pixels in written)
    _write_sheet(folder, samples)
    _write_truth(folder / "truth", experiment, samples, counts, kinds)
    raw = sum(file.stat().st_size for file in (folder / "raw").glob("*/*"))
    told = {"organisms": organisms, "mean_side_px": (pixels / organisms) ** 0.5, "raw_bytes": raw}
    told |= {"samples": len(samples), "seed": seed, "changes": changes}
    settings = deepcopy(SETTINGS)
    for section, values in changes.items():
        settings.setdefault(section, {}).update(values)
    (folder / "config.yaml").write_text(yaml.safe_dump(settings, sort_keys=False))
    planted = asdict(experiment) | {"centres": experiment.centres.tolist()}
    # Last: a campaign with this file is whole.
    whole = json.dumps(told | {"planted": planted}, indent=1)
    (folder / "truth" / "campaign.json").write_text(whole)


def _write(task: tuple[Path, npt.NDArray[np.int64], pd.Series, np.random.SeedSequence]):
    cv2.setNumThreads(1)
    folder, kinds, sample, seed = task
    random = np.random.default_rng(seed)
    kinds = random.permutation(kinds)
    return kinds, write_run(folder, kinds.tolist(), pool(), sample, random)


def _write_sheet(folder: Path, samples: pd.DataFrame) -> None:
    sheet = pd.DataFrame({"sample": samples["sample"], "path": "raw/" + samples["sample"]})
    sheet["instrument"], sheet["site"], sheet["group"] = "flowcam", "mesocosm", samples["group"]
    sheet.to_csv(folder / "samples.tsv", sep="\t", index=False)


def _write_truth(
    folder: Path,
    experiment: Experiment,
    samples: pd.DataFrame,
    counts: npt.NDArray[np.int64],
    kinds: npt.NDArray[np.int64],
) -> None:
    folder.mkdir(exist_ok=True)
    water = experiment.truth(samples, counts)
    water.to_csv(folder / "water.tsv", sep="\t", index=False, float_format="%.6g")
    caught = counts.sum(axis=1)
    within = np.arange(caught.sum()) - np.repeat(np.cumsum(caught) - caught, caught) + 1
    numbers = pd.Series(within).map("/{:06d}".format)
    names = samples["sample"].repeat(caught).reset_index(drop=True)
    kind = pd.Categorical.from_codes(kinds, pool().kinds)
    organisms = pd.DataFrame({"image_id": names + numbers, "kind": kind})
    organisms.to_parquet(folder / "organisms.parquet", index=False)
