"""Distances to the outside."""

import numpy as np
from scipy import ndimage

from seston.imaging.distance import distances


def test_distances_are_rounded_correctly_wherever_memory_lies():
    rng = np.random.default_rng(1)
    kept = []  # so that results come to lie in new places
    for _ in range(200):
        mask = (rng.random(rng.integers(10, 90, 2)) < 0.99).astype(np.uint8)
        mask[0, 0] = 0
        nearest = ndimage.distance_transform_edt(mask, return_distances=False, return_indices=True)
        squares = ((np.indices(mask.shape) - nearest) ** 2).sum(axis=0)
        kept.append(distances(mask))
        assert kept[-1].dtype == np.float32
        assert np.array_equal(kept[-1], np.sqrt(squares).astype(np.float32))
