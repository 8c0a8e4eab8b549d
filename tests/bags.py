"""Counts of classes in simulated bags, as cells or as the tables of a run."""

import numpy as np
import pandas as pd
import pyarrow as pa

from seston import store
from seston.change.cells import cells_of
from seston.change.correlation import grid_of
from seston.change.design import design_of
from seston.change.difference import Regression
from seston.schemas import IMAGES


def simulated(
    seed, classes, bags=4, days=23, lag1=0.0, images=10.0, factor=1.0, begin=0, trend=1.0, drift=1.0
):
    """Return a regression and counts (classes, N), one sample per bag and day.

    The first bag has `factor` times as much from day `begin` on. From the first to the last day
    all change by `trend`, and the first bag by `drift` beside it.
    """
    random = np.random.default_rng(seed)
    course = random.standard_normal((classes, bags, days))
    for day in range(1, days):
        course[..., day] *= np.sqrt(1 - lag1**2)
        course[..., day] += lag1 * course[..., day - 1]
    through = np.arange(days) / max(days - 1, 1)
    true = images * np.exp(0.4 * course) * trend**through
    true[:, 0, begin:] *= factor
    true[:, 0] *= drift**through
    bag, day = (x.ravel() for x in np.indices((bags, days)))
    volume = random.uniform(0.5, 2, len(day))
    scattered = random.gamma(10, 0.1, (classes, len(day)))
    counts = random.poisson(true.reshape(classes, -1) * volume * scattered)
    cells = cells_of(bag, day, volume)
    return Regression(cells, design_of(cells), grid_of(cells)), cells.total(counts.T).T


def write_tables(folder, counts, group, day, volume=1.0, site="sea", sites=None):
    """Write images.parquet and samples.tsv of m samples with counts (m, K).

    `volume` of a sample may be NaN, `sites` one site for each sample.
    """
    samples, clusters = np.shape(counts)
    names = np.array([f"s{place:04d}" for place in range(samples)])
    used = np.sum(counts, axis=1, dtype=int)
    times = pd.Timestamp("2024-05-06T09:00") + pd.to_timedelta(np.asarray(day), unit="D")
    pd.DataFrame({
        "sample": names, "site": site if sites is None else sites, "group": group,
        "datetime": times.strftime("%Y-%m-%dT%H:%M:%S") if samples else [],
        "listed": used, "used": used, "rejected": 0, "readable": 1.0,
        "volume_ml": volume, "dilution": 1.0,
    }).to_csv(folder / "samples.tsv", sep="\t", index=False)  # fmt: skip
    flat = np.ravel(counts).astype(int)
    sample, cluster = (np.repeat(x.ravel(), flat) for x in np.indices((samples, clusters)))
    table = {field.name: pa.nulls(len(sample), field.type) for field in IMAGES}
    ids = [f"{names[row]}/{place:07d}" for place, row in enumerate(sample)]
    told = {
        "image_id": ids,
        "sample": names[sample].tolist(),
        "cluster": cluster,
        "coarse": cluster,
    }
    told["name"] = [""] * len(sample)
    for column, values in told.items():
        table[column] = pa.array(values, IMAGES.field(column).type)
    store.write_table(pa.table(table), folder / "images.parquet", IMAGES, "images", "x")
