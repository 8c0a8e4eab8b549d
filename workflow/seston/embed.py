"""Tiles to embeddings: one vector per organism, same order."""

import logging
from pathlib import Path

import numpy as np

from seston import store
from seston.arrays import ArrayFile, ArrayWriter
from seston.collection import require_fit
from seston.errors import SestonError
from seston.progress import Progress
from seston.runtime.engine import CPU_BATCH, Engine, Stream, Unavailable
from seston.runtime.openvino_engine import OpenVinoEngine
from seston.runtime.record import Method, Runtime, read_runtime

log = logging.getLogger("seston")

#: Share of the time without data to compute on that is told as a warning.
STARVED = 0.05


def embed(
    *,
    tiles: Path,
    model: Path,
    runtime: Path,
    embeddings: Path,
    threads: int = 1,
) -> None:
    """Compute the embedding of every tile of a shard.

    Parameters
    ----------
    tiles : pathlib.Path
        The shard's tiles.
    model : pathlib.Path
        Model file.
    runtime : pathlib.Path
        Folder that the stage `runtime` wrote for this model: how to compute.
    embeddings : pathlib.Path
        File to write: float16, in the order of the tiles.
    threads : int
        Threads to use.

    Raises
    ------
    SestonError
        If tiles, model and runtime do not fit, or an embedding is not finite.
    """
    chosen = read_runtime(runtime, model)
    source = ArrayFile(tiles, "tiles")
    require_fit(source, model, chosen.image_size, chosen.trained_on)
    engine, method = open_engine(chosen, runtime, model, threads)
    ids = source.ids.to_pylist()
    stream = Stream(engine, source.blocks())
    with (
        ArrayWriter(
            embeddings,
            "embeddings",
            "embedding",
            (chosen.dim,),
            np.float16,
            store.fingerprint("embeddings", chosen.model, source.fingerprint),
            model=chosen.model,
            tiles=source.fingerprint,
            engine=method.engine,
            precision=method.precision,
            device=method.device,
        ) as writer,
        Progress(len(ids), "images") as progress,
    ):
        for rows in stream:
            here = ids[writer.rows : writer.rows + len(rows)]
            broken = np.flatnonzero(~np.isfinite(rows).all(1))
            if len(broken):
                raise SestonError(
                    f"{tiles}: the embeddings of {len(broken)} tiles, such as {here[broken[0]]},"
                    f" are not finite in float16; {model} is unusable: train or fetch it again"
                )
            writer.write(here, rows)
            progress.add(len(rows))
    starved = stream.share_waited > STARVED and stream.seconds > 1
    log.log(
        logging.WARNING if starved else logging.INFO,
        "%s on %s: %.0f images/s, %.1f %% of the time waiting for data%s",
        method,
        method.device,
        len(ids) / stream.seconds if stream.seconds else 0,
        100 * stream.share_waited,
        ", a slow disk perhaps" if starved else "",
    )


def open_engine(chosen: Runtime, folder: Path, model: Path, threads: int) -> tuple[Engine, Method]:
    """Return the engine that was chosen, or torch in fp32 where this machine lacks it.

    The choice was proven against torch in fp32, so that embeddings by both may stand side
    by side; each file says how it was made.
    """
    method, size = chosen.method, chosen.batch_size
    try:
        return _build(method, size, folder, model, threads), method
    except Unavailable as error:
        from seston.models.hardware import choose_device

        # A GPU that cannot do what another can is still the faster machine.
        where = choose_device("auto").type if method.device == "cuda" else "cpu"
        instead = Method(device=where)
        log.warning(
            "%s on %s was chosen in %s, but here %s: computing by %s on %s instead, slower",
            method,
            method.device,
            folder,
            error,
            instead,
            where,
        )
        size = size if where == "cuda" else min(size, CPU_BATCH)
        return _build(instead, size, folder, model, threads), instead


def _build(method: Method, batch_size: int, folder: Path, model: Path, threads: int) -> Engine:
    if method.engine == "openvino":
        return OpenVinoEngine(folder, method.precision, threads)
    # Only now: starting torch takes seconds, which a shard under OpenVINO does not pay.
    from seston.models.model_file import read_model
    from seston.runtime.torch_engine import TorchEngine

    return TorchEngine(read_model(model)[0], method, batch_size, threads)
