"""Features of images before the training, from which a head starts."""

import copy
import math
from contextlib import AbstractContextManager

import numpy as np
import torch
from torch import Tensor

from seston.augment import Crop, background, cropped, draw
from seston.collection import Tiles, choose_images
from seston.models.backbones import Backbone, images_of

#: crops that are computed at once
BATCH = 64


@torch.no_grad()
def anchor_features(
    backbone: Backbone,
    tiles: Tiles,
    crop: Crop,
    count: int,
    seed: int,
    computing: AbstractContextManager[object],
) -> Tensor:
    """Return the features (count, length) of one crop each of `count` images.

    Time and memory depend on `count`, hardly on how many tiles there are.

    Parameters
    ----------
    backbone : Backbone
        Used in the mode it is in, as the training uses it, and not changed.
    tiles : Tiles
        Drawn from evenly over the samples; of fewer than `count`, some are cropped again.
    crop : Crop
        Drawn anew for each image, as in the training.
    count, seed : int
    computing : context manager
        To compute in (precision).
    """
    chosen = choose_images(tiles.sample_codes, count, np.random.default_rng(seed))
    chosen = np.resize(chosen, count)
    generator = torch.Generator().manual_seed(seed)
    network = copy.deepcopy(backbone)  # whose batch norms may note what they see
    features = []
    with computing:
        for positions in np.array_split(chosen, math.ceil(count / BATCH)):
            batch = images_of(torch.from_numpy(tiles.take(positions)).to(backbone.mean.device))
            drawn = draw(len(batch), crop, generator)
            features.append(network(cropped(batch, crop, drawn, background(batch))).float())
    return torch.cat(features)
