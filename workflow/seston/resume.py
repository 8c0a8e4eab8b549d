"""A training that can be ended at any step, and taken up there."""

import logging
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import FrameType

import torch

from seston import store
from seston.distributed import TERMINATED
from seston.errors import SestonError
from seston.loading import Ahead
from seston.progress import Progress
from seston.training import Trainer

log = logging.getLogger("seston")


def train(trainer: Trainer, resume: Path, made_by: str, save_every: int, asked: list[int]) -> None:
    """Take all steps that are left, and save every so many.

    Parameters
    ----------
    trainer : Trainer
    resume : pathlib.Path
        File to save to.
    made_by : str
        Fingerprint of settings and inputs.
    save_every : int
        Steps between two savings.
    asked : list of int
        From `noted_sigterm`, which every process has entered before any takes a step.

    Raises
    ------
    SestonError
        If the GPU's memory does not suffice.
    SystemExit
        With `TERMINATED`, after saving, when any process got SIGTERM or lost its parent.
    """
    settings, data, ranks = trainer.settings, trainer.data, trainer.ranks
    left = settings.epochs * data.images - sum(int(row[2]) for row in trainer.history)
    log.info(
        "%s: %d of %d images, %d steps, %d process(es)",
        settings.method,
        data.images,
        len(data.tiles),
        data.steps,
        ranks.count,
    )
    loading, start = Ahead(trainer.batches(), data.load), time.monotonic()
    progress = Progress(left, "images") if ranks.rank == 0 else None
    with progress or nullcontext():
        for positions, tiles in loading:
            try:
                trainer.advance(positions, tiles)
            except torch.OutOfMemoryError as error:
                raise SestonError(
                    f"finetune: the GPU's memory is too small for {len(positions)} images at once;"
                    f" raise finetune.accumulate (now {settings.accumulate}), which changes the"
                    " memory, not the result"
                ) from error
            if progress is not None:
                progress.add(len(positions))
            stop = ranks.any(bool(asked) or ranks.orphaned(), trainer.device)
            if stop or trainer.step % save_every == 0:
                save(trainer, resume, made_by)
                log.info("step %d: loss %.3f, spread %.3f", trainer.step, *trainer.latest())
            if stop:
                log.warning("asked to end: %s holds the training up to here", resume)
                raise SystemExit(TERMINATED)
    share = 100 * loading.waited / max(time.monotonic() - start, 1e-9)
    log.info("%.1f %% of the time waiting for tiles", share)


def save(trainer: Trainer, path: Path, made_by: str) -> None:
    """Write the state, whole or not at all; only the first of several processes does.

    Every process calls it, because they first average what each has of its own.
    """
    trainer.ranks.average_statistics(trainer.method)
    if trainer.ranks.rank == 0:
        with store.atomic(path) as temporary:
            torch.save({"fingerprint": made_by, **trainer.state()}, temporary)


def take_up(trainer: Trainer, path: Path, made_by: str) -> None:
    """Go on where the file was left, if it is of the same settings and inputs.

    Otherwise start from the beginning and say why.

    Raises
    ------
    SestonError
        If several processes do not find the same.
    """
    state = _read(path, made_by)
    step = 0 if state is None else state["step"]
    # Before anything else is exchanged: one that begins and one that goes on would not meet.
    steps = torch.tensor([float(step)], device=trainer.device)
    if trainer.ranks.sum_(steps).item() != trainer.ranks.count * step:
        raise SestonError(
            f"{path}: not all {trainer.ranks.count} processes could read it; delete it and run"
            " again"
        )
    if state is None:
        trainer.begin()
    else:
        trainer.restore(state)
        log.info("%s: going on after step %d of %d", path, step, trainer.data.steps)


def _read(path: Path, made_by: str) -> dict | None:
    if not path.is_file():
        return None
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # damaged bytes raise anything
        log.warning("%s: not readable (%s); starting from the beginning", path, error)
        return None
    if state.get("fingerprint") != made_by:
        log.warning("%s: of other settings or images; starting from the beginning", path)
        return None
    return state


@contextmanager
def noted_sigterm() -> Iterator[list[int]]:
    """Note SIGTERM in a list instead of dying, so that a step can end and be saved."""
    asked: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        asked.append(number)

    before = signal.signal(signal.SIGTERM, note)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGTERM, before)
