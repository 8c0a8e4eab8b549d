import numpy as np
import pytest
from sklearn.decomposition import PCA

from seston.cluster.space import embeddings_alone, fit_space, read_space
from seston.errors import SestonError


@pytest.fixture
def rows():
    generator = np.random.default_rng(1)
    return (generator.normal(size=(500, 6)) * [5, 4, 3, 2, 1, 0.5] + 7).astype(np.float32)


@pytest.mark.parametrize("whiten", [False, True])
def test_components_are_those_of_scikit_learn_up_to_their_signs(rows, whiten):
    ours = fit_space(rows, False, pca=3, whiten=whiten).apply(rows.copy())
    peer = PCA(3, whiten=whiten).fit_transform(rows.astype(np.float64))
    if whiten:
        peer *= np.sqrt(500 / 499)  # ours has variance 1 with n below, scikit-learn's with n - 1
    assert np.allclose(np.abs(ours), np.abs(peer), atol=1e-3)


def test_components_without_variance_are_never_blown_up(rows):
    flat = np.concatenate([rows, rows[:, :1]], axis=1)
    assert fit_space(flat, False, whiten=True).dim == 6
    # Equal rows have no component at all, and stay what they are.
    assert fit_space(rows[:1].repeat(5, axis=0), False, pca=2).dim == 6


def test_a_column_of_weight_one_varies_as_much_as_the_whole_embedding(rows):
    measured = np.random.default_rng(2).lognormal(size=(500, 2))
    space = fit_space(rows, False, 0, False, ["a", "b"], [1.0, 0.5], measured)
    found = space.apply(rows.copy(), measured.astype(np.float32))
    assert np.array_equal(found[:, :6], rows)
    whole = rows.var(axis=0).sum()
    assert found[:, 6].var() == pytest.approx(whole, rel=1e-4)
    assert found[:, 7].var() == pytest.approx(whole / 4, rel=1e-4)
    gap = space.apply(rows[:1].copy(), np.array([[np.nan, 2.0]], np.float32))
    assert gap[0, 6] == 0  # the mean


@pytest.mark.parametrize("value", [3.0, 0.1])  # 0.1: rounding leaves a deviation of 1e-17
def test_a_column_that_never_varies_counts_nothing(rows, value):
    constant = np.full((500, 1), value)
    space = fit_space(rows, False, columns=["a"], weights=[1.0], measured=constant)
    assert (space.apply(rows.copy(), constant.astype(np.float32))[:, 6] == 0).all()


def test_length_comes_last(rows):
    measured = rows[:, :1].astype(np.float64)
    space = fit_space(rows, True, 2, False, ["a"], [1.0], measured)
    found = space.apply(rows.copy(), measured.astype(np.float32))
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)
    none = np.zeros((1, 6), np.float32)
    assert (embeddings_alone(6, spherical=True).apply(none) == 0).all()


def test_what_is_saved_is_read_back(rows, tmp_path):
    measured = rows[:, :1].astype(np.float64)
    space = fit_space(rows, True, 2, True, ["log_esd_um"], [0.5], measured)
    for name in ("one.npz", "two.npz"):
        space.save(tmp_path / name)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    again = read_space(tmp_path / "one.npz")
    assert again.columns == ("log_esd_um",)
    assert again.fingerprint == space.fingerprint != embeddings_alone(6).fingerprint
    assert again.dim == 3
    (tmp_path / "one.npz").write_bytes(b"PK\x03\x04torn")
    with pytest.raises(SestonError, match=r"one\.npz: not readable as the space"):
        read_space(tmp_path / "one.npz")
