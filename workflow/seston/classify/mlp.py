"""A head with one hidden layer, trained in small batches on embeddings.

For thousands of labels: with hundreds the linear head is as good, and its minimum is one.
"""

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from seston.classify.heads import Head, standardisation

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.float32]

HIDDEN = 256
DROPPED = 0.5  # share of the hidden layer that a step does without (Srivastava et al. 2014)
STEPS, BATCH = 1000, 256
RATE = 1e-3
#: Weight decays that are tried, of AdamW, the strongest first.
DECAYS = (10.0, 3.0, 1.0)
SETTINGS = tuple(f"weight decay {decay:g}" for decay in DECAYS)


def mlp_path(
    x: Rows,
    votes: Floats,
    weights: Floats,
    *,
    offset: Floats | None = None,
    gains: Floats | None = None,
    seed: int,
) -> Iterator[Head]:
    """Yield the head of each weight decay (`SETTINGS`).

    Parameters
    ----------
    x : ndarray of float32, shape (n, d)
        Standardised within; the head takes rows as they are.
    votes : ndarray, shape (n, K)
        Soft targets; rows sum to 1.
    weights : ndarray, shape (n,)
        What each organism counts for, of mean 1.
    offset : ndarray, shape (K,), optional
        Added to the logits in training only.
    gains : ndarray, shape (d,), optional
        Standardised numbers are multiplied by these before they are learned from.
    seed : int
        Of the first weights, the batches and what is dropped.

    Notes
    -----
    A class without any organism is pushed away without end, unlike by a linear head with its
    constant logit; `STEPS` steps keep it within reach.
    """
    mean, scale = standardisation(x)
    if gains is not None:
        scale = scale / gains
    rows = torch.from_numpy(((x - mean) / scale).astype(np.float32))
    targets = torch.from_numpy((votes * weights[:, None]).astype(np.float32))
    added = torch.from_numpy(np.zeros(votes.shape[1]) if offset is None else offset).float()
    for decay in DECAYS:
        first, last = _trained(rows, targets, added, decay, seed)
        # The standardisation becomes part of the first layer.
        w = first.weight.detach().numpy().astype(np.float64) / scale
        b = first.bias.detach().numpy() - w @ mean
        yield Head(
            last.weight.detach().numpy(), last.bias.detach().numpy(),
            (w.astype(np.float32), b.astype(np.float32)),
        )  # fmt: skip


def _trained(
    rows: Tensor, targets: Tensor, added: Tensor, decay: float, seed: int
) -> tuple[nn.Linear, nn.Linear]:
    """Train one network; the rate rises over a tenth of the steps and falls to 0 at the end."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        first = nn.Linear(rows.shape[1], HIDDEN)
        last = nn.Linear(HIDDEN, targets.shape[1])
        decayed = [first.weight, last.weight]
        plain = [first.bias, last.bias]
        optimiser = torch.optim.AdamW(
            [{"params": decayed, "weight_decay": decay}, {"params": plain, "weight_decay": 0.0}],
            lr=RATE,
        )
        order = torch.empty(0, dtype=torch.int64)
        for step in range(STEPS):
            if len(order) < min(BATCH, len(rows)):
                order = torch.cat([order, torch.randperm(len(rows))])
            batch, order = order[:BATCH], order[BATCH:]
            for group in optimiser.param_groups:
                group["lr"] = RATE * _share(step + 1)
            hidden = functional.dropout(functional.relu(first(rows[batch])), DROPPED)
            log_p = functional.log_softmax(last(hidden) + added, dim=1)
            loss = -(targets[batch] * log_p).sum(dim=1).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    return first, last


def _share(step: int) -> float:
    """Return the share of the highest rate at a step, from 1 to `STEPS`."""
    warm = STEPS // 10
    if step <= warm:
        return step / warm
    return (1 + math.cos(math.pi * (step - warm) / (STEPS - warm))) / 2
