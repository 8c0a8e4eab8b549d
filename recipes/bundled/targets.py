"""What the student is to learn: the teacher's features of every tile, made even.

Also the student's start: the first blocks of DINOv2, for smaller patches.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from seston.collection import Tiles
from seston.models.backbones import Backbone, images_of, spec_of
from seston.models.checkpoints import load_strictly, read_checkpoint
from seston.models.vit import ViT, resampling

#: side of the tiles as the teacher sees them: what is small is enlarged for it
TEACHER_SIZE = 192
#: principal components of the teacher's feature that are kept
COMPONENTS = 384
#: exponent of their singular values: 0 whitens, 1 leaves them as they are
KEPT = 0.5
GIVER = "vit_small_patch14_dinov2.lvd142m"
#: side of images the giver's positions are first brought to, five patches of 14 px: whole ones
#: near 64 px. The shipped weights went this way.
GIVER_SIZE = 70


@torch.inference_mode()
def teacher_features(
    teacher: Backbone, tiles: Tiles, size: int = TEACHER_SIZE, batch: int = 64
) -> Tensor:
    """Return the mean feature of four quarter turns, every other one mirrored, (n, length).

    Plankton has no upright; the mean over turns of a convolutional network says what is seen,
    not how it lies.
    """
    device = teacher.mean.device
    found = []
    for places in torch.arange(len(tiles)).split(batch):
        images = images_of(torch.from_numpy(tiles.take(places.numpy()))).to(device)
        turned = [images.rot90(turns, (2, 3)) for turns in range(4)]
        views = [view.flip(3) if turns % 2 else view for turns, view in enumerate(turned)]
        seen = [
            teacher(F.interpolate(view, (size, size), mode="bilinear", align_corners=False))
            for view in views
        ]
        found.append(torch.stack(seen).mean(0).float().cpu())
    return torch.cat(found)


def targets_of(features: Tensor, components: int = COMPONENTS, kept: float = KEPT) -> Tensor:
    """Return the centred features on their first principal components, half whitened.

    Without whitening a few strong components make up nearly all of a cosine.

    Parameters
    ----------
    features : Tensor
        (n, length).

    Returns
    -------
    Tensor
        (n, components), rows of unit length.
    """
    centred = features.numpy() - features.numpy().mean(0)
    rows, values, _ = np.linalg.svd(centred, full_matrices=False)
    return F.normalize(torch.from_numpy(rows[:, :components] * values[:components] ** kept), dim=1)


def first_blocks(student: Backbone, path: Path) -> None:
    """Start the student from the first blocks of DINOv2.

    The patch embedding is resampled from 14 to 8 px with the gain that keeps its response to a
    flat patch, the positions to the student's grid; DINOv2's factors per channel (layer scale)
    are multiplied into the layers before them, as the student has none.

    Parameters
    ----------
    student : Backbone
        Changed in place. As wide as ViT-S.
    path : pathlib.Path
        A weights file of `GIVER`, by timm's or the authors' names.
    """
    spec = spec_of(GIVER)
    giver = Backbone(replace(spec, feature=f"cls@{student.depth}"), GIVER_SIZE)
    load_strictly(giver, read_checkpoint(path), str(path))
    given = giver.net.state_dict()
    assert isinstance(student.net, ViT) and student.spec.patch and spec.patch
    patch, grid = student.spec.patch, student.image_size // student.spec.patch
    state = {key: given[key].float() for key in student.net.state_dict()}
    weight = state["patch_embed.proj.weight"]
    small = F.interpolate(weight, (patch, patch), mode="bicubic", antialias=True)
    state["patch_embed.proj.weight"] = small * (spec.patch / patch) ** 2
    cls, patches = state["pos_embed"][:, :1], state["pos_embed"][:, 1:]
    side = GIVER_SIZE // spec.patch
    state["pos_embed"] = torch.cat([cls, resampling(side, (grid, grid)) @ patches], 1)
    for block in range(student.depth):
        for scale, layer in (("ls1", "attn.proj"), ("ls2", "mlp.fc2")):
            gamma = given[f"blocks.{block}.{scale}.gamma"].float()
            state[f"blocks.{block}.{layer}.weight"] *= gamma[:, None]
            state[f"blocks.{block}.{layer}.bias"] *= gamma
    student.net.load_state_dict(state)
