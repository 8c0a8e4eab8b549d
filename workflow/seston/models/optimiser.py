"""The optimiser: which parameters decay, and how fast each layer learns."""

import logging
import re
from collections.abc import Iterable
from typing import Any, Literal

import torch
from torch import nn

from seston.models.backbones import Backbone
from seston.models.lars import LARS
from seston.models.method import Method

log = logging.getLogger("seston")

#: the place of a block or stage in a network of timm, DINO or torchvision
_PLACE = re.compile(r"(?:blocks|layers?|stages)\.?(\d+)\.")
#: learnt offsets of the tokens: they are no matrices, though they have two axes
_TOKENS = ("pos_embed", "cls_token", "reg_token")


def depths(net: nn.Module) -> dict[str, int]:
    """Return how deep each parameter lies: 0 before the first block, then 1, 2, ….

    Blocks of a vision transformer, stages of a convolutional network (`layer1` of a ResNet,
    `blocks.0` of an EfficientNet). What comes after the last block (norm, last convolution)
    is one deeper than it. A network without numbered blocks has depth 0 throughout.
    """
    names = [name for name, _ in net.named_parameters()]
    places = {name: int(found[1]) for name in names if (found := _PLACE.match(name))}
    order = {place: depth for depth, place in enumerate(sorted(set(places.values())), 1)}
    result, started = {}, False
    for name in names:
        started = started or name in places
        result[name] = order[places[name]] if name in places else (len(order) + 1) * started
    return result


def is_decayed(name: str, parameter: nn.Parameter) -> bool:
    """Return whether weight decay acts on it: not on biases, scales of norms and tokens."""
    return parameter.ndim > 1 and name.rpartition(".")[2] not in _TOKENS


def optimiser(
    method: Method, layer_decay: float, name: Literal["adamw", "lars"] = "adamw"
) -> torch.optim.Optimizer:
    """Return the optimiser over all that `method` trains, in the groups of `parameter_groups`."""
    trained = {id(parameter) for parameter in method.trained()}
    named = [one for one in method.named_parameters() if id(one[1]) in trained]
    groups = parameter_groups(named, method.backbone, layer_decay)
    return torch.optim.AdamW(groups) if name == "adamw" else LARS(groups)


def parameter_groups(
    named: Iterable[tuple[str, nn.Parameter]], backbone: Backbone, layer_decay: float
) -> list[dict[str, Any]]:
    """Return the groups of an optimiser over the parameters of a backbone and its head.

    They carry ``scale``, the factor of the learning rate, and ``decayed``; `set_rates` reads
    them. The factor is `layer_decay` to the power of the layers above (Clark et al. 2020): 1 for
    the head and what follows the last block, least for the patch embedding.

    Parameters
    ----------
    named : iterable of tuple of str and Parameter
        Those that are trained; names of the network's begin with ``backbone.net.``.
    backbone : Backbone
    layer_decay : float
        1: all learn alike.
    """
    scales = layer_scales(backbone, layer_decay)
    groups: dict[tuple[float, bool], list[nn.Parameter]] = {}
    for name, parameter in named:
        scale = scales.get(name.removeprefix("backbone.net."), 1.0)
        groups.setdefault((scale, is_decayed(name, parameter)), []).append(parameter)
    return [
        {"params": parameters, "scale": scale, "decayed": decayed}
        for (scale, decayed), parameters in groups.items()
    ]


def layer_scales(backbone: Backbone, layer_decay: float) -> dict[str, float]:
    """Return the factor of the learning rate of each parameter of the network."""
    depth = depths(backbone.net)
    top = max(depth.values(), default=0)
    if top == 0 and layer_decay < 1:
        log.warning("layer_decay has no effect: %s has no numbered blocks", backbone.spec.name)
    return {name: layer_decay ** (top - here) for name, here in depth.items()}


def set_rates(optimizer: torch.optim.Optimizer, rate: float, decay: float) -> None:
    """Set learning rate and weight decay for the next step."""
    for group in optimizer.param_groups:
        group["lr"] = rate * group["scale"]
        group["weight_decay"] = decay if group["decayed"] else 0.0
