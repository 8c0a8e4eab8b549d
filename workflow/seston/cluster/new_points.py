"""The space that settings ask for, fitted to the embeddings of a run."""

import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from seston.cluster.columns import read_columns
from seston.cluster.points import Points
from seston.cluster.shards import EmbeddingShards
from seston.cluster.space import embeddings_alone, fit_space
from seston.errors import SestonError

log = logging.getLogger("seston")

FITTED_ON = 65_536  # images, drawn by the seed: of 384 numbers each, 100 MB


@dataclass(frozen=True)
class SpaceSettings:
    """What is clustered.

    Attributes
    ----------
    pca : int
        Principal components of the embeddings; 0 = the embeddings themselves.
    whiten : bool
        Scale principal components to equal variance.
    columns : dict of str to float
        Measurements beside the embedding, each with its weight; of weight 1 is one that
        varies as much as the whole embedding. ``log_`` before a name: its natural logarithm.
    """

    pca: int = 0
    whiten: bool = False
    columns: dict[str, float] = field(default_factory=dict)


def new_points(
    embeddings_dir: Path,
    shards: list[str],
    settings: SpaceSettings,
    spherical: bool,
    seed: int,
    segment_dir: Path | None = None,
) -> tuple[Points, dict[str, Any]]:
    """Return the embeddings of all shards in a space fitted to them, and facts about the space.

    Parameters
    ----------
    embeddings_dir : Path
        Folder with one ``<shard>.arrow`` per shard.
    shards : list of str
    settings : SpaceSettings
    spherical : bool
        Scale rows to length 1 in the end.
    seed : int
        For the images that the space is fitted on.
    segment_dir : Path, optional
        Folder with ``<shard>/crops.parquet``, where there are columns.

    Raises
    ------
    SestonError
        If an embedding is not finite or all zero, more components are asked for than there
        are, or no image has one of the measurements.
    """
    embeddings = EmbeddingShards(embeddings_dir, shards)
    embeddings.require_usable()
    if settings.pca > embeddings.dim:
        raise SestonError(
            f"cluster.pca is {settings.pca}, but an embedding has {embeddings.dim} numbers:"
            f" expected 1 to {embeddings.dim}, or 0 for the embeddings themselves"
        )
    names, weights = list(settings.columns), list(settings.columns.values())
    facts: dict[str, Any] = {
        "pca": settings.pca,
        "whiten": settings.whiten,
        "spherical": spherical,
        "columns": settings.columns,
    }
    measured = None
    if names:
        if segment_dir is None:
            raise SestonError(
                f"cluster.columns has {', '.join(names)}; give --segment-dir, where they are"
            )
        measured = read_columns(embeddings, segment_dir, names)
        gaps = np.isnan(measured).sum(axis=0).tolist()
        facts["missing"] = dict(zip(names, gaps, strict=True))
        for name, missing in facts["missing"].items():
            if missing == len(embeddings):
                raise SestonError(
                    f"cluster.columns: no image has a value of {name}; take another"
                    " measurement, or give what it needs (such as pixel_um) in the sample sheet"
                )
            if missing:
                log.warning("%s: %d images without a value get the mean", name, missing)
    if not (settings.pca or settings.whiten or names):
        return Points(embeddings, embeddings_alone(embeddings.dim, spherical)), facts
    drawn = embeddings.draw(FITTED_ON, np.random.default_rng(seed))
    sample = embeddings.take(drawn)
    space = fit_space(sample, spherical, settings.pca, settings.whiten, names, weights, measured)
    facts |= {"fitted_on": len(drawn), "components": len(space.components)}
    return Points(
        embeddings, space, None if measured is None else measured.astype(np.float32)
    ), facts
