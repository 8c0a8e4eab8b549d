"""What the trainer asks of a way to learn without labels."""

from abc import ABC, abstractmethod

from torch import Tensor, nn

from seston.models.backbones import Backbone


class Method(nn.Module, ABC):
    """A backbone with a head for training, and the loss they are trained by.

    Parameters
    ----------
    backbone : Backbone
        Trained in place.
    head : torch.nn.Module
        Thrown away after the training.
    """

    backbone: Backbone
    head: nn.Module

    def __init__(self, backbone: Backbone, head: nn.Module) -> None:
        super().__init__()
        self.backbone, self.head = backbone, head

    @abstractmethod
    def loss(self, views: list[list[Tensor]], progress: float) -> tuple[Tensor, Tensor]:
        """Return the loss, and the features of the global crops (no gradient).

        Parameters
        ----------
        views : list of list of Tensor
            Crops (n, 3, h, w) in [0, 1] of the same n images: the global ones (two, or one
            to be learnt from a teacher), then the local ones.
        progress : float
            Share of the training done, 0 to 1.
        """

    def trained(self) -> list[nn.Parameter]:
        """Return what the optimiser moves."""
        return [*self.backbone.parameters(), *self.head.parameters()]

    def held(self) -> list[nn.Parameter]:
        """Return what stays as it is in the first part of the training."""
        return []

    def after_step(self, momentum: float) -> None:
        """Follow the optimiser's step."""

    @property
    def result(self) -> Backbone:
        """The backbone to keep."""
        return self.backbone
