"""The methods by name."""

from typing import Literal

from seston.models.backbones import Backbone
from seston.models.dino import DINO
from seston.models.method import Method
from seston.models.simclr import SimCLR


def method_of(
    name: Literal["dino", "simclr"],
    backbone: Backbone,
    prototypes: int,
    head: Literal["anchored", "random"],
    projection: int,
    temperature: float,
) -> Method:
    """Return the method, with a new head drawn from torch's generator.

    Parameters
    ----------
    name : {'dino', 'simclr'}
    backbone : Backbone
        To train.
    prototypes : int
        Outputs of DINO's head.
    head : {'anchored', 'random'}
        Start of DINO's head.
    projection : int
        Width of SimCLR's head.
    temperature : float
        Of SimCLR's loss.
    """
    if name == "dino":
        return DINO(backbone, prototypes, head)
    return SimCLR(backbone, projection, temperature)
