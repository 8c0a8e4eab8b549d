"""A backbone with a head: images in, one logit per class out."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn

from seston.classify.heads import Head
from seston.models.backbones import Backbone


class Network(nn.Module):
    """A backbone and a linear head, to learn together.

    Parameters
    ----------
    backbone : Backbone
        Trained in place.
    classes : int
    head : Head or None
        To start from; None: zeros, so that all classes are equally likely at first and the
        backbone learns nothing from a random direction.
    """

    def __init__(self, backbone: Backbone, classes: int, head: Head | None = None) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = nn.Linear(backbone.length, classes)
        with torch.no_grad():
            if head is None:
                self.head.weight.zero_()
                self.head.bias.zero_()
            else:
                self.head.weight.copy_(torch.from_numpy(head.w))
                self.head.bias.copy_(torch.from_numpy(head.b))

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits (n, K) of images (n, 3, h, w) in [0, 1]."""
        return self.head(self.backbone(images))


def answers(module: nn.Module, images: Iterator[Tensor]) -> np.ndarray:
    """Return what a module gives for batches of images, in evaluation mode, as float32 (n, …).

    Its parameters and the statistics of its norms stay as they are, and so does its mode.
    """
    training = module.training
    module.eval()
    try:
        with torch.inference_mode():
            return np.concatenate([module(batch).float().cpu().numpy() for batch in images])
    finally:
        module.train(training)
