"""The nearest centroid of each row by torch, where only torch has the GPU."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch

Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]


def on_torch(device: str) -> Callable[[Floats], Callable[[Floats], tuple[Labels, Floats]]]:
    """Return an engine (see `lloyd.Engine`) that computes on a device of torch, in float32."""

    def engine(centroids: Floats) -> Callable[[Floats], tuple[Labels, Floats]]:
        places = torch.from_numpy(np.ascontiguousarray(centroids, np.float32)).to(device)
        factors = places.T.contiguous()
        squares = places.double().square().sum(dim=1).float()

        def nearest(rows: Floats) -> tuple[Labels, Floats]:
            x = torch.from_numpy(np.ascontiguousarray(rows, np.float32)).to(device)
            # |x|² - 2xc + |c|². torch keeps float32 products in float32 (no TF32) unless told.
            lowest, labels = torch.addmm(squares, x, factors, alpha=-2).min(dim=1)
            found = (lowest + x.square().sum(dim=1)).clamp_min(0)
            return labels.cpu().numpy(), found.cpu().numpy()

        return nearest

    return engine


def cuda_is_there() -> bool:
    """Return whether this torch can compute on a GPU of this machine."""
    return torch.cuda.is_available()
