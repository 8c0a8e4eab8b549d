"""Timing with a clock of paper, agreement against scikit-learn."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from sklearn.cluster import KMeans

from seston.runtime import proof
from seston.runtime.engine import Rows, Tiles
from seston.runtime.proof import agreement, k_means, nearest, race


class Paced:
    """Takes so long per tile, by its own clock; every third batch twice as long."""

    def __init__(self, name: str, cost: float, log: list[str], clock: list[float]) -> None:
        self.name, self.cost, self.log, self.clock = name, cost, log, clock
        self.batch_size, self.depth = 10, 1

    def prepare(self, parts: Sequence[Tiles]) -> Tiles:
        return np.concatenate(parts)

    def submit(self, batch: Tiles) -> Callable[[], Rows]:
        self.log.append(self.name)
        self.clock[0] += self.cost * len(batch)
        return lambda: np.zeros((len(batch), 1), np.float16)


def test_race_takes_turns_and_counts_images(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "ROUNDS", 3)
    log: list[str] = []
    clock = [0.0]
    engines = {
        "slow": Paced("s", 0.02, log, clock),
        "fast": Paced("f", 0.008, log, clock),
    }
    rates = race(engines, np.zeros((7, 2, 2, 3), np.uint8), lambda: clock[0])
    # 1 / 0.02 and 1 / 0.008 images a second, three rounds
    np.testing.assert_allclose(rates["slow"], [50, 50, 50])
    np.testing.assert_allclose(rates["fast"], [125, 125, 125])
    # warmed with two batches twice; then turns of 0.5 s of the slow one: 25 images in 3 batches
    assert "".join(log) == "ssss" + "ffff" + "sssfff" * 3


def test_k_means_is_lloyd_s() -> None:
    rng = np.random.default_rng(3)
    rows = rng.normal(size=(300, 8)) + rng.integers(0, 5, (300, 1))
    start = rows[np.random.default_rng(1).choice(300, 6, replace=False)]
    peer = KMeans(6, init=start, n_init=1, max_iter=10, tol=0, algorithm="lloyd").fit(rows)
    found = k_means(rows, 6, np.random.default_rng(1))
    np.testing.assert_allclose(found, peer.cluster_centers_, atol=1e-9)
    np.testing.assert_array_equal(nearest(rows, found), peer.predict(rows))


def test_agreement_is_the_share_of_equal_labels() -> None:
    rng = np.random.default_rng(0)
    group = np.arange(100) % 4
    rows = (10.0 * np.eye(4)[group] + 0.01 * rng.normal(size=(100, 4))).astype(np.float16)
    assert agreement(rows, rows, seed=0)["labels"] == 1
    other = rows.copy()
    other[:3] = rows[1:4]  # three images change to the next group
    found = agreement(rows, other, seed=0)
    assert found["labels"] == pytest.approx(0.97)
    assert found["cosine_min"] == pytest.approx(0, abs=0.01)
    assert found["max_abs"] == pytest.approx(10, abs=0.1)


def test_high_cosine_does_not_hide_other_labels() -> None:
    rng = np.random.default_rng(0)
    # all within a narrow cone, as embeddings of a collapsed model are
    rows = (50 + rng.normal(size=(400, 16))).astype(np.float16)
    noisy = (rows + rng.normal(size=rows.shape)).astype(np.float16)
    found = agreement(rows, noisy, seed=0)
    assert found["cosine_min"] > 0.999 and found["labels"] < 0.9


def test_embeddings_that_are_not_finite_agree_with_nothing() -> None:
    rows = np.ones((60, 4), np.float16)
    other = rows.copy()
    other[3, 2] = np.inf
    assert agreement(rows, other, seed=0)["labels"] == 0
