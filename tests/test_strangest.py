"""The list of the strangest organisms."""

import numpy as np

from seston.trust.strangest import ALWAYS, Looks, at_most, choose, reasons, strangeness


def test_a_loose_or_tiny_cluster_does_not_own_the_list():
    rng = np.random.default_rng(1)
    cluster = np.repeat([0, 1, 2], [500, 500, 2])
    distance = np.abs(np.concatenate([rng.normal(0, 1, 500), rng.normal(0, 20, 500), [1e-3, 1e-3]]))
    score = strangeness(cluster, distance, 3)
    top = np.argsort(-score)[:50]
    assert 15 < np.sum(cluster[top] == 0) < 35
    assert score[-1] < 0.01
    assert strangeness(np.zeros(2, int), np.zeros(2), 1).tolist() == [0, 0]


def test_farthest_first_ties_in_order_and_at_most_a_few_of_one():
    score = np.r_[np.full(300, 9.0), np.arange(300) / 1000]
    cluster, sample = np.r_[np.zeros(300, int), np.arange(300) % 60 + 1], np.arange(600)
    chosen = choose(score, cluster, sample)
    assert chosen[:ALWAYS].tolist() == [0, 1, 2, 3, 4]
    assert chosen[ALWAYS:].tolist() == list(range(599, 599 - 95, -1))
    sample[:] = 0
    assert len(choose(score, cluster, sample)) == 100


def test_even_parts():
    assert [at_most(owners) for owners in (1, 2, 10, 40, 1000)] == [100, 100, 20, 5, 5]


def test_no_images():
    nothing = np.empty(0, int)
    assert choose(np.empty(0), nothing, nothing).tolist() == []


def looks(n, **changed):
    columns = {
        "at_border": np.zeros(n, bool),
        "focus": np.full(n, 50.0),
        "esd": np.full(n, 10.0),
        "grey": np.tile([90.0, 100.0, 110.0, 100.0], n)[:n],
        "margin": np.full(n, 5.0),
    }
    for name, (image, value) in changed.items():
        columns[name][image] = value
    return Looks(**columns)


def test_reasons():
    cluster, distance = np.zeros(40, int), np.full(40, 10.0)

    def why(**changed):
        return reasons(np.array([7]), cluster, distance, looks(40, **changed))[0]

    assert why(at_border=(7, True)) == "cut off by the edge of the picture"
    assert why(focus=(7, 2.0)).startswith("blurred")
    assert why(esd=(7, 45.0)) == "4.5 times the diameter usual in its cluster"
    assert why(esd=(7, 2.0)) == "5.0 times smaller in diameter than usual in its cluster"
    assert why(grey=(7, 200.0)) == "lighter than usual in its cluster"
    assert why(grey=(7, 10.0)) == "darker than usual in its cluster"
    assert why(margin=(7, 0.1)) == "between two clusters"
    assert why() == "unlike its cluster; no measurement says why"


def test_reasons_without_any_measurement():
    none = np.full(3, np.nan)
    unknown = Looks(np.zeros(3, bool), none, none, none, none)
    said = reasons(np.array([0]), np.zeros(3, int), np.ones(3), unknown)
    assert said == ["unlike its cluster; no measurement says why"]
