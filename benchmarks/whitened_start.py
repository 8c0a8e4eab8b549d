"""Start weights for the bundled model: the patch embedding whitens, every block is silent.

    python benchmarks/whitened_start.py start.safetensors whitened.safetensors tiles 2018-05 …

Takes a vision transformer with random weights and tiles. A mean patch of plankton is mostly
background, and one direction (its brightness) has nearly all the variance; a random patch
embedding passes on little else. Here the embedding becomes the principal components of patches,
each scaled to about unit variance, positions become sines and cosines (Vaswani et al. 2017), and
each block starts by adding nothing (Zhang et al. 2019). It only helps a short training.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from seston.augment import Crop, random_crops
from seston.collection import Tiles
from seston.models.backbones import images_of
from seston.models.model_file import card_of, read_model, write_model
from seston.models.vit import Block, ViT

#: tiles to take patches from
TILES = 1024
#: variance below which a component is noise, not to be blown up
NOISE = 1e-2
#: amplitude of the positions
POSITION = 0.3


def whitening(patches: Tensor) -> tuple[Tensor, Tensor]:
    """Return matrix (d, d) and offset (d,) for uncorrelated patches (n, d), the largest first.

    A component of variance v gets the variance v / (v + `NOISE`).
    """
    mean = patches.mean(0)
    covariance = (patches - mean).T @ (patches - mean) / len(patches)
    values, vectors = torch.linalg.eigh(covariance)
    matrix = (vectors.flip(1) / (values.flip(0) + NOISE).sqrt()).T
    return matrix, -matrix @ mean


def waves(grid: int, dim: int) -> Tensor:
    """Return sine and cosine of row and column at `dim` / 4 wavelengths, (grid * grid, dim)."""
    row, column = torch.meshgrid(torch.arange(grid), torch.arange(grid), indexing="ij")
    rates = 1 / 100 ** (torch.arange(dim // 4) / (dim // 4))
    angles = [axis.float().reshape(-1, 1) * rates for axis in (row, column)]
    return torch.cat([wave(angle) for angle in angles for wave in (torch.sin, torch.cos)], 1)


@torch.no_grad()
def main() -> None:
    """Write the start weights."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("start", type=Path)
    parser.add_argument("model", type=Path)
    parser.add_argument("tiles", type=Path)
    parser.add_argument("shards", nargs="+")
    given = parser.parse_args()
    backbone, _, _ = read_model(given.start)
    tiles = Tiles(given.tiles, given.shards)
    chosen = np.random.default_rng(0).choice(len(tiles), min(TILES, len(tiles)), replace=False)
    net = backbone.net
    if not isinstance(net, ViT) or net.cls_token.shape[2] != 3 * net.patch**2:
        parser.error(f"{given.start}: not a vision transformer as wide as its patches have values")
    images = images_of(torch.from_numpy(tiles.take(chosen)))
    crop = Crop(tiles.size, (0.25, 1.0))
    images = random_crops(images, crop, torch.Generator().manual_seed(0))
    patches = F.unfold(backbone.normalise(images), net.patch, stride=net.patch).transpose(1, 2)
    matrix, offset = whitening(patches.flatten(0, 1).double())
    convolution = net.patch_embed.proj
    convolution.weight.copy_(matrix.view_as(convolution.weight))
    convolution.bias.copy_(offset)
    net.pos_embed[0, 0] = 0
    net.pos_embed[0, 1:] = POSITION * waves(net.grid, net.cls_token.shape[2])
    for block in net.blocks:
        assert isinstance(block, Block)
        block.attn.proj.weight.zero_()
        block.mlp.fc2.weight.zero_()
    write_model(given.model, backbone, card_of(backbone, "random, whitened", None))


if __name__ == "__main__":
    main()
