"""Whether clusters live at one level beyond the patchiness of all of them."""

import numpy as np
import pytest
from scipy.stats import betabinom

from seston.trust.circumstances import Circumstance
from seston.trust.concentration import concentration, patchiness


def drawn(seed, rho, clusters=40, samples=60, images=80):
    """Counts (clusters, samples): shares of each sample from a Dirichlet of correlation rho."""
    rng = np.random.default_rng(seed)
    share = rng.dirichlet(np.full(clusters, 20.0))
    sizes = rng.integers(images // 2, images * 2, samples)
    of_sample = rng.dirichlet(share * (1 - rho) / rho, samples)
    return np.array([rng.multinomial(n, p) for n, p in zip(sizes, of_sample, strict=True)]).T


def as_images(counts):
    cluster, level = np.nonzero(counts)
    repeats = counts[cluster, level]
    names = tuple(f"s{i:03d}" for i in range(counts.shape[1]))
    return np.repeat(cluster, repeats), Circumstance("sample", np.repeat(level, repeats), names)


@pytest.mark.parametrize("rho", [0.02, 0.1])
def test_patchiness_is_found_again(rho):
    found = np.mean([patchiness(drawn(seed, rho)) for seed in range(20)])
    assert found == pytest.approx(rho, rel=0.2)


def test_even_spread_has_no_patchiness():
    rng = np.random.default_rng(2)
    counts = rng.multinomial(4000, np.full(30, 1 / 30), 50).T
    assert patchiness(counts) < 0.002


def test_patchiness_of_nothing_is_unknown():
    assert np.isnan(patchiness(np.array([[3, 4]])))
    assert np.isnan(patchiness(np.array([[50], [50]])))


def test_excess_is_0_by_chance_and_1_alone():
    day = Circumstance("day", np.repeat([0, 1, 2], 100), ("a", "b", "c"))
    cluster = np.repeat([0, 0, 0, 1], [100, 50, 50, 100])
    cluster[100:] = np.tile([0, 2], 100)
    cluster[:100] = 1
    found = concentration(cluster, day, day, 4)
    assert found.names() == ["b", "a", "b", ""]
    assert found.excess[1] == 1
    assert found.share[1] == 1
    # Half of cluster 0 is on b, which holds a third of all images.
    assert found.excess[0] == pytest.approx((1 / 2 - 1 / 3) / (2 / 3))
    assert np.isnan(found.excess[3])
    assert np.isnan(found.p[3])


def test_one_level_or_one_cluster_says_nothing():
    one = Circumstance("day", np.zeros(50, int), ("a",))
    assert np.isnan(concentration(np.arange(50) % 2, one, one, 2).p).all()
    two = Circumstance("day", np.arange(50) % 2, ("a", "b"))
    found = concentration(np.zeros(50, int), two, two, 1)
    assert not found.p[0] < 1


def test_patchy_clusters_are_not_suspected_and_an_odd_one_is():
    suspected, sure = 0, 0
    for seed in range(10):
        counts = drawn(seed, 0.08)
        cluster, sample = as_images(counts)
        suspected += np.sum(concentration(cluster, sample, sample, 40).p < 0.05)
        mine = sample.level == 7
        cluster = np.where(mine, 40, cluster)
        found = concentration(cluster, sample, sample, 41)
        sure += found.p[40] < 0.001 and found.names()[40] == "s007"
    assert suspected <= 4  # of 400
    assert sure == 10


def test_tail_is_that_of_the_beta_binomial():
    counts = drawn(3, 0.05)
    cluster, sample = as_images(counts)
    found = concentration(cluster, sample, sample, 40)
    held, n = counts.sum(axis=0), counts.sum()
    rho = found.patchiness
    # Undo Benjamini and Hochberg for the smallest p, which they multiply by the number.
    spread = (1 - rho) / rho
    share = counts.sum(axis=1) / n
    top = found.top
    exact = betabinom.sf(
        counts[np.arange(40), top] - 1, held[top], share * spread, (1 - share) * spread
    )
    smallest = np.argmin(exact)
    assert np.minimum(1, exact[smallest] * 60) * 40 == pytest.approx(
        found.p[smallest], rel=0.6
    ) or (found.p[smallest] == 1)


def test_many_samples_in_a_level_average_out():
    # A tenth of all images: in one cluster with one instrument, in another with the other.
    counts = drawn(4, 0.05)
    cluster, sample = as_images(counts)
    second = sample.level >= 30
    instrument = Circumstance("instrument", second.astype(int), ("x", "y"))
    cluster = np.where(cluster < 8, np.where(second, 40, 0), cluster)
    found = concentration(cluster, instrument, sample, 41)
    assert found.p[40] < 0.001
    assert found.p[0] < 0.001
    assert np.mean(found.p[8:40] < 0.05) < 0.1


def test_a_level_that_shares_no_cluster_is_alone():
    counts = drawn(5, 0.05, clusters=10, samples=12)
    cluster, sample = as_images(counts)
    one = np.zeros(12, int)
    found = concentration(cluster, sample, sample, 11)
    assert not found.alone(one).any()
    assert found.in_own.max() < 0.95
    cluster = np.where(sample.level == 3, 10, cluster)
    found = concentration(cluster, sample, sample, 11)
    assert np.flatnonzero(found.alone(one)).tolist() == [3]
    assert np.flatnonzero(found.own[10]).tolist() == [3]
    assert found.in_own[3] == 1
    # The only sample of another instrument is compared with none.
    assert not found.alone(one + (np.arange(12) == 3)).any()
    # Cultures, each a kind of its own: nobody is alone where all are.
    found = concentration(sample.level, sample, sample, 12)
    assert (found.in_own == 1).all()
    assert not found.alone(one).any()
