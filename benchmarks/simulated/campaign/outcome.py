"""Whether what was planted came out: in the tables of a finished run, against the truth."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from scipy.stats import spearmanr


class Outcome(NamedTuple):
    """What came out.

    Attributes
    ----------
    organisms : int
        In the table of images, of those that were pasted.
    clusters : int
        With one kind that blooms in most of its images: those that are judged.
    order : float
        Rank correlation of these clusters' centre in time with the planted day of the peak.
    days_off : float
        Median distance of a cluster's centre from that of its organisms in the water, days.
    bag : str
        The group with most of the planted kind against the mean of all.
    inside : float
        Share of samples of which the tables tell the analysed volume, undiluted, within 1 %.
    """

    organisms: int
    clusters: int
    order: float
    days_off: float
    bag: str
    inside: float


def outcome_of(folder: Path, planted: dict) -> Outcome:
    """Compare tables and truth; `planted` is that of truth/campaign.json."""
    tables = folder / "results" / "tables"
    images = pq.read_table(tables / "images.parquet", columns=["image_id", "sample", "cluster"])
    frame = images.to_pandas().merge(
        pd.read_parquet(folder / "truth" / "organisms.parquet"), on="image_id", validate="1:1"
    )
    water = pd.read_csv(folder / "truth" / "water.tsv", sep="\t")
    samples = water.drop_duplicates("sample").set_index("sample")
    counts = pd.crosstab(frame["cluster"], frame["kind"])
    shares = counts.div(counts.sum(axis=1), axis=0)
    kind = shares.idxmax(axis=1)[shares.max(axis=1) > 0.5]
    centres = dict(zip(planted["blooms"], planted["centres"], strict=False))
    kind = kind[kind.isin(list(centres))]
    timing = pd.read_csv(tables / "timing.tsv", sep="\t")
    timing["cluster"] = timing["class"].map(_number)
    found = timing.set_index("cluster")["centre_day"].dropna()
    judged = kind.index.intersection(found.index)
    order = spearmanr([centres[kind[one]] for one in judged], found[judged]).statistic
    effort = 1 / samples["volume_ml"]
    frame["per_ml"] = frame["sample"].map(effort)
    frame["day"] = frame["sample"].map(samples["day"])
    weighed = frame.groupby("cluster")[["per_ml", "day"]].apply(
        lambda rows: np.average(rows["day"], weights=rows["per_ml"])
    )
    off = float((found - weighed).abs().median())
    bag, inside = _bag(tables, counts, planted["kind"]), _inside(tables, samples)
    return Outcome(len(frame), len(judged), float(order), off, bag, inside)


def _number(name: object) -> int:
    return int(str(name).removeprefix("cluster "))


def _bag(tables: Path, counts: pd.DataFrame, kind: str) -> str:
    """Return the group with most of a kind against the mean of all, over the kind's clusters.

    A cluster counts by its images of the kind, and by their share in it.
    """
    effects = pd.read_csv(tables / "group_effects.tsv", sep="\t")
    ratios = effects.assign(cluster=effects["class"].map(_number)).pivot(
        index="cluster", columns="group", values="ratio"
    )
    weight = (counts[kind] ** 2 / counts.sum(axis=1)).reindex(ratios.index, fill_value=0)
    return str(np.log(ratios).mul(weight, axis=0).sum().idxmax())


def _inside(tables: Path, samples: pd.DataFrame) -> float:
    told = pd.read_csv(tables / "samples.tsv", sep="\t").set_index("sample")
    volume = (told["volume_ml"] / told["dilution"]).reindex(samples.index)
    return float((abs(volume / samples["volume_ml"] - 1) < 0.01).mean())
