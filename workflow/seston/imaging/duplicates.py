"""Organisms that stay where they were: stuck to the glass, or seen twice by a fast camera."""

from collections.abc import Sequence

import numpy as np

from seston.imaging.objects import Organism

#: Share of the joint area that two outlines have in common if they are of the same organism.
_SAME = 0.6
#: Organisms that are compared with all those before at a time: bounds the memory.
_BLOCK = 128


def stay(organisms: Sequence[Organism], before: Sequence[Organism]) -> list[bool]:
    """Say of each organism whether the frame before has one of the same outline there."""
    if not organisms or not before:
        return [False] * len(organisms)
    there = np.array([organism.box for organism in before])[None]
    found = []
    for start in range(0, len(organisms), _BLOCK):
        block = organisms[start : start + _BLOCK]
        here = np.array([organism.box for organism in block])[:, None]
        meet = (np.maximum(here, there)[..., :2] < np.minimum(here, there)[..., 2:]).all(axis=-1)
        found += [
            any(overlap(organism, before[int(k)]) >= _SAME for k in np.flatnonzero(candidates))
            for organism, candidates in zip(block, meet, strict=True)
        ]
    return found


def overlap(one: Organism, other: Organism) -> float:
    """Return the area that two organisms share over the area that they cover together (IoU)."""
    left, top = max(one.x, other.x), max(one.y, other.y)
    right, bottom = min(one.box[2], other.box[2]), min(one.box[3], other.box[3])
    if left >= right or top >= bottom:
        return 0.0
    views = [
        organism.mask[
            top - organism.y : bottom - organism.y, left - organism.x : right - organism.x
        ]
        for organism in (one, other)
    ]
    shared = np.count_nonzero(views[0] & views[1])
    return shared / (np.count_nonzero(one.mask) + np.count_nonzero(other.mask) - shared)
