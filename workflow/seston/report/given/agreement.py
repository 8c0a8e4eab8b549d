"""Whether the inputs of a report belong together."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from seston.errors import SestonError
from seston.trends.periods import start_of_period


def require_same_clusters(
    images: Path, organisms: pd.DataFrame, examples: Path, shown: pd.DataFrame
) -> None:
    """Raise `SestonError` unless each example lies in the cluster that its organism has."""
    told = organisms.set_index("image_id")["cluster"].reindex(shown["image_id"]).to_numpy()
    if (told != shown["cluster"].to_numpy()).any():
        raise SestonError(
            f"{examples} shows organisms in other clusters than {images} tells;"
            " delete the older and run again"
        )


def require_known_clusters(table: Path, counted: pd.DataFrame, kmeans: Path, k: int) -> None:
    """Raise `SestonError` unless all clusters of a table are among the k of the clustering."""
    strange = sorted(set(counted["cluster"]) - set(range(k)))
    if strange:
        raise SestonError(
            f"{table} tells of cluster {strange[0]:g}, but {kmeans} has the clusters"
            f" 0 to {k - 1}; delete the older and run again"
        )


def require_clustering(path: Path, found: object, kmeans: Path, fingerprint: str) -> None:
    """Raise `SestonError` unless a file was made of this clustering."""
    if found != fingerprint:
        raise SestonError(
            f"{path} is of the clustering {str(found)[:12]}, but {kmeans} is"
            f" {fingerprint[:12]}; delete the older and run again"
        )


def require_embeddings(path: Path, found: object, kmeans: Path, fingerprint: object) -> None:
    """Raise `SestonError` unless a file was made of the embeddings that were clustered."""
    if found != fingerprint:
        raise SestonError(
            f"{path} is of the embeddings {str(found)[:12]}, but {kmeans} was made of"
            f" {str(fingerprint)[:12]}; delete the older and run again"
        )


def require_own_clusters(table: Path, told: pd.DataFrame, organisms: pd.DataFrame) -> None:
    """Raise `SestonError` unless each organism is known, and in the cluster that it has."""
    own = organisms.set_index("image_id")["cluster"].reindex(told["image_id"]).to_numpy(float)
    strange = told["image_id"][own != told["cluster"].to_numpy(float)]
    if len(strange):
        raise SestonError(
            f"{table} has {strange.iloc[0]!r} in another cluster than the table of organisms, or"
            " it is not there; delete the older and run again from tables"
        )


def require_same_periods(
    abundance: Path,
    counted: pd.DataFrame,
    samples: Path,
    taken: pd.DataFrame,
    trends: Mapping[str, Any],
) -> None:
    """Raise `SestonError` unless just the sampled periods of each site and group were counted.

    A table without any row is right where no sample gave an image. `trends` are the settings.
    """
    times, period = pd.to_datetime(taken["datetime"], format="ISO8601"), trends["period"]
    starts = start_of_period(times, period, trends.get("day_zero", ""))
    sampled = taken.assign(period=starts)
    keys = ["site", "group", "period"]
    told, there = (set(table[keys].itertuples(index=False)) for table in (counted, sampled))
    if told != there and (told or taken["used"].sum()):
        site, group, start = min(told ^ there)
        where = f"site {site!r}, group {group!r}, {period} {start}"
        raise SestonError(
            f"{abundance} and {samples} differ in what was sampled: {where} is only in"
            f" {abundance if (site, group, start) in told else samples};"
            " delete the older and run again from trends"
        )


def require_chosen(verdict: Path, chosen: str, given: Iterable[tuple[Path, str]]) -> None:
    """Raise `SestonError` unless these files, told with their models, are of the chosen model."""
    for path, model in given:
        if model != chosen:
            raise SestonError(
                f"{path} is of the {model} model, but {verdict} chose the {chosen} one;"
                " delete the older and run again from choose"
            )


def require_evidence(verdict: Path, chosen: str, evidence: pd.DataFrame) -> None:
    """Raise `SestonError` unless the chosen model is among those that evidence was given of."""
    models = sorted(set(evidence["model"]))
    if chosen not in models:
        raise SestonError(
            f"{verdict} chose the {chosen} model, but the evidence is of"
            f" {' and '.join(models) or 'none'}; give the evidence.tsv of every model"
        )


def require_same_model(
    verdict: Path, fingerprint: str, given: Mapping[Path | None, str | None]
) -> None:
    """Raise `SestonError` unless these files, told with their models' fingerprints, are of one."""
    for path, found in given.items():
        if path is not None and found != fingerprint:
            raise SestonError(
                f"{path} is of a model {str(found)[:12]}, but {verdict} was written of"
                f" {fingerprint[:12]}; delete the older and run again from choose"
            )
