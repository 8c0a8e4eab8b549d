"""Choose once per model how its embeddings are computed, so that all shards agree."""

import logging
from dataclasses import replace
from pathlib import Path

import torch

from seston.collection import Tiles
from seston.errors import SestonError
from seston.folders import whole_folder
from seston.models.hardware import choose_device, has_bf16, machine, repeatable
from seston.models.model_file import read_model
from seston.runtime.engine import CPU_BATCH
from seston.runtime.openvino_engine import FILES
from seston.runtime.record import Method, Runtime, digest, write_runtime
from seston.runtime.trial import Trial

log = logging.getLogger("seston")

#: Of fewer images than this, the proof takes longer than a faster method saves.
WORTH = 5000
#: A method is taken if it is faster by this factor than what would be taken without it. Methods
#: are asked in a fixed order, the plain one first: where two are about equally fast, the noise
#: of their times does not decide, and a run that is repeated computes as before.
FASTER = 1.1
#: Seconds for which torch compiles in the job of every shard, and the share of time it saves.
COMPILING, SAVED = 60, 0.25


def runtime(
    *,
    model: Path,
    tiles_dir: Path,
    shards: list[str],
    runtime: Path,
    batch_size: int = 128,
    precision: str = "auto",
    engine: str = "auto",
    device: str = "auto",
    seed: int = 0,
    threads: int = 1,
) -> None:
    """Choose how the embeddings of a model are computed, by timing and by proof.

    Parameters
    ----------
    model : pathlib.Path
        Model file.
    tiles_dir : pathlib.Path
        Folder with the tiles.
    shards : list of str
        Names of the shards.
    runtime : pathlib.Path
        Folder to write: runtime.json and, where it is used, the exported network.
    batch_size : int
        Tiles computed at once on a GPU; on a CPU at most 16.
    precision : str
        ``auto``, ``fp32`` or ``bf16``.
    engine : str
        ``auto``, ``torch`` or ``openvino`` (which computes on a CPU only).
    device : str
        ``auto``, ``cpu`` or ``cuda``.
    seed : int
        Of the sample of tiles and of the clusters that must agree.
    threads : int
        Threads to use.

    Raises
    ------
    SestonError
        If what is asked for is unknown, cannot be had here or does not agree with torch
        in fp32.
    """
    where = choose_device("cpu" if engine == "openvino" and device == "auto" else device)
    repeatable(threads, where)
    backbone, card, origin = read_model(model)
    tiles = Tiles(tiles_dir, shards)
    tiles.require_fit(model, card.image_size, card.tiles)
    plain = Method(device=where.type)
    methods = candidates(where, engine, precision, convolutional=card.patch is None)
    size = batch_size if where.type == "cuda" else min(batch_size, CPU_BATCH)
    with whole_folder(runtime) as folder:
        trial = Trial(backbone, folder, size, threads, seed)
        if methods == [plain]:
            taken, why = plain, f"{plain}: asked for, or all there is here"
        elif not len(tiles) or (plain in methods and len(tiles) < WORTH):
            taken = plain
            why = f"{plain}: {len(tiles)} images are computed sooner than a choice is proven"
        else:
            trial.measure([plain, *methods], tiles)
            taken, why = choose(methods, plain, trial)
            if taken.device == "cuda" and pays_to_compile(
                trial.rates[taken], len(tiles) / len(shards)
            ):
                compiled = replace(taken, compiled=True)
                trial.measure([plain, taken, compiled], tiles)
                taken, why = choose([taken, compiled], plain, trial)
        if taken.engine != "openvino":
            for name in FILES:
                (folder / name).unlink(missing_ok=True)
        kept = {name: digest(folder / name) for name in FILES if (folder / name).exists()}
        write_runtime(
            Runtime(
                taken,
                size,
                origin,
                card.image_size,
                card.dim,
                card.tiles,
                {"model": digest(model)} | kept,
                {str(method): float(f"{rate:.4g}") for method, rate in trial.rates.items()},
                {str(method): found for method, found in trial.agreement.items()},
                why,
                machine(where),
            ),
            folder,
        )
    log.info("embeddings: %s", why)


def candidates(
    where: torch.device, engine: str, precision: str, *, convolutional: bool
) -> list[Method]:
    """Return the methods that may be taken here, the plain one first, the fastest (mostly) last.

    Never fp16 on a CPU, where it is hundreds of times slower than fp32.

    Raises
    ------
    SestonError
        If an option is unknown, or there is no such method here.
    """
    if engine not in ("auto", "torch", "openvino"):
        raise SestonError(f"engine: found {engine}, expected auto, torch or openvino")
    if precision not in ("auto", "bf16", "fp32"):
        raise SestonError(f"precision: found {precision}, expected auto, bf16 or fp32")
    plain = Method(device=where.type)
    last = replace(plain, channels_last=convolutional)
    methods = [plain, last]
    if where.type == "cuda":
        methods.append(replace(last, precision="bf16" if has_bf16(where) else "fp16"))
    else:
        methods.append(Method("openvino"))
        if has_bf16(where) or precision == "bf16":
            methods += [replace(last, precision="bf16"), Method("openvino", precision="bf16")]
    asked = [
        method
        for method in dict.fromkeys(methods)
        if engine in ("auto", method.engine) and precision in ("auto", method.precision)
    ]
    if not asked:
        raise SestonError(
            f"embed: engine {engine} in precision {precision} cannot be had on this"
            f" {machine(where)}; set both to auto"
        )
    return asked


def choose(methods: list[Method], plain: Method, trial: Trial) -> tuple[Method, str]:
    """Return the method to take, and why.

    Raises
    ------
    SestonError
        If none can be had, or none that was asked for agrees with the plain one.
    """
    taken: Method | None = None
    others = [f"{method} {reason}" for method, reason in trial.refused.items()]
    for method in methods:
        if method in trial.refused:
            continue
        if taken is None or trial.gain(method, taken) >= FASTER:
            taken = method
        else:
            others.append(f"{method} is {trial.gain(method, taken):.2f} times as fast as {taken}")
    if taken is None:
        raise SestonError(
            f"embed: what was asked for cannot be used: {'; '.join(others)}; set embed.engine"
            " and embed.precision to auto"
        )
    why = f"{taken}: none is faster by {FASTER} times"
    if taken != plain:
        why = (
            f"{taken}: {trial.gain(taken, plain):.2f} times as fast as {plain}, and"
            f" {100 * trial.agreement[taken]['labels']:.1f} % of {trial.images} images get the same"
            " cluster"
        )
    return taken, "; ".join([why, *others])


def pays_to_compile(rate: float, images: float) -> bool:
    """Return whether compiling saves more time in the job of a shard than it takes.

    Parameters
    ----------
    rate : float
        Images per second without it.
    images : float
        Of a mean shard.
    """
    return images / rate * SAVED > COMPILING
