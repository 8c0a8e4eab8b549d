"""Train a backbone on the tiles, without labels: DINO or SimCLR."""

import logging
from dataclasses import asdict
from pathlib import Path
from typing import Literal

from seston import store
from seston.collection import Tiles
from seston.distributed import is_one_of_several, joined, launch, usable_processes
from seston.errors import SestonError
from seston.lineage import code_digest
from seston.models.hardware import choose_device, repeatable
from seston.models.model_file import card_of, read_model, write_model
from seston.resume import noted_sigterm, take_up, train
from seston.staging import on_own_disk
from seston.training import HISTORY, Trainer
from seston.training_settings import Settings

log = logging.getLogger("seston")

#: spread of the features under which a model is of no use
COLLAPSED = 0.05


def finetune(
    *,
    tiles_dir: Path,
    shards: list[str],
    backbone: Path,
    model: Path,
    history: Path,
    resume: Path,
    method: Literal["dino", "simclr"],
    epochs: int,
    max_images: int,
    batch_size: int,
    learning_rate: float,
    weight_decay: float,
    local_crops: int,
    seed: int,
    accumulate: int = 1,
    layer_decay: float = 1.0,
    precision: Literal["auto", "fp32", "bf16"] = "auto",
    global_size: int | None = None,
    local_size: int | None = None,
    global_area: tuple[float, float] = (0.4, 1.0),
    local_area: tuple[float, float] = (0.1, 0.4),
    head: Literal["anchored", "random"] = "anchored",
    prototypes: int = 1024,
    projection: int = 2048,
    temperature: float = 0.2,
    optimiser: Literal["adamw", "lars"] = "adamw",
    momentum: float | None = None,
    warmup: float = 0.1,
    frozen: float = 1.0,
    clip: float = 3.0,
    save_every: int = 50,
    device: str = "auto",
    processes: int = 1,
    staged: bool = False,
    threads: int = 1,
) -> None:
    """Train a backbone on the tiles, without labels.

    Asked to end by SIGTERM, it saves and exits with status 143; the same command goes on.

    Parameters
    ----------
    tiles_dir : pathlib.Path
        Folder of the tiles.
    shards : list of str
        Names of the shards to learn from.
    backbone : pathlib.Path
        Model file to start from.
    model : pathlib.Path
        Model file to write: the slow average for DINO, else the encoder.
    history : pathlib.Path
        Table to write, one row per step: loss, schedules and the spread of the features.
    resume : pathlib.Path
        State of an unfinished training. Written every `save_every` steps and on SIGTERM,
        taken up when all settings and inputs are the same, removed at the end.
    method : {'dino', 'simclr'}
        Self-distillation of crops, or contrast of two crops.
    epochs : int
        Passes over the images chosen for each epoch.
    max_images : int
        Images per epoch, evenly over the samples; 0 takes all.
    batch_size : int
        Images per step, over all processes.
    learning_rate : float
        At its peak.
    weight_decay : float
        At the start; at the end it is ten times as large.
    local_crops : int
        Small crops per image besides the two global ones (DINO).
    seed : int
        Of every draw.
    accumulate : int
        Parts in which each process computes its share of a batch, to save memory. The result
        is the same within rounding, but for networks with batch norm, which see a part.
    layer_decay : float
        Factor of the learning rate from each block or stage to the one before; 1 is none.
    precision : {'auto', 'fp32', 'bf16'}
        Of matrix products; ``auto`` is bf16 where the hardware computes it.
    global_size, local_size : int
        Sides of the crops in pixels; by default the tile, and half of it (whole patches).
    global_area, local_area : tuple of float
        Smallest and largest share of the tile in a crop.
    head : {'anchored', 'random'}
        Start of DINO's head: the features of images before the training, or the paper's random
        weights, which need far more steps than one epoch of a small data set has.
    prototypes : int
        Outputs of DINO's head.
    projection : int
        Width of SimCLR's head between its layers.
    temperature : float
        Divides the cosines of SimCLR's loss.
    optimiser : {'adamw', 'lars'}
        LARS is for SimCLR in batches of thousands; its learning rates are some thousand times those
        of AdamW.
    momentum : float or None
        Of DINO's teacher, at the start; it ends at 1. None: fits the number of steps
        (`teacher_momentum`).
    warmup : float
        Share of the training in which the learning rate rises.
    frozen : float
        Epochs in which DINO's prototypes stay as they are.
    clip : float
        Largest norm of the gradient.
    save_every : int
        Steps between two writings of the resume file.
    device : str
        ``auto``, ``cpu`` or ``cuda``.
    processes : int
        Processes that train together, one per GPU; with fewer GPUs and device ``auto``, fewer.
        The result is the same within rounding, as with `accumulate`.
    staged : bool
        Copy the tiles to this machine's own disk first (``$TMPDIR``): training reads them in random
        order, epoch for epoch.
    threads : int
        Threads to use, shared by the processes.

    Raises
    ------
    SestonError
        If there is no tile, tiles and backbone do not fit, a setting is
        out of range, the loss is not finite, or a process died.
    """
    options = dict(locals())
    if options.pop("staged"):
        with on_own_disk([tiles_dir / f"{shard}.arrow" for shard in shards]) as near:
            finetune(**options | {"tiles_dir": near})
        return
    count = 1 if is_one_of_several() else usable_processes(processes, device)
    if count > 1:
        launch("finetune", options | {"threads": max(1, threads // count)}, count)
        return
    where = choose_device(device)
    repeatable(threads, where)
    start, card, origin = read_model(backbone)
    tiles = Tiles(tiles_dir, shards)
    tiles.require_fit(backbone, card.image_size, card.tiles)
    if not len(tiles):
        raise SestonError(f"{tiles_dir}: no tiles to learn from in {len(shards)} shards")
    step = card.patch or 1
    settings = Settings(
        method=method,
        epochs=epochs,
        max_images=max_images,
        batch_size=batch_size,
        learning_rate=learning_rate,
        weight_decay=weight_decay,
        local_crops=local_crops,
        global_size=global_size or tiles.size,
        local_size=local_size or max(step, tiles.size // 2 // step * step),
        global_area=global_area,
        local_area=local_area,
        prototypes=prototypes,
        head=head,
        momentum=momentum,
        warmup=warmup,
        frozen=frozen,
        clip=clip,
        seed=seed,
        accumulate=accumulate,
        layer_decay=layer_decay,
        precision=precision,
        projection=projection,
        temperature=temperature,
        optimiser=optimiser,
    )
    code = code_digest("finetune")  # what another version left cannot be taken up
    made_by = store.fingerprint("finetune", code, asdict(settings), origin, tiles.digest)
    with noted_sigterm() as asked, joined(where) as ranks:
        if ranks.rank > 0:
            log.setLevel(logging.ERROR)  # the first speaks for all
        trainer = Trainer(start, settings, tiles, where, ranks)
        take_up(trainer, resume, made_by)
        train(trainer, resume, made_by, save_every, asked)
        ranks.average_statistics(trainer.method)
        if ranks.rank == 0:
            _tell(trainer)
            write_history(trainer.history, history)
            trained = trainer.method.result.cpu()
            source = f"{method} from {card.source}"
            write_model(model, trained, card_of(trained, source, card.sha256, tiles.fingerprint))
            resume.unlink(missing_ok=True)


def write_history(rows: list[list[float]], path: Path) -> None:
    """Write the loss curve as a table."""
    lines = ["\t".join(HISTORY), *("\t".join(f"{value:.6g}" for value in row) for row in rows)]
    store.write_text("\n".join(lines) + "\n", path)


def _tell(trainer: Trainer) -> None:
    loss, breadth = trainer.latest()
    log.info("%s: loss %.3f, spread of the features %.3f", trainer.settings.method, loss, breadth)
    if breadth < COLLAPSED:
        log.warning(
            "the features have collapsed (spread %.3f, 1 is best): lower finetune.learning_rate"
            " or use another method before trusting the fine-tuned model",
            breadth,
        )
