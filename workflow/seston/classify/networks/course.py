"""The phases of a variant, one after the other, from a network to its answers."""

import logging
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import torch

from seston.batches import derived_seed
from seston.classify.headed import fit_head
from seston.classify.heads import Head
from seston.classify.networks.learning import train_network
from seston.classify.networks.network import answers
from seston.classify.networks.pictures import Pictures
from seston.classify.task import Task
from seston.classify.trial import Trial, Tried
from seston.classify.variants import Variant
from seston.models.backbones import Backbone, spec_of
from seston.models.hardware import choose_device, choose_precision, repeatable
from seston.models.model_file import read_model

log = logging.getLogger("seston")

Rows = npt.NDArray[np.float32]


def run_course(
    variant: Variant,
    task: Task,
    ids: pa.Array,
    *,
    tiles_dir: Path,
    shards: list[str],
    model: Path,
    embedded: Rows | None,
    seed: int,
    most_steps: int,
    device: str = "auto",
    threads: int = 1,
) -> Trial:
    """Learn as the variant says, and answer about validation and test.

    Parameters
    ----------
    variant : Variant
    task : Task
    ids : pyarrow.Array of string
        Organisms of the manifest.
    tiles_dir : pathlib.Path
    shards : list of str
    model : pathlib.Path
        The run's model.
    embedded : ndarray of float32 (n, d) or None
        The model's embeddings of all `ids`, where the first phase can take them.
    seed : int
    most_steps : int
        Of one training, at most.
    device : str
    threads : int

    Raises
    ------
    SestonError
        If tiles and model do not fit.
    """
    where = choose_device(device)
    repeatable(threads, where)
    trained, card, _ = read_model(model)
    pictures = Pictures(tiles_dir, shards, ids, where)
    pictures.tiles.require_fit(model, card.image_size, card.tiles)
    torch.manual_seed(derived_seed(seed, 0))
    backbone = trained
    if variant.random:
        spec = spec_of(variant.network) if variant.network else trained.spec
        backbone = Backbone(spec, pictures.tiles.size)
        embedded = None
    backbone = backbone.to(where).eval()
    head: Head | None = None
    tried: list[Tried] = []
    for phase, sampling in zip(variant.phases, variant.sampling, strict=True):
        if phase == "head":
            x = _features(backbone, pictures, task, len(ids)) if embedded is None else embedded
            head, found = fit_head(x, task, variant, sampling, seed)
            validation, test = head(x[task.validation]), head(x[task.test])
        else:
            network, found = train_network(
                backbone, head, pictures, task, variant, sampling,
                seed=seed, most_steps=most_steps, precision=choose_precision("auto", where),
            )  # fmt: skip
            validation = answers(network, pictures.whole(task.validation)).astype(np.float64)
            test = answers(network, pictures.whole(task.test)).astype(np.float64)
            backbone, embedded = network.backbone, None
        tried += found
    return Trial(validation, test, task.prior(variant.sampling[-1]), tuple(tried))


def _features(backbone: Backbone, pictures: Pictures, task: Task, count: int) -> Rows:
    """Return the features of the rows that the task names, (count, d); other rows are 0."""
    rows = np.concatenate([task.training, task.validation, task.test])
    found = answers(backbone, pictures.whole(rows))
    x = np.zeros((count, found.shape[1]), np.float32)
    x[rows] = found
    return x
