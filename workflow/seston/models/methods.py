"""The methods by name."""

from typing import Literal

from seston.models.backbones import Backbone
from seston.models.dino import DINO
from seston.models.distill import Distill
from seston.models.method import Method
from seston.models.simclr import SimCLR


def method_of(
    name: Literal["dino", "simclr", "distill"],
    backbone: Backbone,
    prototypes: int,
    projection: int,
    teacher: Backbone | None,
) -> Method:
    """Return the method, with a new head drawn from torch's generator.

    Parameters
    ----------
    name : {'dino', 'simclr', 'distill'}
    backbone : Backbone
        To train.
    prototypes : int
        Outputs of DINO's head.
    projection : int
        Width of SimCLR's head.
    teacher : Backbone or None
        To distill from.
    """
    if name == "dino":
        return DINO(backbone, prototypes)
    if name == "simclr":
        return SimCLR(backbone, projection)
    if teacher is None:
        raise ValueError("distill without a teacher")
    return Distill(backbone, teacher)
