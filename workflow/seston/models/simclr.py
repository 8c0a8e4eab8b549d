"""SimCLR: contrastive learning of visual representations (Chen et al. 2020)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seston.models.backbones import Backbone
from seston.models.method import Method, Share, Views


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
    """A backbone with a projection head of two layers, as in Schanz et al. (2023).

    The negatives are all other views of the whole batch, however many processes and
    micro-batches it is cut into: features are computed part by part, head and loss from the
    features of all, and the gradient of the features is taken back part by part (Gao et al.
    2021). The head's batch norm so sees the whole batch as well, without being synchronised.

    Parameters
    ----------
    backbone : Backbone
    hidden : int
        Width of the head between its layers.
    temperature : float
        Divides the cosines: the smaller, the more the nearest negatives count. Schanz et al. take
        0.5, with 8,000 images a step; small batches have few near negatives.
    """

    def __init__(self, backbone: Backbone, hidden: int = 2048, temperature: float = 0.2) -> None:
        layers = (nn.Linear(backbone.length, hidden), nn.BatchNorm1d(hidden), nn.ReLU())
        super().__init__(backbone, nn.Sequential(*layers, nn.Linear(hidden, 128, bias=False)))
        self.temperature = temperature

    def loss(self, views: Views, progress: float) -> tuple[Tensor, Tensor]:
        """Return the loss over the two global crops, and their features."""
        features = self.backbone(torch.cat(views[0]))
        return self.contrast(features), features.detach().float()

    def contrast(self, features: Tensor) -> Tensor:
        """Return the loss of the features of first and second views, (2n, length)."""
        first, second = self.head(features).float().chunk(2)
        return nt_xent(first, second, self.temperature)

    def descend(self, share: Share) -> tuple[Tensor, Tensor]:
        """Add this process's part of the gradient of the whole batch; see `Method.descend`."""
        once = len(share.parts) == 1  # then the first pass can keep what the second needs
        passes = [self._features(share, part, graph=once) for part in share.parts]
        shape = (2, share.images, self.backbone.length)
        everyone = torch.zeros(shape, device=passes[0].device)
        for part, features in zip(share.parts, passes, strict=True):
            everyone[:, part] = features.detach().unflatten(0, (2, -1))
        self.ranks.sum_(everyone).requires_grad_()
        with share.computing():
            loss = self.contrast(everyone.flatten(0, 1))
        # Each process has the whole loss: its part of the sum over processes is this share.
        (loss / self.ranks.count).backward()
        assert everyone.grad is not None
        slope = everyone.grad * self.ranks.count
        for part, features in zip(share.parts, passes, strict=True):
            again = features if once else self._features(share, part, graph=True)
            again.backward(slope[:, part].flatten(0, 1))
        mine = torch.cat([features.detach() for features in passes])
        return loss.detach() * (len(mine) / 2 / share.images), mine

    def _features(self, share: Share, part: slice, graph: bool) -> Tensor:
        views = share.views(part)[0]
        with share.computing(), torch.set_grad_enabled(graph):
            return self.backbone(torch.cat(views)).float()
