import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

from seston.classify.calibration import LEAST_SCALE, fit


def calibrated(images=3000, classes=5, seed=0, spread=2.0):
    """Logits, and votes of so many annotators that they are exactly the probabilities."""
    logits = np.random.default_rng(seed).normal(size=(images, classes)) * spread
    return logits, softmax(logits, axis=1)


@pytest.mark.parametrize("temperature", [0.5, 1, 1.5, 3, 8])
def test_the_temperature_is_found(temperature):
    logits, votes = calibrated()
    found = fit("temperature", logits * temperature, votes)
    assert 1 / found.scale[0] == pytest.approx(temperature, rel=0.01)
    assert np.unique(found.scale).size == 1
    assert not found.bias.any()
    rng = np.random.default_rng(1)
    drawn = np.eye(5)[(votes.cumsum(axis=1)[:, :4] < rng.random((3000, 1))).sum(axis=1)]
    assert 1 / fit("temperature", logits * temperature, drawn).scale[0] == pytest.approx(
        temperature, rel=0.1
    )


@pytest.mark.parametrize("temperature", [0.5, 3])
def test_the_temperature_is_found_through_a_correction_of_the_prior(temperature):
    """Logits under an even prior, images under another: without the correction T is wrong."""
    classes = 4
    prior = np.array([0.9, 0.06, 0.03, 0.01])
    rng = np.random.default_rng(1)
    truth = rng.choice(classes, p=prior, size=10_000)
    centres = np.random.default_rng(5).normal(size=(classes, 2))
    images = centres[truth] + rng.normal(size=(len(truth), 2))
    likelihood = images @ centres.T - (centres**2).sum(axis=1) / 2
    votes = np.eye(classes)[truth]
    ratio = np.log(prior * classes)
    through = fit("temperature", likelihood * temperature, votes, log_ratio=ratio)
    assert 1 / through.scale[0] == pytest.approx(temperature, rel=0.04)
    ignored = fit("temperature", likelihood * temperature, votes)
    assert abs(np.log(1 / ignored.scale[0] / temperature)) > 0.1


def test_biases_and_scales_of_classes_are_found():
    logits, votes = calibrated()
    bias = np.array([0.5, -1, 0.3, 0, 0.2])
    found = fit("bcts", logits - bias, votes)
    np.testing.assert_allclose(found.bias, bias - bias.mean(), atol=0.02)
    assert found.scale[0] == pytest.approx(1, rel=0.01)
    assert found.bias.sum() == pytest.approx(0, abs=1e-6)
    scale = np.array([0.5, 1, 2, 1, 0.8])
    own = log_softmax(logits, axis=1)
    vector = fit("vector", own / scale, votes)
    # What the calibrator gives back are probabilities, whatever its numbers are.
    again = softmax(vector(own / scale), axis=1)
    truth = softmax(logits, axis=1)
    assert np.abs(again - truth).mean() < 0.01
    plain = softmax(fit("temperature", own / scale, votes)(own / scale), axis=1)
    assert np.abs(plain - truth).mean() > 0.03


@pytest.mark.parametrize("kind", ["temperature", "bcts", "vector"])
def test_fitting_ends_at_the_least_loss(kind):
    """Against a general optimiser that is told neither gradient nor curvature."""
    rng = np.random.default_rng(2)
    logits = rng.normal(size=(60, 3)) * 3
    votes = (rng.dirichlet([0.4] * 3, size=60) + softmax(logits, axis=1)) / 2
    weights = rng.exponential(size=60)
    ratio = np.log([0.6, 1.2, 1.2])
    z = log_softmax(logits, axis=1)

    def loss(packed):
        scale = packed[:3] if kind == "vector" else np.full(3, packed[0])
        bias = np.zeros(3) if kind == "temperature" else packed[-3:]
        log_p = log_softmax(scale * z + bias + ratio, axis=1)
        pull = (scale.mean() - 1) ** 2 + 3 * scale.var() + bias @ bias
        return pull - (weights[:, None] * votes * log_p).sum()

    size = {"temperature": 1, "bcts": 4, "vector": 6}[kind]
    start = np.append(np.ones(size - 3 if size > 1 else 1), np.zeros(3 if size > 1 else 0))
    best = minimize(loss, start, method="Nelder-Mead", options={
        "xatol": 1e-8, "fatol": 1e-12, "maxiter": 20_000, "maxfev": 20_000})  # fmt: skip
    found = fit(kind, logits, votes, log_ratio=ratio, weights=weights)
    ours = {
        "temperature": found.scale[:1],
        "bcts": np.append(found.scale[:1], found.bias),
        "vector": np.append(found.scale, found.bias),
    }[kind]
    np.testing.assert_allclose(ours, best.x, atol=2e-4)


def test_weights_count_images_and_votes_are_shares():
    logits, votes = calibrated(300)
    often = np.random.default_rng(3).integers(0, 3, size=300)
    weighted = fit("bcts", logits, votes, weights=often)
    repeated = fit("bcts", logits.repeat(often, axis=0), votes.repeat(often, axis=0))
    np.testing.assert_allclose(weighted.bias, repeated.bias, atol=1e-7)
    np.testing.assert_allclose(weighted.scale, repeated.scale, atol=1e-7)
    # Two annotators who disagree are an image of each with half the weight.
    shared = (votes + votes[::-1]) / 2
    apart = fit(
        "temperature", np.vstack([logits, logits]), np.vstack([votes, votes[::-1]]),
        weights=np.full(600, 0.5),
    )  # fmt: skip
    assert fit("temperature", logits, shared).scale[0] == pytest.approx(apart.scale[0], rel=1e-6)


def test_raw_probabilities_are_enough_to_calibrate():
    logits, votes = calibrated(500)
    for kind in ("temperature", "bcts", "vector"):
        from_logits = fit(kind, logits + 5, votes)
        from_posterior = fit(kind, log_softmax(logits, axis=1), votes)
        np.testing.assert_allclose(from_logits.scale, from_posterior.scale, atol=1e-7)
        np.testing.assert_allclose(
            softmax(from_logits(logits), axis=1),
            softmax(from_posterior(log_softmax(logits, axis=1)), axis=1),
            atol=1e-7,
        )


def test_a_start_changes_nothing_but_the_way():
    logits, votes = calibrated(400)
    start = fit("vector", logits[:200], votes[:200])
    cold, warm = fit("vector", logits, votes), fit("vector", logits, votes, start=start)
    np.testing.assert_allclose(cold.scale, warm.scale, atol=1e-5)
    np.testing.assert_allclose(cold.bias, warm.bias, atol=1e-5)


@pytest.mark.parametrize("kind", ["temperature", "bcts", "vector"])
def test_images_that_are_all_right_or_all_wrong_leave_finite_numbers(kind):
    logits = 4 * np.eye(3)[[0, 1, 2, 0, 0]]
    right = np.eye(3)[[0, 1, 2, 0, 0]]
    sure = fit(kind, logits, right)
    assert np.all(np.isfinite(sure.scale))
    assert np.all(sure.scale < 10)
    assert softmax(sure(logits), axis=1).argmax(axis=1).tolist() == [0, 1, 2, 0, 0]
    unsure = fit(kind, logits.repeat(50, axis=0), np.roll(right, 1, axis=1).repeat(50, axis=0))
    assert unsure.scale.min() == pytest.approx(LEAST_SCALE)
    one_class = fit(kind, logits, np.eye(3)[[0] * 5])
    assert np.all(np.isfinite(one_class.bias))


def test_no_calibration_and_no_images_change_nothing():
    logits = np.random.default_rng(4).normal(size=(5, 3))
    for nothing in (
        fit("none", logits, np.eye(3)[[0, 1, 2, 0, 1]]),
        fit("bcts", np.zeros((0, 3)), np.zeros((0, 3))),
        fit("vector", logits, np.eye(3)[[0] * 5], weights=np.zeros(5)),
    ):
        np.testing.assert_allclose(softmax(nothing(logits), axis=1), softmax(logits, axis=1))
    with pytest.raises(ValueError, match="isotonic"):
        fit("isotonic", logits, np.eye(3)[[0] * 5])
