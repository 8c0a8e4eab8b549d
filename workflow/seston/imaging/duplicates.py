"""Organisms that stay where they were: stuck to the glass, or seen twice by a fast camera."""

from collections.abc import Sequence

import numpy as np

from seston.imaging.objects import Organism

#: Share of the joint area that two outlines have in common if they are of the same organism.
_SAME = 0.6


def stay(organisms: Sequence[Organism], before: Sequence[Organism]) -> list[bool]:
    """Say of each organism whether the frame before has one of the same outline there."""
    if not organisms or not before:
        return [False] * len(organisms)
    here = np.array([organism.box for organism in organisms])[:, None]
    there = np.array([organism.box for organism in before])[None]
    meet = (np.maximum(here, there)[..., :2] < np.minimum(here, there)[..., 2:]).all(axis=-1)
    return [
        any(overlap(organism, before[int(k)]) >= _SAME for k in np.flatnonzero(candidates))
        for organism, candidates in zip(organisms, meet, strict=True)
    ]


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
