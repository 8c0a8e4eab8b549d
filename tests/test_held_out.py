"""Answers about the labelled organisms: what calibrators saw, corrections, what is rejected."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import softmax

from seston.classify.calibration import fit
from seston.classify.held_out import answers, classes_seen, cross_calibrated, deployed, reject
from small_classifier import classifier


@pytest.fixture(scope="module")
def learned():
    return classifier()


def test_the_calibrator_of_a_fold_is_fitted_to_the_others(learned):
    held, source, labels = learned.held_out, learned.training_prior, learned.label_prior
    found = cross_calibrated("bcts", held.logits, held.votes, held.folds, source, labels)
    there = held.folds == 1
    ratio = np.log(labels) - np.log(source)
    expected = fit("bcts", held.logits[~there], held.votes[~there], log_ratio=ratio)
    np.testing.assert_allclose(found[there], expected(held.logits[there]))
    other = held.votes.copy()
    other[there] = np.roll(other[there], 1, axis=1)
    again = cross_calibrated("bcts", held.logits, other, held.folds, source, labels)
    np.testing.assert_array_equal(again[there], found[there])
    assert not np.array_equal(again[~there], found[~there])


def test_corrections_are_what_they_are_called(learned):
    found = answers(learned, "none")
    raw = softmax(learned.held_out.logits, axis=1)
    np.testing.assert_allclose(found["none"].posterior, raw)
    ratio = learned.label_prior / learned.training_prior
    expected = raw * ratio / (raw * ratio).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found["multiclass"].posterior, expected)
    assert np.ptp(found["one_versus_rest"].posterior.sum(axis=1)) > 0.05
    np.testing.assert_allclose(found["em"].posterior.sum(axis=1), 1)


@pytest.mark.parametrize("sampling", ["balanced", "natural"])
def test_with_uniform_frequencies_the_sampling_makes_no_difference_to_what_is_meant(sampling):
    learned = classifier(sampling=sampling)
    odds = deployed(learned, "uniform").posterior / deployed(learned, "training").posterior
    expected = 1 / learned.label_prior
    np.testing.assert_allclose(odds / odds[:, :1], np.tile(expected / expected[0], (600, 1)))


def test_the_settings_of_the_prior_are_the_corrections_of_the_same_kind(learned):
    found = answers(learned, "temperature")
    for prior, correction in (("em", "em"), ("training", "multiclass"), ("uniform", "none")):
        np.testing.assert_allclose(
            deployed(learned, prior).posterior, found[correction].posterior, rtol=1e-9
        )


def test_answers_that_are_given_are_wrong_as_rarely_as_is_said(learned):
    left = reject(learned, "training", 0.03)
    last = deployed(learned, "training")
    given = last.sure >= left.threshold
    assert given.mean() == pytest.approx(left.coverage) and 0.3 < left.coverage < 1
    assert 1 - last.right[given].mean() <= 0.03 < left.error_high
    assert reject(learned, "training", 0.2).coverage > left.coverage


def test_an_answer_is_right_by_the_share_that_agree(learned):
    half = learned.held_out.votes.copy()
    half[:10] = [0.5, 0.5, 0.0]
    learned = replace(learned, held_out=replace(learned.held_out, votes=half))
    found = answers(learned, "none")["none"]
    assert set(found.right[:10]) <= {0.0, 0.5} and set(found.right[10:]) <= {0.0, 1.0}
    assert (found.codes[:10] == -1).all() and (found.codes[10:] >= 0).all()
    assert found.scores(1, 0.95).micro.value == pytest.approx(
        (found.said[10:] == found.codes[10:]).mean()
    )


def test_a_head_saw_the_classes_that_the_other_folds_have():
    votes = np.array([[1, 0, 0], [0.5, 0.5, 0], [0, 0, 1], [1, 0, 0]])
    seen = classes_seen(votes, np.array([4, 4, 9, 9]))
    assert seen.tolist() == [[True, False, True]] * 2 + [[True, True, False]] * 2
