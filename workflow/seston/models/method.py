"""What the trainer asks of a way to learn without labels."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from seston.distributed import ALONE, Ranks
from seston.models.backbones import Backbone

#: crops (n, 3, h, w) in [0, 1] of the same n images: the global ones, then the local ones
Views = list[list[Tensor]]


@dataclass(frozen=True)
class Share:
    """What this process does in one step: its images of the batch, in micro-batches.

    Attributes
    ----------
    parts : list of slice
        Places of each micro-batch among the images of the whole batch.
    views : callable
        Gives the crops of a part; asked twice, it gives the same again, and so does all
        chance in a network that follows (dropout).
    images : int
        Of the whole batch, over all processes.
    progress : float
        Share of the training done with this step, 0 to 1.
    computing : callable
        Gives the context to compute in (precision).
    """

    parts: list[slice]
    views: Callable[[slice], Views]
    images: int
    progress: float
    computing: Callable[[], AbstractContextManager[object]]


class Method(nn.Module, ABC):
    """A backbone with a head for training, and the loss they are trained by.

    Parameters
    ----------
    backbone : Backbone
        Trained in place.
    head : torch.nn.Module
        Thrown away after the training.

    Attributes
    ----------
    ranks : Ranks
        The processes that train together; this one alone unless set.
    """

    backbone: Backbone
    head: nn.Module
    ranks: Ranks = ALONE

    def __init__(self, backbone: Backbone, head: nn.Module) -> None:
        super().__init__()
        self.backbone, self.head = backbone, head

    @abstractmethod
    def loss(self, views: Views, progress: float) -> tuple[Tensor, Tensor]:
        """Return the loss, and the features of the global crops (no gradient).

        Parameters
        ----------
        views : list of list of Tensor
            Two global crops of each image, then local ones.
        progress : float
            Share of the training done, 0 to 1.
        """

    def descend(self, share: Share) -> tuple[Tensor, Tensor]:
        """Add this process's part of the gradient; return its part of the loss, and features.

        Summed over the processes, the parts are gradient and loss of the whole batch. Here
        for a loss that is a mean over images; others override it.
        """
        losses, features = [], []
        for part in share.parts:
            views = share.views(part)
            with share.computing():
                loss, seen = self.loss(views, share.progress)
            loss = loss * (len(views[0][0]) / share.images)
            loss.backward()
            losses.append(loss.detach())
            features.append(seen)
        return torch.stack(losses).sum(), torch.cat(features)

    def trained(self) -> list[nn.Parameter]:
        """Return what the optimiser moves."""
        return [*self.backbone.parameters(), *self.head.parameters()]

    @property
    def anchors(self) -> int:
        """Images whose features are wanted before the first step; see `anchor`."""
        return 0

    def anchor(self, features: Tensor) -> None:
        """Prepare the head with the features (n, length) of global crops."""

    def held(self) -> list[nn.Parameter]:
        """Return what stays as it is in the first part of the training."""
        return []

    def after_step(self, momentum: float) -> None:
        """Follow the optimiser's step."""

    @property
    def result(self) -> Backbone:
        """The backbone to keep."""
        return self.backbone
