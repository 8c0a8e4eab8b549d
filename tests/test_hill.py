"""Hill numbers at fewer images and at a coverage, against all ways to draw them."""

from itertools import combinations

import numpy as np
import pytest
from skbio.diversity.alpha import hill

from seston.community.hill import at_coverage, coverage, images_for, rarefied

SAMPLES = [[4, 2, 1, 1], [3, 3], [5, 0, 1, 1, 1], [1, 1, 1]]


def draws(counts, images):
    """All ways to draw so many images: counts of each class, (ways, K)."""
    owner = np.repeat(np.arange(len(counts)), counts)
    ways = [np.bincount(owner[list(way)], minlength=len(counts))
            for way in combinations(range(len(owner)), images)]  # fmt: skip
    return np.array(ways)


@pytest.mark.parametrize("counts", SAMPLES)
def test_rarefied_is_the_mean_over_all_ways_to_draw(counts):
    for images in range(1, sum(counts) + 1):
        ways = draws(counts, images)
        share = ways / images
        entropy = [-sum(p * np.log(p) for p in row if p) for row in share]
        expected = [
            (ways > 0).sum(axis=1).mean(),
            np.exp(np.mean(entropy)),
            1 / (share**2).sum(axis=1).mean(),
        ]
        assert rarefied(np.array(counts), images) == pytest.approx(expected)


def test_all_images_give_the_hill_numbers_of_scikit_bio():
    counts = np.random.default_rng(1).negative_binomial(1, 0.02, 60)
    expected = [hill(counts, order=order) for order in (0, 1, 2)]
    assert rarefied(counts, counts.sum()) == pytest.approx(expected)


def test_large_samples_stay_exact():
    # A class with n/2 of n images, and two with n/4, is hardly changed by leaving out one image.
    counts = np.array([500_000, 250_000, 250_000])
    assert rarefied(counts, 999_999) == pytest.approx([3, 2**1.5, 8 / 3], rel=1e-5)
    assert rarefied(counts, 1) == pytest.approx([1, 1, 1])


@pytest.mark.parametrize("counts", SAMPLES)
def test_coverage_of_a_part_is_the_share_of_the_rest_that_is_known(counts):
    n = sum(counts)
    for images in range(n):
        ways = draws(counts, images)
        rest = np.array(counts) - ways
        known = (rest * (ways > 0)).sum(axis=1) / (n - images)
        assert coverage(np.array(counts), images) == pytest.approx(known.mean())


def test_coverage_of_a_sample_by_hand():
    # Chao & Jost 2012, eq. 4a: n = 8, f1 = 2, f2 = 1: 1 - 2/8 * (7 * 2) / (7 * 2 + 2 * 1).
    assert coverage(np.array([4, 2, 1, 1])) == pytest.approx(1 - 0.25 * 14 / 16)
    # None seen twice: f1 - 1 for f1 and 1 for f2, so 1 - 3/8 * (7 * 2) / (7 * 2 + 2).
    assert coverage(np.array([5, 1, 1, 1])) == pytest.approx(1 - 0.375 * 14 / 16)
    assert coverage(np.array([3, 3])) == 1
    assert np.isnan(coverage(np.array([0, 0])))


def test_images_for_a_coverage():
    counts = np.array([40, 20, 10, 5, 2, 1, 1, 1])
    for wanted in (0.5, 0.8, 0.95):
        images = images_for(counts, wanted)
        low, high = coverage(counts, int(images)), coverage(counts, int(images) + 1)
        assert low <= wanted <= high
        assert images - int(images) == pytest.approx((wanted - low) / (high - low))
        part = images - int(images)
        expected = (1 - part) * rarefied(counts, int(images))
        expected += part * rarefied(counts, int(images) + 1)
        assert at_coverage(counts, wanted) == pytest.approx(expected)
    assert images_for(counts, coverage(counts)) == 80
    assert images_for(np.array([7]), 1.0) == 1


def test_more_than_there_is_cannot_be_drawn():
    counts = np.array([3, 1])
    with pytest.raises(ValueError, match="5 images of a sample of 4"):
        rarefied(counts, 5)
    with pytest.raises(ValueError, match="0 images"):
        rarefied(counts, 0)
    with pytest.raises(ValueError, match="5 images"):
        coverage(counts, 5)
    with pytest.raises(ValueError, match="coverage"):
        images_for(np.array([3, 2, 1]), 0.999)
