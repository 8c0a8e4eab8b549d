import numpy as np
import pytest
from scipy.special import log_softmax, softmax

from seston.classify.calibration import fit
from seston.classify.prior import smooth
from seston.classify.quantifier import LEAST_UNITS, learn, transfer, unit_weights

EVEN = np.full(3, 1 / 3)


def labelled(images=600, seed=0, units=20, sharp=2.0):
    """Held-out logits under even classes, too sure by `sharp`, with votes and units."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(3, p=[0.7, 0.2, 0.1], size=images)
    centres = np.array([[0.0, 0.0], [1.5, 0.0], [0.0, 2.0]])
    points = centres[truth] + rng.normal(size=(images, 2))
    logits = sharp * (points @ centres.T - (centres**2).sum(axis=1) / 2)
    return logits, np.eye(3)[truth], rng.integers(0, units, images)


def test_what_is_learned_is_calibrated_through_the_correction():
    logits, votes, units = labelled()
    known = learn("temperature", logits, votes, units, EVEN, draws=4)
    np.testing.assert_allclose(known.prior, smooth(votes.sum(axis=0)))
    wanted = fit("temperature", logits, votes, log_ratio=np.log(known.prior * 3))
    assert known.calibrator.scale[0] == pytest.approx(wanted.scale[0])
    assert 1 / known.calibrator.scale[0] == pytest.approx(2, rel=0.15)
    posterior = softmax(known.calibrator(logits), axis=1)
    np.testing.assert_allclose(known.posterior(logits), posterior)
    np.testing.assert_allclose(known.transfer, transfer(posterior, votes))
    np.testing.assert_allclose(known.transfer.sum(axis=0), 1)
    np.testing.assert_allclose(known.transfers.sum(axis=1), 1)
    assert known.transfers.shape == (4, 3, 3)
    np.testing.assert_array_equal(known.sizes, votes.sum(axis=0))
    # Held-out logits are sorted by class.
    order = np.argsort(votes.argmax(axis=1), kind="stable")
    np.testing.assert_array_equal(known.held_out, logits[order])


def test_draws_scatter_as_new_labels_would():
    """Against fits to labels that were really collected anew."""
    logits, votes, units = labelled()
    known = learn("temperature", logits, votes, units, EVEN, draws=60)
    drawn = np.log([one.scale[0] for one in known.calibrators])
    anew, matrices = [], []
    for seed in range(60):
        other, said, _ = labelled(seed=seed + 1)
        ratio = np.log(smooth(said.sum(axis=0)) * 3)
        anew.append(np.log(fit("temperature", other, said, log_ratio=ratio).scale[0]))
        matrices.append(transfer(known.posterior(other), said))
    assert drawn.std() == pytest.approx(np.std(anew), rel=0.4)
    scatter = np.std(matrices, axis=0)
    assert np.mean(known.transfers.std(axis=0) / scatter) == pytest.approx(1.1, abs=0.25)


def test_images_of_a_day_are_drawn_together_unless_a_class_has_few_days():
    votes = np.eye(3)[np.r_[np.zeros(40, int), np.ones(40, int), np.full(6, 2)]]
    units = np.r_[np.arange(80) % 10, np.arange(6) % (LEAST_UNITS - 1)]
    weights = unit_weights(votes, units, 400, 0)
    assert weights.shape == (400, 86)
    np.testing.assert_allclose(weights.mean(axis=0), 1, atol=0.3)
    np.testing.assert_array_equal(weights[:, 0], weights[:, 10])
    np.testing.assert_array_equal(weights[:, 0], weights[:, 50])
    assert abs(np.corrcoef(weights[:, 80], weights[:, 83])[0, 1]) < 0.2
    # Six images vary more than many would, so that their mean does as Student's t of 5.
    assert weights[:, 80:].var() > weights[:, :80].var() > 1


def test_mixtures_hold_what_was_asked_for_and_a_few_strange_images():
    logits, votes, units = labelled()
    known = learn("none", logits, votes, units, EVEN, draws=1)
    rng = np.random.default_rng(0)
    sizes = known.sizes.cumsum()
    wanted = np.array([0, 500, 20])
    of_class = np.zeros(3)
    for _ in range(200):
        rows, often = known.mixture(wanted, rng)
        assert often.sum() == 520
        assert len(np.unique(rows)) == len(rows)
        of_class += [
            often[(rows >= low) & (rows < high)].sum()
            for low, high in zip(np.append(0, sizes[:-1]), sizes, strict=True)
        ]
    assert 0 < of_class[0] / 200 < 3
    assert of_class[1] / 200 == pytest.approx(500, abs=3)


def test_a_class_without_held_out_images_is_never_mistaken_and_never_drawn():
    logits = np.random.default_rng(1).normal(size=(40, 3))
    votes = np.eye(3)[np.arange(40) % 2]
    known = learn("bcts", logits, votes, np.arange(40), EVEN, draws=2)
    assert known.counted.tolist() == [True, True, False]
    assert known.transfer[:, 2].tolist() == [0, 0, 1]
    _, often = known.mixture(np.array([5, 5, 5]), np.random.default_rng(0))
    assert often.sum() == 10


def test_the_same_seed_gives_the_same_draws():
    data = labelled(120)
    first, again, other = (learn("bcts", *data, EVEN, draws=3, seed=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(first.transfers, again.transfers)
    np.testing.assert_array_equal(first.calibrators[2].bias, again.calibrators[2].bias)
    assert not np.array_equal(first.transfers, other.transfers)


def test_probabilities_are_as_good_as_logits():
    logits, votes, units = labelled(200)
    first = learn("vector", logits, votes, units, EVEN, draws=2)
    again = learn("vector", log_softmax(logits, axis=1), votes, units, EVEN, draws=2)
    np.testing.assert_allclose(first.transfers, again.transfers, atol=1e-6)
