"""Evidence from labels, where classes or days were planted."""

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier

from seston.evaluate.labelled import across_units, by_clusters
from seston.evaluate.organisms import Drawn
from seston.labels.sets import LabelSet


def planted(classes_apart: float, days_apart: float, seed: int = 1, n: int = 600):
    rng = np.random.default_rng(seed)
    day, kind = rng.integers(0, 10, n), rng.integers(0, 4, n)
    vectors = rng.normal(size=(n, 24))
    vectors += classes_apart * np.eye(4, 24)[kind] + days_apart * np.eye(10, 24)[day][:, ::-1]
    drawn = Drawn(
        np.arange(n), vectors.astype(np.float32), day, tuple(f"d{i}" for i in range(10)), "day"
    )
    return LabelSet("experts", kind, ("a", "b", "c", "d")), drawn


def values(rows):
    return {row.measure: row.value for row in rows}


def test_perfect_classes():
    labels, drawn = planted(30, 0)
    rows, tallies = across_units(labels, drawn, 5, seed=1)
    assert values(rows) == {"knn_5": 1, "knn_20": 1, "linear_probe": 1}
    assert {(row.chance, row.images, row.groups, row.better) for row in rows} == {
        (0.25, 600, 10, "higher")
    }
    assert tallies["labels", "knn_5", "experts"].right.sum() == 600
    assert values(by_clusters(labels, drawn, seed=1))["nmi"] == pytest.approx(1)


def test_pure_noise_is_chance():
    labels, drawn = planted(0, 0, n=1000)
    rows = across_units(labels, drawn, 5, seed=1)[0]
    assert all(abs(row.value - 0.25) < 0.06 for row in rows)  # 4 standard errors
    clusters = by_clusters(labels, drawn, seed=1)
    assert all(abs(row.value - row.chance) < 0.05 for row in clusters)


def test_a_day_that_has_one_kind_each_is_no_knowledge():
    # Every day has one kind and a look of its own: within a day neighbours are always right,
    # from other days they know nothing.
    rng = np.random.default_rng(2)
    day = np.repeat(np.arange(30), 20)
    kind = (np.arange(30) % 2)[day]
    vectors = (rng.normal(size=(600, 40)) + 20 * rng.normal(size=(30, 40))[day]).astype(np.float32)
    drawn = Drawn(np.arange(600), vectors, day, tuple(f"d{i:02}" for i in range(30)), "day")
    rows = across_units(LabelSet("x", kind, ("a", "b")), drawn, 5, seed=1)[0]
    assert all(row.value < 0.7 and row.low < 0.5 < row.high + 0.1 for row in rows)


def test_neighbours_from_other_days_are_those_of_scikit_learn():
    labels, drawn = planted(3, 2)
    rows = across_units(labels, drawn, 5, seed=1)[0]
    theirs = cross_val_predict(
        KNeighborsClassifier(5, metric="cosine"),
        drawn.vectors,
        labels.codes,
        groups=drawn.units,
        cv=LeaveOneGroupOut(),
    )
    # They settle ties by the smaller number, so that a few answers differ.
    expected = balanced_accuracy_score(labels.codes, theirs)
    assert values(rows)["knn_5"] == pytest.approx(expected, abs=0.02)
    assert 0.4 < expected < 0.95


def test_classes_of_one_day_are_left_out_and_named():
    labels, drawn = planted(30, 0)
    codes = labels.codes.copy()
    codes[np.flatnonzero(drawn.units == 3)[:2]] = 4
    more = LabelSet("experts", codes, (*labels.classes, "rare"), "3 of 9 ids unknown")
    rows, tallies = across_units(more, drawn, 5, seed=1)
    assert rows[0].images == 598 and rows[0].chance == 0.25
    assert rows[0].note == (
        "3 of 9 ids unknown; never by organisms of the same day;"
        " classes left out, as in one day only: rare"
    )
    assert tallies["labels", "knn_5", "experts"].classes == ("a", "b", "c", "d")
    assert by_clusters(more, drawn, seed=1)[0].images == 600


def test_labels_of_one_day_cannot_be_judged():
    labels, drawn = planted(30, 0)
    one = drawn.part(np.flatnonzero(drawn.units == 1))
    rows, tallies = across_units(labels, one, 5, seed=1)
    assert not tallies and all(np.isnan(row.value) for row in rows)
    assert "fewer than two classes occur in two days" in rows[0].note
    assert values(by_clusters(labels, one, seed=1))["purity"] == 1
    same = one.part(np.flatnonzero(labels.codes[one.rows] == 0))
    assert by_clusters(labels, same, seed=1)[0].note == "fewer than two classes"
