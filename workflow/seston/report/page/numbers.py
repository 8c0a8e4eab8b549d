"""The numbers of the cards and tables of the page, as CSV."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from seston.report.drawing.spreadsheets import write_csv
from seston.report.given.results import Results
from seston.report.given.sample_quality import SampleQuality
from seston.report.words import methods
from seston.report.words.summary import ClusterFacts


def write_numbers(
    results: Results,
    known: SampleQuality,
    facts: Sequence[ClusterFacts],
    edges: npt.NDArray[np.float64],
    data: Path,
) -> None:
    """Write samples, what is odd about them, rejects, clusters with sites and sizes, engines."""
    clusters = [(one.cluster, one.count, one.share, one.measured, one.median_esd) for one in facts]
    sites = [(one.cluster, site, share) for one in facts for site, share in one.sites]
    sizes = [
        (one.cluster, low, high, count)
        for one in facts
        for low, high, count in zip(edges, edges[1:], one.histogram, strict=False)
    ]
    tables: dict[str, tuple[list, list[str]]] = {
        "clusters": (clusters, ["cluster", "count", "share", "measured", "median_esd_um"]),
        "sites": (sites, ["cluster", "site", "share_of_cluster"]),
        "sizes": (sizes, ["cluster", "esd_um_from", "esd_um_to", "count"]),
    }
    for name, (rows, columns) in tables.items():
        write_csv(pd.DataFrame(rows, columns=columns), data / f"{name}.csv")
    if results.runtime:
        write_csv(methods.runtime_trials(results.runtime), data / "runtime.csv")
    write_csv(results.samples, data / "samples.csv")
    write_csv(known.table, data / "sample_quality.csv")
    write_csv(
        pd.concat([known.table["sample"], known.reasons], axis=1), data / "sample_rejects.csv"
    )
    write_csv(results.quality, data / "quality.csv")
    write_csv(results.rejected, data / "rejected.csv")
