"""Warnings about samples unlike the labelled images: rare where there is no reason, else sure."""

import numpy as np
import pytest
from scipy.special import softmax

from seston.classify import references
from seston.classify.references import References
from seston.classify.unlike import ALARM, Watch
from small_classifier import DIM, SHARES, classifier, images


@pytest.fixture(scope="module")
def watch():
    return Watch.of(classifier())


def note(watch, x, lacking=0):
    learned = watch.learned
    posterior = softmax(learned.calibrator(learned.head(x)), axis=1)
    return watch.note(learned.references.distance(x), posterior, np.arange(len(x)) < lacking)


def test_samples_like_the_labelled_ones_are_hardly_ever_warned_of(watch):
    rng = np.random.default_rng(8)
    mixes = [rng.dirichlet((2, 2, 2)) for _ in range(300)]
    told = [bool(note(watch, images(rng.choice(3, 40, p=mix), rng))) for mix in mixes]
    assert np.mean(told) <= 4 * ALARM


def test_another_light_is_told(watch):
    rng = np.random.default_rng(9)
    x = images(rng.choice(3, 60, p=SHARES), rng, shift=-3.0)
    assert "farther from labelled ones than those of one day" in note(watch, x)


def test_images_between_the_classes_are_told(watch):
    rng = np.random.default_rng(10)
    between = (2.0 * np.eye(DIM)[0] + 2.0 * np.eye(DIM)[1]) / 2
    x = (between + 0.3 * rng.normal(size=(80, DIM))).astype(np.float32)
    assert "less like any one class" in note(watch, x)


def test_missing_measurements_are_told_where_they_are_many(watch):
    rng = np.random.default_rng(11)
    x = images(rng.choice(3, 50, p=SHARES), rng)
    assert note(watch, x, lacking=5) == ""
    assert note(watch, x, lacking=6).startswith("6 of 50 images lack a measurement that the")
    assert "; 6 of 50" in note(watch, images(np.zeros(50, int), rng, shift=-3.0), lacking=6)


def test_no_image_no_warning(watch):
    assert note(watch, np.empty((0, DIM), np.float32)) == ""


def test_distance_is_that_of_the_nearest_of_another_unit():
    x = np.array([[1, 0], [2, 0], [0, 3], [-1, 0]], np.float32)
    held = References.draw(x, np.zeros(4, int), np.array([0, 1, 1, 2]), 0)
    asked = np.array([[5, 0], [0, 0.1], [-2, 0]], np.float32)
    np.testing.assert_allclose(held.distance(asked), [0, 0, 0], atol=1e-3)
    np.testing.assert_allclose(
        held.distance(asked, apart=np.array([0, 1, 2])), [0, 1, 1], atol=1e-3
    )
    only = References(held.rows[:1], held.units[:1])
    np.testing.assert_allclose(only.distance(asked[:1], apart=held.units[:1]), [2])


def test_rare_classes_have_their_references(monkeypatch):
    monkeypatch.setattr(references, "MOST", 12)
    codes = np.array([0] * 100 + [1] * 3 + [2] * 2 + [-1])
    x = np.eye(106, dtype=np.float32)
    held = References.draw(x, codes, np.arange(106), 4)
    assert np.bincount(codes[held.units] + 1).tolist() == [1, 6, 3, 2]
    other = References.draw(x, codes, np.arange(106), 5)
    assert not np.array_equal(held.units, other.units)
