"""SimCLR: contrastive learning of visual representations (Chen et al. 2020)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seston.models.backbones import Backbone
from seston.models.method import Method


def nt_xent(first: Tensor, second: Tensor, temperature: float) -> Tensor:
    """Return the normalised temperature-scaled cross-entropy of n pairs.

    Each of the 2n views has one positive, its partner; the other 2n - 2 are
    negatives and the view itself is masked out (equation 1 of the paper).

    Parameters
    ----------
    first, second : Tensor
        Projections (n, dim) of the two views of each image.
    temperature : float
        Divides the cosines.
    """
    both = F.normalize(torch.cat([first, second]), dim=-1)
    likeness = both @ both.T / temperature
    itself = torch.eye(len(both), dtype=torch.bool, device=both.device)
    partner = torch.arange(len(both), device=both.device).roll(len(first))
    return F.cross_entropy(likeness.masked_fill(itself, float("-inf")), partner)


class SimCLR(Method):
    """A backbone with a projection head of two layers."""

    TEMPERATURE = 0.2

    def __init__(self, backbone: Backbone) -> None:
        dim = backbone.length
        layers = (nn.Linear(dim, 4 * dim), nn.BatchNorm1d(4 * dim), nn.ReLU())
        super().__init__(backbone, nn.Sequential(*layers, nn.Linear(4 * dim, 128)))

    def loss(self, views: list[list[Tensor]], progress: float) -> tuple[Tensor, Tensor]:
        """Return the loss over the two global crops, and their features."""
        features = self.backbone(torch.cat(views[0]))
        first, second = self.head(features).float().chunk(2)
        return nt_xent(first, second, self.TEMPERATURE), features.detach().float()
