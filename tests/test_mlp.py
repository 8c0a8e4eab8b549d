"""The head with a hidden layer."""

import numpy as np
import pytest
from scipy.special import softmax

from seston.classify import mlp
from seston.classify.linear import fit_linear
from seston.classify.mlp import DECAYS, SETTINGS, mlp_path


@pytest.fixture(autouse=True)
def fewer_steps(monkeypatch):
    monkeypatch.setattr(mlp, "STEPS", 200)
    monkeypatch.setattr(mlp, "DECAYS", (10.0, 1.0))


@pytest.fixture
def rings():
    """Two classes of which one lies around the other: no plane parts them."""
    rng = np.random.default_rng(0)
    codes = np.arange(400) % 2
    angle = rng.uniform(0, 2 * np.pi, 400)
    x = np.c_[np.cos(angle), np.sin(angle)] * (1 + 2 * codes[:, None])
    x = (x + 0.2 * rng.normal(size=(400, 2))) * [3, 0.1] + [50, -1]
    return np.c_[x, np.full(400, 4.0)].astype(np.float32), np.eye(2)[codes]


def test_it_finds_what_no_plane_parts(rings):
    x, votes = rings
    heads = list(mlp_path(x, votes, np.ones(400), seed=1))
    assert len(heads) == 2 and len(SETTINGS) == len(DECAYS) > 2
    right = [(head(x).argmax(axis=1) == votes.argmax(axis=1)).mean() for head in heads]
    flat = fit_linear(x, votes, np.ones(400), 1.0)
    assert (flat(x).argmax(axis=1) == votes.argmax(axis=1)).mean() < 0.7
    assert right[-1] > 0.97


def test_the_same_seed_gives_the_same_head_and_leaves_others_alone(rings):
    import torch

    x, votes = rings
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    one, other, third = (next(mlp_path(x, votes, np.ones(400), seed=s)) for s in (1, 1, 2))
    assert torch.equal(torch.rand(3), expected)
    np.testing.assert_array_equal(one.w, other.w)
    np.testing.assert_array_equal(one.hidden[0], other.hidden[0])
    assert not np.array_equal(one.w, third.w)


def test_weights_and_an_offset_move_the_answers_as_the_prior_does(rings):
    _, votes = rings
    nothing = np.zeros((400, 3), np.float32)  # nothing can be learned but how frequent they are
    weights = np.where(votes[:, 0] == 1, 1.8, 0.2)
    head = list(mlp_path(nothing, votes, weights, seed=1))[-1]
    np.testing.assert_allclose(softmax(head(nothing[:1]), axis=1), [[0.9, 0.1]], atol=0.02)
    offset = np.log([0.9, 0.1])
    head = list(mlp_path(nothing, votes, weights, offset=offset, seed=1))[-1]
    np.testing.assert_allclose(softmax(head(nothing[:1]), axis=1), [[0.5, 0.5]], atol=0.03)


def test_the_rate_rises_and_ends_at_nothing(monkeypatch):
    monkeypatch.setattr(mlp, "STEPS", 1000)
    shares = [mlp._share(step) for step in range(1, 1001)]
    assert max(shares) == shares[99] == 1
    assert shares[0] == 0.01 and shares[-1] == 0
    assert all(np.diff(shares[99:]) < 0)
