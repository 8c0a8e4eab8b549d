"""Stage `efficiency`: a variant learns from a fraction of the labels, and answers about others."""

import json
import logging
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import numpy.typing as npt

from seston import store
from seston.classify.embedded import positions_of
from seston.classify.headed import fit_again, fit_head
from seston.classify.measured import AUTO, gains, measured_of
from seston.classify.task import Task, task_of
from seston.classify.trial import Trial, write_trial
from seston.classify.variants import Variant, variant_of
from seston.cluster.shards import EmbeddingShards
from seston.labels.manifest import read_labelled

log = logging.getLogger("seston")

Floats = npt.NDArray[np.float64]


def efficiency(
    *,
    labelled: Path,
    tiles_dir: Path,
    embeddings_dir: Path,
    shards: list[str],
    model: Path,
    variant: str,
    fraction: float,
    seed: int,
    most_steps: int,
    logits: Path,
    record: Path,
    noise: list[str] | None = None,
    segment_dir: Path | None = None,
    device: str = "auto",
    threads: int = 1,
) -> None:
    """Learn from a fraction of the labels, and answer about organisms of other days.

    Parameters
    ----------
    labelled : Path
        The labels, and how they are split.
    tiles_dir, embeddings_dir : Path
        Folders of the tiles, and of the embeddings of `model`.
    shards : list of str
        Their shards.
    model : Path
        The model that variants start from.
    variant : str
        Which way to learn; see `seston.classify.variants`.
    fraction : float
        Of the labels of each class; above 1 so many labels of each.
    seed : int
        Which of the splits of the labels, from 0; also the seed of all that is drawn.
    most_steps : int
        Of one training of a network, at most.
    logits : Path
        Written: its answers about the validation and the test part.
    record : Path
        Written: what was learned from, tried and taken, and what it cost (JSON).
    noise : list of str
        Classes that are no organisms, for binary variants.
    segment_dir : Path
        Folder with ``<shard>/crops.parquet``, for variants that learn from measurements too.
    device : str
        ``auto``, ``cpu`` or ``cuda``, for networks.
    threads : int
        Threads to use.
    """
    way, labels = variant_of(variant), read_labelled(labelled)
    task = task_of(labels, way, fraction, seed, noise or ())
    began = time.monotonic()
    # Solved heads on embeddings that are there need no network, and no seconds to start one.
    if way.phases[0] == "head" and not way.random:
        embeddings = EmbeddingShards(embeddings_dir, shards)
        positions = positions_of(labels.ids, embeddings, labelled)
        embedded = embeddings.take(positions)
        measured, values = measured_of(
            [AUTO] if way.measured else (), embeddings, segment_dir, positions
        )
        origin = embeddings.fingerprint
    else:
        embedded, origin = None, ""
    if way.phases == ("head",) and embedded is not None:
        gain = gains(embedded.shape[1], measured)
        trial = _on_embeddings(measured.beside(embedded, values), task, way, seed, gain)
    else:
        from seston.classify.networks.course import run_course

        trial = run_course(
            way, task, labels.ids, tiles_dir=tiles_dir, shards=shards, model=model,
            embedded=embedded, seed=seed, most_steps=most_steps, device=device, threads=threads,
        )  # fmt: skip
    seconds = time.monotonic() - began
    made_by = store.fingerprint(
        "efficiency", variant, fraction, seed, store.read_metadata(labelled)["fingerprint"], origin
    )
    write_trial(trial, labels.ids, task, made_by, logits)
    about = {
        "variant": variant,
        "title": way.title,
        "from_scratch": way.from_scratch,
        "fraction": fraction,
        "seed": seed,
        "classes": list(task.classes),
        "labels": len(task.training),
        "validation": len(task.validation),
        "test": len(task.test),
        "counts": task.counts.tolist(),
        "prior": trial.prior.tolist(),
        "tried": [asdict(one) for one in trial.tried],
        "steps": trial.steps,
        "seconds": round(seconds, 3),
    }
    store.write_text(json.dumps(about, indent=1, allow_nan=True) + "\n", record)
    log.info(
        "%s at fraction %g (seed %d): %d labels, %d steps, %.1f s",
        variant, fraction, seed, len(task.training), trial.steps, seconds,
    )  # fmt: skip


def _on_embeddings(
    x: npt.NDArray[np.float32], task: Task, variant: Variant, seed: int, gain: Floats
) -> Trial:
    sampling = variant.sampling[0]
    head, tried = fit_head(x, task, variant, sampling, seed, gain)
    last = fit_again(x, task, variant, sampling, seed, tried, gain) if variant.refitted else head
    return Trial(head(x[task.validation]), last(x[task.test]), task.prior(sampling), tuple(tried))
