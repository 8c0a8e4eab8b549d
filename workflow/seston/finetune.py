"""Train a backbone on the tiles themselves, without labels: DINO or SimCLR."""

import logging
import math
import pickle
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from seston import store
from seston.augment import Crop, random_crops
from seston.collection import Tiles, choose_images
from seston.errors import SestonError
from seston.models.backbones import Backbone, images_of
from seston.models.dino import DINO
from seston.models.hardware import autocast, choose_device, choose_precision, repeatable
from seston.models.simclr import SimCLR
from seston.models.weights import card_of, read_model, write_model
from seston.progress import Progress

log = logging.getLogger("seston")

METHODS = {"dino": DINO, "simclr": SimCLR}
HISTORY = "step epoch images loss learning_rate weight_decay momentum feature_std".split()
#: spread of the features under which a model is of no use
COLLAPSED = 0.05
#: exit status of a training that was asked to end and can be resumed: 128 + SIGTERM
TERMINATED = 143




@dataclass(frozen=True)
class Settings:
    """What a training depends on besides its tiles and its start weights.

    See `finetune` for the meaning of each.
    """

    method: Literal["dino", "simclr"]
    epochs: int
    max_images: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    local_crops: int
    global_size: int
    local_size: int
    global_area: tuple[float, float]
    local_area: tuple[float, float]
    prototypes: int
    momentum: float
    warmup: float
    frozen: float
    clip: float
    seed: int


def cosine(start: float, end: float, progress: float) -> float:
    """Return the value between `start` and `end` on half a cosine, `progress` in [0, 1]."""
    return end + (start - end) * (1 + math.cos(math.pi * progress)) / 2


def schedule(settings: Settings, progress: float) -> tuple[float, float, float]:
    """Return learning rate, weight decay and teacher momentum at this share of the training.

    The learning rate rises linearly for the first `warmup`, then falls to 1 % on
    a cosine; the weight decay rises tenfold and the momentum to 1 on a cosine
    (Caron et al. 2021, section 3.1).
    """
    peak, warmup = settings.learning_rate, settings.warmup
    if progress < warmup:
        rate = peak * progress / warmup
    else:
        rate = cosine(peak, 0.01 * peak, (progress - warmup) / (1 - warmup))
    decay = cosine(settings.weight_decay, 10 * settings.weight_decay, progress)
    return rate, decay, cosine(settings.momentum, 1.0, progress)


class Trainer:
    """One training: method, optimiser and how far they are.

    Every draw depends on the seed and the step alone, so a training that was
    interrupted goes on as if it had not been.
    """

    def __init__(
        self, backbone: Backbone, settings: Settings, tiles: Tiles, device: torch.device
    ) -> None:
        self.settings, self.tiles, self.device = settings, tiles, device
        self.precision = choose_precision("auto", device)
        torch.manual_seed(settings.seed)
        self.method = METHODS[settings.method](backbone, settings.prototypes).to(device).train()
        trained = [p for p in self.method.student.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(
            [
                {"params": [p for p in trained if p.ndim > 1]},
                {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
            ]
        )
        self.step = 0
        self.history: list[list[float]] = []
        wanted = settings.max_images if settings.max_images > 0 else len(tiles)
        self.images = min(wanted, len(tiles))
        self.steps_an_epoch = math.ceil(self.images / settings.batch_size)
        self.steps = settings.epochs * self.steps_an_epoch
        local = settings.local_crops if settings.method == "dino" else 0
        big = Crop(settings.global_size, settings.global_area)
        small = Crop(settings.local_size, settings.local_area, sigma=0.6)
        self.crops = [[big] * 2, [small] * local]

    def latest(self) -> tuple[float, float]:
        """Return loss and spread of the last step."""
        return self.history[-1][3], self.history[-1][-1]

    def state(self) -> dict[str, object]:
        """Return all that a resumed training needs."""
        return {
            "step": self.step,
            "method": self.method.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "history": self.history,
        }

    def restore(self, state: dict) -> None:
        """Go back to where `state` was."""
        self.step, self.history = state["step"], state["history"]
        self.method.load_state_dict(state["method"])
        self.optimizer.load_state_dict(state["optimizer"])

    def batches(self) -> Iterator[npt.NDArray[np.int64]]:
        """Yield the positions of each step still to do, epoch after epoch."""
        first, skipped = divmod(self.step, self.steps_an_epoch)
        for epoch in range(first, self.settings.epochs):
            rng = np.random.default_rng([self.settings.seed, epoch])
            chosen = choose_images(self.tiles.samples, self.images, rng)
            yield from np.array_split(chosen, self.steps_an_epoch)[skipped:]
            skipped = 0

    def advance(self, positions: npt.NDArray[np.int64]) -> None:
        """Take one step of the optimiser.

        Raises
        ------
        SestonError
            If the loss is not finite.
        """
        settings, progress = self.settings, self.step / self.steps
        rate, decay, momentum = schedule(settings, progress)
        self.optimizer.param_groups[0]["weight_decay"] = decay
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        generator = torch.Generator().manual_seed(
            int(np.random.SeedSequence([settings.seed, 1, self.step]).generate_state(1)[0])
        )
        images = images_of(torch.from_numpy(self.tiles.take(positions)).to(self.device))
        views = [[random_crops(images, crop, generator) for crop in kind] for kind in self.crops]
        with autocast(self.device, self.precision):
            loss, features = self.method.loss(views, progress)
        if not torch.isfinite(loss):
            raise SestonError(
                f"finetune: the loss is {loss.item()} at step {self.step}; lower"
                f" finetune.learning_rate (now {settings.learning_rate:g})"
            )
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if progress < settings.frozen:
            for parameter in self.method.last_layer():
                parameter.grad = None
        torch.nn.utils.clip_grad_norm_(self.method.student.parameters(), settings.clip)
        self.optimizer.step()
        self.method.after_step(momentum)
        self.step += 1
        epoch = (self.step - 1) // self.steps_an_epoch + 1
        row = [self.step, epoch, len(positions), loss.item(), rate, decay, momentum]
        self.history.append([*row, spread(features)])


def spread(features: Tensor) -> float:
    """Return the deviation of unit features over images, 1 = in all directions, 0 = collapsed."""
    return float(F.normalize(features, dim=-1).std(0).mean() * features.shape[1] ** 0.5)


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
        Model file to write: the teacher for DINO, the encoder for SimCLR.
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
        Images per step.
    learning_rate : float
        At its peak.
    weight_decay : float
        At the start; at the end it is ten times as large.
    local_crops : int
        Small crops per image besides the two global ones (DINO).
    seed : int
        Of every draw.
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
        If there is no tile, tiles and backbone do not fit, or the loss is not finite.
    """
    where = choose_device(device)
    repeatable(threads, where)
    start, card, origin = read_model(backbone)
    tiles = Tiles(tiles_dir, shards)
    tiles.require_fit(backbone, card.image_size, card.tiles)
    if not len(tiles):
        raise SestonError(f"{tiles_dir}: no tiles to learn from in {len(shards)} shards")
    step = card.patch or 1
    settings = Settings(
        method,
        epochs,
        max_images,
        batch_size,
        learning_rate,
        weight_decay,
        local_crops,
        global_size or tiles.size,
        local_size or max(step, tiles.size // 2 // step * step),
        global_area,
        local_area,
        prototypes,
        momentum,
        warmup,
        frozen,
        clip,
        seed,
    )
    made_by = store.fingerprint("finetune", asdict(settings), origin, tiles.digest)
    trainer = Trainer(start, settings, tiles, where)
    _take_up(trainer, resume, made_by)
    log.info("%s: %d images of %d in %d steps", method, trainer.images, len(tiles), trainer.steps)
    left = epochs * trainer.images - sum(int(row[2]) for row in trainer.history)
    with _sigterm() as asked, Progress(left, "images") as progress:
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
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError) as error:
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
