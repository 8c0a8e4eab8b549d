"""The tables of a finished run of a planted experiment, straight from what was planted."""

from datetime import datetime, time, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from seston import store
from seston.cluster.reclusterings import RECLUSTERINGS
from seston.tsv import write_tsv
from synthetic.mesocosm import ML_A_FRAME, Experiment

BIOVOLUME_UM3 = 1000.0  # of every organism


def write_tables(
    folder: Path, experiment: Experiment, samples: pd.DataFrame, counts: npt.NDArray[np.int64]
) -> dict[str, Path]:
    """Write ``images`` and ``samples`` as the workflow would: kind i is cluster i, and its name.

    Parameters
    ----------
    folder : Path
    experiment : Experiment
    samples : pandas.DataFrame, m rows
        As `Experiment.samples` draws them.
    counts : ndarray of int64, shape (m, K)
        As `Experiment.counts` draws them.
    """
    paths = {"images": folder / "images.parquet", "samples": folder / "samples.tsv"}
    row, kind = (
        np.repeat(place, counts.ravel()) for place in np.indices(counts.shape).reshape(2, -1)
    )
    number = np.arange(len(row))
    images = pa.table(
        {
            "image_id": [
                f"{samples['sample'][r]}/{i:06d}" for i, r in zip(number, row, strict=True)
            ],
            "sample": samples["sample"].to_numpy(object)[row],
            "label": np.array(experiment.kinds, object)[kind],
            "cluster": kind.astype(np.int32),
            "coarse": (kind // 10).astype(np.int32),
            "name": np.array(experiment.kinds, object)[kind],
            "density_cluster": np.where(number % 20, kind, -1).astype(np.int32),
            "biovolume_um3": np.full(len(row), BIOVOLUME_UM3),
        }
    )
    images = images.sort_by("image_id")
    store.write_table(images, paths["images"], images.schema, "images", "planted")
    noon = [
        datetime.combine(experiment.day_zero, time(12)) + timedelta(days=int(day))
        for day in samples["day"]
    ]
    used = counts.sum(axis=1)
    write_tsv(
        {
            "sample": samples["sample"],
            "site": ["fjord"] * len(samples),
            "group": samples["group"],
            "datetime": [moment.isoformat() for moment in noon],
            "listed": used,
            "used": used,
            "readable": [1.0] * len(samples),
            "volume_ml": samples["frames"] * ML_A_FRAME,
            "dilution": samples["dilution"],
        },
        paths["samples"],
    )
    return paths


def write_reclusterings(
    path: Path,
    samples: pd.DataFrame,
    counts: npt.NDArray[np.int64],
    strays: float,
    random: np.random.Generator,
    runs: int = 10,
) -> Path:
    """Write clusterings made anew, in each of which a share of all images went astray.

    In run r the images that leave kind i are those of kind i + r + 1.
    """
    parts = []
    for run in range(runs):
        left = random.binomial(counts, strays)
        again = counts - left + np.roll(left, run + 1, axis=1)
        row, cluster = np.nonzero(again)
        sample = samples["sample"].to_numpy(object)[row]
        columns = [np.full(len(row), run), sample, cluster, again[row, cluster]]
        parts.append(pa.table(dict(zip(RECLUSTERINGS.names, columns, strict=True))))
    table = pa.concat_tables(parts)
    facts = {"made_by": "planted", "runs": str(runs)}
    store.write_table(table, path, RECLUSTERINGS, "reclusterings", **facts)
    return path
