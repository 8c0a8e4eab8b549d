"""Train a backbone on the tiles, without labels: DINO, SimCLR or distillation."""

import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import Literal

import torch

from seston import store
from seston.collection import Tiles
from seston.errors import SestonError
from seston.models.distill import read_teacher
from seston.models.hardware import choose_device, repeatable
from seston.models.model_file import card_of, read_model, write_model
from seston.progress import Progress
from seston.training import HISTORY, Settings, Trainer

log = logging.getLogger("seston")

#: spread of the features under which a model is of no use
COLLAPSED = 0.05
#: exit status of a training that was asked to end and can be resumed: 128 + SIGTERM
TERMINATED = 143


def finetune(
    *,
    tiles_dir: Path,
    shards: list[str],
    backbone: Path,
    model: Path,
    history: Path,
    resume: Path,
    method: Literal["dino", "simclr", "distill"],
    epochs: int,
    max_images: int,
    batch_size: int,
    learning_rate: float,
    weight_decay: float,
    local_crops: int,
    seed: int,
    teacher: Path | None = None,
    global_size: int | None = None,
    local_size: int | None = None,
    global_area: tuple[float, float] = (0.4, 1.0),
    local_area: tuple[float, float] = (0.1, 0.4),
    prototypes: int = 4096,
    momentum: float = 0.99,
    warmup: float = 0.1,
    frozen: float = 0.1,
    clip: float = 3.0,
    save_every: int = 50,
    device: str = "auto",
    threads: int = 1,
) -> None:
    """Train a backbone on the tiles, without labels.

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
    method : {'dino', 'simclr', 'distill'}
        Self-distillation of crops, contrast of two crops, or the features of a teacher.
    epochs : int
        Passes over the images chosen for each epoch.
    max_images : int
        Images per epoch, evenly over the samples; 0 takes all.
    batch_size : int
        Images per step.
    learning_rate : float
        At its peak.
    weight_decay : float
        At the start; at the end it is ten times as large.
    local_crops : int
        Small crops per image besides the two global ones (DINO).
    seed : int
        Of every draw.
    teacher : pathlib.Path or None
        Model file to distill from; it sees the crops in the size it was made for.
    global_size, local_size : int
        Sides of the crops in pixels; by default the tile, and half of it (whole patches).
    global_area, local_area : tuple of float
        Smallest and largest share of the tile in a crop.
    prototypes : int
        Outputs of DINO's head.
    momentum : float
        Of DINO's teacher, at the start; it ends at 1.
    warmup : float
        Share of the training in which the learning rate rises.
    frozen : float
        Share of the training in which DINO's prototypes stay as they are.
    clip : float
        Largest norm of the gradient.
    save_every : int
        Steps between two writings of the resume file.
    device : str
        ``auto``, ``cpu`` or ``cuda``.
    threads : int
        Threads to use.

    Raises
    ------
    SestonError
        If there is no tile, tiles and backbone or method and teacher do not fit, or the
        loss is not finite.
    """
    where = choose_device(device)
    repeatable(threads, where)
    guide, guide_origin = read_teacher(method, teacher)
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
        momentum=momentum,
        warmup=warmup,
        frozen=frozen,
        clip=clip,
        seed=seed,
        teacher=guide_origin,
    )
    made_by = store.fingerprint("finetune", asdict(settings), origin, tiles.digest)
    trainer = Trainer(start, settings, tiles, where, guide)
    _take_up(trainer, resume, made_by)
    left = epochs * trainer.images - sum(int(row[2]) for row in trainer.history)
    with _sigterm() as asked, Progress(left, "images") as progress:
        log.info("%s: %d of %d images, %d steps", method, trainer.images, len(tiles), trainer.steps)
        for positions in trainer.batches():
            trainer.advance(positions)
            progress.add(len(positions))
            if asked or trainer.step % save_every == 0:
                _save(trainer, resume, made_by)
                log.info("step %d: loss %.3f, spread %.3f", trainer.step, *trainer.latest())
            if asked:
                log.warning("asked to end: %s holds the training up to here", resume)
                raise SystemExit(TERMINATED)
    loss, breadth = trainer.latest()
    log.info("%s: loss %.3f, spread of the features %.3f", method, loss, breadth)
    if breadth < COLLAPSED:
        log.warning(
            "the features have collapsed (spread %.3f, 1 is best): lower finetune.learning_rate"
            " or use another method before trusting the fine-tuned model",
            breadth,
        )
    write_history(trainer.history, history)
    source = f"{method} from {card.source}"
    trained = trainer.method.result.cpu()
    write_model(model, trained, card_of(trained, source, card.sha256, tiles.fingerprint))
    resume.unlink(missing_ok=True)


def write_history(rows: list[list[float]], path: Path) -> None:
    """Write the loss curve as a table."""
    lines = ["\t".join(HISTORY), *("\t".join(f"{value:.6g}" for value in row) for row in rows)]
    store.write_text("\n".join(lines) + "\n", path)


def _save(trainer: Trainer, resume: Path, made_by: str) -> None:
    with store.atomic(resume) as temporary:
        torch.save({"fingerprint": made_by, **trainer.state()}, temporary)


def _take_up(trainer: Trainer, resume: Path, made_by: str) -> None:
    if not resume.is_file():
        return
    try:
        state = torch.load(resume, map_location=trainer.device, weights_only=True)
    except Exception as error:  # damaged bytes raise anything
        log.warning("%s: not readable (%s); starting from the beginning", resume, error)
        return
    if state.get("fingerprint") != made_by:
        log.warning("%s: of other settings or images; starting from the beginning", resume)
        return
    trainer.restore(state)
    log.info("%s: going on after step %d of %d", resume, trainer.step, trainer.steps)


@contextmanager
def _sigterm() -> Iterator[list[int]]:
    """Note SIGTERM in a list instead of dying, so that a step can end and be saved."""
    asked: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        asked.append(number)

    before = signal.signal(signal.SIGTERM, note)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGTERM, before)
