"""LARS: SGD whose step in each layer fits the size of the layer's weights.

SimCLR was trained with it in batches of thousands (Chen et al. 2020), and so was the network of
Schanz et al. (2023); torch has none. For the batches of one machine there is AdamW.
"""

from collections.abc import Callable, Iterable
from typing import Any

import torch


class LARS(torch.optim.Optimizer):
    """Layer-wise adaptive rate scaling (You, Gitman & Ginsburg 2017, arXiv 1708.03888).

    Parameters
    ----------
    groups : iterable of dict
        As `seston.models.optimiser.parameter_groups` gives them. In those that are not decayed
        (biases, scales of norms) it is SGD with momentum, as in SimCLR.
    lr : float
        Set anew for every step by the schedule.
    momentum : float
    trust : float
        Largest relative change of a layer's weights in a step, at ``lr`` 1.

    Notes
    -----
    With gradient *g* and decay *d* of weights *w*, the step is that of SGD with momentum along
    ``trust * |w| / |g + d w| * (g + d w)``.
    """

    def __init__(
        self,
        groups: Iterable[dict[str, Any]],
        lr: float = 0.0,
        momentum: float = 0.9,
        trust: float = 1e-3,
    ) -> None:
        defaults = {"lr": lr, "momentum": momentum, "trust": trust, "weight_decay": 0.0}
        super().__init__(groups, defaults)

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]  # no closure: the trainer has none
        """Take one step."""
        for group in self.param_groups:
            for weights in group["params"]:
                if weights.grad is None:
                    continue
                slope = weights.grad + group["weight_decay"] * weights
                if group.get("decayed", True):
                    # Weights of 0 have no size to fit to; without a slope there is no step.
                    size, steep = weights.norm(), slope.norm()
                    fits = (size > 0) & (steep > 0)
                    slope = slope * torch.where(fits, group["trust"] * size / steep, 1.0)
                velocity = self.state[weights].setdefault("velocity", torch.zeros_like(weights))
                velocity.mul_(group["momentum"]).add_(slope)
                weights.sub_(velocity, alpha=group["lr"])
