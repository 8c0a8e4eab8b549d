"""Embeddings through OpenVINO, on a CPU. Nothing here imports torch."""

import sys
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from seston.runtime.engine import Rows, Tiles, Unavailable, fill

#: Files of an exported network.
FILES = ("model.xml", "model.bin")
_TYPES = {"fp32": "f32", "bf16": "bf16"}


def import_openvino() -> ModuleType:
    """Import OpenVINO without its telemetry.

    Without this, importing it sends an event to its makers and writes an
    identifier to the user's home unless the user has opted out. The package
    that does so is optional to OpenVINO: where its import fails, a stub of
    OpenVINO's own takes its place.

    Raises
    ------
    Unavailable
        If OpenVINO is not installed.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # refuses import
    try:
        import openvino
    except ImportError as error:
        raise Unavailable(f"OpenVINO is not installed ({error})") from error
    return openvino


class OpenVinoEngine:
    """An exported network under OpenVINO; see `seston.runtime.engine.Engine`.

    Each thread computes a batch of its own: nothing is shared out and gathered
    inside a layer, and the number of threads does not touch the numbers.

    Parameters
    ----------
    folder : pathlib.Path
        With the exported network (`FILES`); its batch size is fixed.
    precision : str
        ``"fp32"`` or ``"bf16"``.
    threads : int

    Raises
    ------
    Unavailable
        If OpenVINO is missing or the processor does not compute in this precision.
    """

    def __init__(self, folder: Path, precision: str, threads: int) -> None:
        openvino = import_openvino()
        core = openvino.Core()
        able = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        # Asked for what the processor lacks, OpenVINO imitates it, thirty times slower.
        if precision.upper() not in able:
            raise Unavailable(f"OpenVINO does not compute in {precision} on this processor")
        network = core.compile_model(
            str(folder / FILES[0]),
            "CPU",
            {
                "INFERENCE_PRECISION_HINT": _TYPES[precision],
                "INFERENCE_NUM_THREADS": threads,
                "NUM_STREAMS": threads,
                # Two jobs of one node would be tied to the same cores.
                "ENABLE_CPU_PINNING": False,
            },
        )
        self.batch_size = int(network.input(0).shape[0])
        self.depth = threads + 1  # one lies ready while each thread has one
        self._idle = deque(network.create_infer_request() for _ in range(self.depth))

    def prepare(self, parts: Sequence[Tiles]) -> tuple[Tiles, int]:
        """Copy tiles into a batch of full size."""
        batch = np.empty((self.batch_size, *parts[0].shape[1:]), np.uint8)
        return batch, fill(batch, parts)

    def submit(self, batch: tuple[Tiles, int]) -> Callable[[], Rows]:
        """Start a batch."""
        tiles, count = batch
        request: Any = self._idle.popleft()
        request.start_async([tiles])  # copies them

        def collect() -> Rows:
            request.wait()
            with np.errstate(over="ignore"):  # infinite in float16: for the caller to judge
                rows = request.get_output_tensor(0).data[:count].astype(np.float16)
            self._idle.append(request)
            return rows

        return collect
