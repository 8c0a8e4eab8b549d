"""Which feature of a network is taken: ``cls``, ``mean@11``, ``cls@9+cls@12``, ``pool``.

Imports no torch, so that a setting can be checked before a run starts.
"""

import re
from dataclasses import dataclass
from typing import Literal, cast

from seston.errors import SestonError

#: The whole grammar but for the number of blocks, which belongs to the network.
GRAMMAR = r"pool|(?:cls|mean)(?:@[1-9]\d*)?(?:\+(?:cls|mean)(?:@[1-9]\d*)?)*"


@dataclass(frozen=True)
class Part:
    """One token of width `dim`; a feature is one or several of them, one after the other.

    Attributes
    ----------
    token : {'cls', 'mean'}
        The CLS token, or the mean of the patch tokens.
    block : int
        After which block, from 1. The tokens of every block pass through the network's
        last norm, as in DINOv2's ``get_intermediate_layers(norm=True)``: without it their
        scale grows from block to block.
    """

    token: Literal["cls", "mean"]
    block: int


def parse_feature(feature: str, depth: int, name: str) -> tuple[Part, ...]:
    """Return the parts of a feature; none for ``pool``, the network's own pooling.

    Parameters
    ----------
    feature : str
        ``pool``, or ``cls`` and ``mean`` joined by ``+``, each with ``@block`` unless it
        is of the last block.
    depth : int
        Blocks of the network; 0 if it gives nothing but its pooled feature.
    name : str
        Of the network, for the message.

    Raises
    ------
    SestonError
        If the feature is misspelt, or the network has no such tokens or block.
    """
    told = f"backbone.feature: found {feature}"
    if feature == "pool":
        return ()
    if not re.fullmatch(GRAMMAR, feature):
        raise SestonError(
            f"{told}; expected auto, pool, or cls and mean joined by + (cls+mean), each with the"
            " number of a block if it is not the last (cls@9, cls@9+cls@12)"
        )
    if not depth:
        raise SestonError(
            f"{told}, but {name} has neither a CLS token nor blocks to choose from; use pool or"
            " auto"
        )
    parts = []
    for one in feature.split("+"):
        token, _, block = one.partition("@")
        parts.append(Part(cast(Literal["cls", "mean"], token), int(block or depth)))
    deepest = max(part.block for part in parts)
    if deepest > depth:
        raise SestonError(f"{told}, but {name} has {depth} blocks; use @1 to @{depth}")
    if len(set(parts)) < len(parts):
        raise SestonError(f"{told}, which takes the same tokens twice; name each once")
    return tuple(parts)
