"""Where a vision transformer looks: attention from CLS to the patches."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from seston.models.backbones import Backbone, images_of

#: Attention held at once, bytes: of one image at 224 px and patches of 8 px it is 180 MB.
HELD = 64_000_000


@torch.inference_mode()
def attention_maps(
    backbone: Backbone, tiles: npt.NDArray[np.uint8], device: torch.device
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]] | None:
    """Return the attention from CLS to the patches, or None if it cannot be had.

    Parameters
    ----------
    tiles : ndarray (n, size, size, 3) of uint8

    Returns
    -------
    last : ndarray (n, heads, grid, grid) of float32
        Of the last block (Caron et al. 2021, figure 1).
    flow : ndarray (n, grid, grid) of float32
        Through all blocks; see `rollout`.

    Notes
    -----
    A map sums to one less what CLS gives to itself and to registers. A model whose
    feature is of an earlier block ends there, and so do its maps.
    """
    if backbone.spec.patch is None:
        return None
    grid, first = backbone.image_size // backbone.spec.patch, backbone.prefix
    backbone = backbone.to(device).eval()
    maps, flows = [], []
    start, step = 0, 1  # the first image alone tells how much one holds
    while start < max(1, len(tiles)):  # of no image, the shape
        images = images_of(torch.from_numpy(tiles[start : start + step].copy()).to(device))
        weights = list(backbone.attentions(backbone.normalise(images)))
        if not weights:
            return None
        maps.append(weights[-1][:, :, 0, first:].unflatten(-1, (grid, grid)))
        flows.append(rollout(weights)[:, 0, first:].unflatten(-1, (grid, grid)))
        start += step
        step = max(1, HELD * step // max(1, sum(one.nbytes for one in weights)))
    return torch.cat(maps).cpu().numpy(), torch.cat(flows).cpu().numpy()


def rollout(attentions: Iterable[Tensor]) -> Tensor:
    """Return how much of each input token is in each output token.

    Attention rollout (Abnar and Zuidema 2020, equation 1): per block ``0.5 W + 0.5 I``, with
    ``W`` the mean over the heads, since the residual connection carries the token itself on;
    and the product of these, the last block leftmost.

    Parameters
    ----------
    attentions : iterable of Tensor (n, heads, tokens, tokens)
        Of each block, from the first on; rows sum to 1.

    Returns
    -------
    Tensor (n, tokens, tokens)
        Rows sum to 1.
    """
    flow: Tensor | None = None
    for weights in attentions:
        mean = weights.mean(1)
        step = 0.5 * mean + 0.5 * torch.eye(mean.shape[-1], device=mean.device)
        flow = step if flow is None else step @ flow
    if flow is None:
        raise ValueError("rollout of no block")
    return flow
