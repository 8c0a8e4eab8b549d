"""Linear models on units they never saw."""

import numpy as np
import pytest
from sklearn.linear_model import RidgeCV
from sklearn.metrics import balanced_accuracy_score

from seston.evaluate import probe
from seston.evaluate.probe import linear_probe, ridge_predictions


def grouped(n=600, classes=4, dim=20, units=12, seed=1):
    rng = np.random.default_rng(seed)
    truth, unit = rng.integers(0, classes, n), rng.integers(0, units, n)
    centres = rng.normal(size=(classes, dim))
    return centres, truth, unit, rng


def test_classes_that_lie_apart_are_named_in_units_never_seen():
    centres, truth, unit, rng = grouped()
    rows = (centres[truth] * 3 + rng.normal(size=(600, 20))).astype(np.float32)
    assert balanced_accuracy_score(truth, linear_probe(rows, truth, unit, 5)) > 0.98


def test_noise_is_chance():
    _, truth, unit, rng = grouped(n=2000)
    rows = rng.normal(size=(2000, 20)).astype(np.float32)
    found = balanced_accuracy_score(truth, linear_probe(rows, truth, unit, 5))
    assert abs(found - 0.25) < 0.05  # 4.5 standard errors


def test_units_stay_together():
    # Rows tell their unit and nothing else, and a unit has one class: whoever sees other rows
    # of the unit knows the class, whoever does not can only guess.
    rng = np.random.default_rng(3)
    unit = np.repeat(np.arange(40), 20)
    truth = rng.integers(0, 2, 40)[unit]
    rows = (rng.normal(size=(40, 60))[unit] * 5 + rng.normal(size=(800, 60))).astype(np.float32)
    apart = balanced_accuracy_score(truth, linear_probe(rows, truth, unit, 5))
    mixed = balanced_accuracy_score(truth, linear_probe(rows, truth, np.arange(800), 5))
    assert mixed > 0.95 and apart < 0.75


def test_the_penalty_follows_the_data(monkeypatch):
    centres, truth, unit, rng = grouped(n=300, dim=100)
    # Few rows of many dimensions with faint classes ask for the strongest penalty.
    faint = (0.15 * centres[truth] + rng.normal(size=(300, 100))).astype(np.float32)
    scores = {}
    for strength in (1e-3, 1e3):
        monkeypatch.setattr(probe, "STRENGTHS", (strength,))
        scores[strength] = balanced_accuracy_score(truth, linear_probe(faint, truth, unit, 5))
    monkeypatch.setattr(probe, "STRENGTHS", (1e-3, 1e3))
    chosen = balanced_accuracy_score(truth, linear_probe(faint, truth, unit, 5))
    assert scores[1e-3] > scores[1e3] + 0.02
    assert chosen > (scores[1e-3] + scores[1e3]) / 2


def test_training_on_one_class_gives_no_answer():
    rows = np.random.default_rng(1).normal(size=(8, 3)).astype(np.float32)
    unit = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    truth = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    assert (linear_probe(rows, truth, unit, 5) == -1).all()


def test_ridge_predicts_rows_it_has_not_seen():
    rng = np.random.default_rng(5)
    rows = rng.normal(size=(1500, 10)).astype(np.float32)
    signal = rows @ rng.normal(size=10)
    values = signal + signal.std() * rng.normal(size=1500)
    predicted = ridge_predictions(rows, values, 5, seed=1)
    explained = 1 - ((values - predicted) ** 2).sum() / ((values - values.mean()) ** 2).sum()
    assert explained == pytest.approx(0.5, abs=0.06)  # by construction
    noise = ridge_predictions(rows, rng.normal(size=1500), 5, seed=1)
    assert noise.std() < 0.15
    fitted = RidgeCV(probe.PENALTIES).fit(rows, values).predict(rows)
    assert np.abs(fitted - predicted).max() > 1e-3  # not fitted to the row itself
