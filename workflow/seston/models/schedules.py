"""How learning rate, weight decay and the teacher's momentum change during a training."""

import math
from dataclasses import dataclass


def cosine(start: float, end: float, progress: float) -> float:
    """Return the value between `start` and `end` on half a cosine, `progress` in [0, 1]."""
    return end + (start - end) * (1 + math.cos(math.pi * progress)) / 2


def warm_cosine(progress: float, warmup: float, end: float = 0.0) -> float:
    """Return the share of its peak that a learning rate has at this share of the training.

    It rises linearly to 1 for the share `warmup` (in [0, 1)), then falls to `end` on half a
    cosine. The last of the planned steps is at progress 1, where it is exactly `end`.
    """
    if progress < warmup:
        return progress / warmup
    return cosine(1.0, end, (progress - warmup) / (1 - warmup))


def teacher_momentum(steps: int) -> float:
    """Return the momentum at which a teacher remembers about half of the training.

    Between 0.9 (up to 20 steps) and 0.996 (from 500), which the paper takes for hundreds of
    thousands of steps. In a short training a slower teacher ends near where it began, and a
    quicker one follows the student into fewer dimensions.
    """
    return min(0.996, max(0.9, 1 - 2 / steps))


@dataclass(frozen=True)
class Schedule:
    """The schedules of DINO (Caron et al. 2021, section 3.1), for all methods.

    Progress is the step to be done over all steps of the training, whatever the number of
    processes and of micro-batches: the last step is at 1.

    Attributes
    ----------
    learning_rate : float
        At its peak. It rises linearly for the share `warmup`, then falls to 1 % on a cosine.
    weight_decay : float
        At the start; it rises tenfold on a cosine.
    momentum : float
        Of the teacher, at the start; it rises to 1 on a cosine.
    warmup : float
        In [0, 1).
    """

    learning_rate: float
    weight_decay: float
    momentum: float
    warmup: float

    def at(self, progress: float) -> tuple[float, float, float]:
        """Return learning rate, weight decay and momentum at this share of the training."""
        rate = self.learning_rate * warm_cosine(progress, self.warmup, end=0.01)
        decay = cosine(self.weight_decay, 10 * self.weight_decay, progress)
        return rate, decay, cosine(self.momentum, 1.0, progress)
