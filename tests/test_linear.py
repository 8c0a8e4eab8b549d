"""The linear head: held to scikit-learn, and to what a minimum is."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_info, threadpool_limits

from seston.classify import linear
from seston.classify.linear import PENALTIES, fit_linear, path


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, 300)
    x = rng.normal(size=(300, 12)) * np.geomspace(0.01, 100, 12) + 5
    x[:, 3] += 0.3 * codes
    x[:, 7] -= 8 * (codes == 2)
    x[:, 5] = 7.0  # never changes
    x[:, 6] = x[:, 4] * 2  # says nothing new
    return x.astype(np.float32), codes


@pytest.mark.parametrize("penalty", [300.0, 10.0, 1.0])
def test_it_is_the_multinomial_logistic_regression(rows, penalty):
    x, codes = rows
    head = fit_linear(x, np.eye(4)[codes], np.ones(300), penalty)
    scale = np.where(x.std(axis=0) > 1e-5, x.std(axis=0), 1)
    standard = (x - x.mean(axis=0)) / scale
    oracle = LogisticRegression(C=1 / penalty, tol=1e-8, max_iter=10_000).fit(standard, codes)
    expected = oracle.predict_proba(standard)
    np.testing.assert_allclose(softmax(head(x), axis=1), expected, atol=3e-3)


def test_weights_and_soft_targets_stand_for_repeated_rows(rows):
    x, codes = rows
    rng = np.random.default_rng(1)
    other = (codes + rng.integers(0, 2, 300)) % 4
    often = rng.integers(1, 4, 300)
    votes = (np.eye(4)[codes] + np.eye(4)[other]) / 2
    soft = fit_linear(x, votes, often / often.mean(), 10.0 / often.mean())
    twice = np.r_[np.repeat(np.arange(300), often), np.repeat(np.arange(300), often)]
    said = np.r_[np.repeat(codes, often), np.repeat(other, often)]
    # As many standard deviations: those of the rows as they stand, once each.
    mean, scale = x.mean(axis=0), np.where(x.std(axis=0) > 1e-5, x.std(axis=0), 1)
    oracle = LogisticRegression(C=1 / 20.0, tol=1e-8, max_iter=10_000)
    oracle.fit(((x - mean) / scale)[twice], said)
    expected = oracle.predict_proba((x - mean) / scale)
    np.testing.assert_allclose(softmax(soft(x), axis=1), expected, atol=3e-3)


def test_each_penalty_of_the_path_is_its_own_minimum(rows):
    x, codes = rows
    votes = np.eye(4)[codes]
    for penalty, head in zip(PENALTIES, path(x, votes, np.ones(300)), strict=True):
        alone = fit_linear(x, votes, np.ones(300), penalty)
        np.testing.assert_allclose(softmax(head(x), axis=1), softmax(alone(x), axis=1), atol=5e-3)


def test_fewer_organisms_than_numbers():
    rng = np.random.default_rng(2)
    codes = np.arange(20) % 2
    x = (rng.normal(size=(20, 100)) + codes[:, None]).astype(np.float32)
    head = fit_linear(x, np.eye(2)[codes], np.ones(20), 10.0)
    standard = (x - x.mean(axis=0)) / x.std(axis=0)
    oracle = LogisticRegression(C=0.1, tol=1e-8, max_iter=10_000).fit(standard, codes)
    # Two classes have one column of weights there, and two of half the size here.
    w = head.w[1] - head.w[0]
    half = LogisticRegression(C=0.2, tol=1e-8, max_iter=10_000).fit(standard, codes)
    np.testing.assert_allclose(w * x.std(axis=0), half.coef_[0], atol=2e-3)
    assert np.abs(half.coef_ - oracle.coef_).max() > 1e-2


def test_a_class_without_organisms_is_rare_and_not_impossible(rows):
    x, codes = rows
    head = fit_linear(x, np.eye(5)[codes], np.ones(300), 10.0)
    chance = softmax(head(x), axis=1)
    without = fit_linear(x, np.eye(4)[codes], np.ones(300), 10.0)
    np.testing.assert_allclose(
        chance[:, :4] / chance[:, :4].sum(axis=1, keepdims=True), softmax(without(x), axis=1),
        atol=1e-5,
    )  # fmt: skip
    # One of five organisms beside the three hundred, give or take how sure the others are.
    assert 0.1 / 1500 < chance[:, 4].mean() < 10 / 1500
    assert chance[:, 4].min() > 0
    assert not (chance.argmax(axis=1) == 4).any()


def test_one_thread_computes_whatever_is_allowed(monkeypatch):
    threads = []

    def watched(*given, **more):
        threads.extend(one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas")
        return minimize(*given, **more)

    monkeypatch.setattr(linear, "minimize", watched)
    x = np.random.default_rng(1).normal(size=(40, 3)).astype(np.float32)
    with threadpool_limits(2, "blas"):
        fit_linear(x, np.eye(2)[np.arange(40) % 2], np.ones(40), 1.0)
        after = [one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"]
    assert set(threads) == {1} and set(after) == {2}
