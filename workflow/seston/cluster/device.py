"""What computes distances: the CPU, faiss on a GPU, or torch on a GPU."""

import logging
from collections.abc import Callable
from importlib.util import find_spec
from typing import Literal

import faiss
import numpy as np
import numpy.typing as npt

from seston.cluster.lloyd import Engine, on_cpu

log = logging.getLogger("seston")

Device = Literal["cpu", "gpu"]
Floats = npt.NDArray[np.float32]


def choose_engine(asked: Device) -> tuple[Engine, dict[str, str]]:
    """Return what finds the nearest centroid, and what was asked for, what runs, and why.

    A GPU is used through faiss where this faiss has one (faiss-gpu), else through torch.
    Without either the CPU computes, which is logged and recorded.
    """
    if asked == "cpu":
        return on_cpu, {"asked": asked, "runs": "cpu", "why": "as set"}
    if hasattr(faiss, "get_num_gpus") and faiss.get_num_gpus() > 0:
        return _on_faiss_gpu, {"asked": asked, "runs": "faiss on gpu", "why": "faiss has a GPU"}
    if find_spec("torch") is None:
        why = "this faiss has no GPU, and torch is not installed"
    else:
        from seston.cluster.torch_engine import cuda_is_there, on_torch

        if cuda_is_there():
            why = "this faiss has no GPU, torch has one"
            return on_torch("cuda"), {"asked": asked, "runs": "torch on gpu", "why": why}
        why = "neither this faiss nor this torch has a GPU"
    log.warning("k-means: cluster.device is gpu, but the CPU computes: %s", why)
    return on_cpu, {"asked": asked, "runs": "cpu", "why": why}


def _on_faiss_gpu(
    centroids: Floats,
) -> Callable[[Floats], tuple[npt.NDArray[np.int64], Floats]]:
    index = faiss.GpuIndexFlatL2(faiss.StandardGpuResources(), centroids.shape[1])
    index.add(np.ascontiguousarray(centroids))

    def nearest(rows: Floats) -> tuple[npt.NDArray[np.int64], Floats]:
        squares, labels = index.search(np.ascontiguousarray(rows), 1)
        return labels[:, 0], np.maximum(squares[:, 0], 0)

    return nearest
