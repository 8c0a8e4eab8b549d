"""A classifier as a file."""

import json
from pathlib import Path

import numpy as np
import pytest

from seston.classify.heads import Head
from seston.classify.saved import read_classifier
from seston.errors import SestonError
from small_classifier import CLASSES, DIM, classifier


@pytest.fixture(scope="module")
def learned():
    return classifier()


def test_what_is_read_is_what_was_written(learned, tmp_path):
    path = tmp_path / "c.safetensors"
    learned.write(path)
    again = read_classifier(path)
    assert again.card == learned.card and again.card.classes == CLASSES
    assert again.fingerprint == learned.fingerprint
    x = np.random.default_rng(1).normal(size=(5, DIM)).astype(np.float32)
    np.testing.assert_array_equal(again.head(x), learned.head(x))
    np.testing.assert_array_equal(again.calibrator(x[:, :3]), learned.calibrator(x[:, :3]))
    for name in ("logits", "votes", "units", "folds", "distance"):
        np.testing.assert_array_equal(
            getattr(again.held_out, name), getattr(learned.held_out, name)
        )
    np.testing.assert_array_equal(again.references.rows, learned.references.rows)


def test_the_same_classifier_is_the_same_bytes(learned, tmp_path):
    for name in "ab":
        learned.write(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_hidden_layer_is_kept(tmp_path):
    rng = np.random.default_rng(0)
    w, b, h, c = (rng.normal(size=s).astype("f4") for s in ((3, 4), (3,), (4, DIM), (4,)))
    head = Head.of(Head(w, b, (h, c)).tensors())
    x = rng.normal(size=(6, DIM)).astype(np.float32)
    expected = [[w[k] @ np.maximum(h @ one + c, 0) + b[k] for k in range(3)] for one in x]
    np.testing.assert_allclose(head(x), expected, rtol=1e-4, atol=1e-5)
    assert head.dim == DIM


def test_other_embeddings_are_refused(learned):
    learned.require_embeddings(Path("e.arrow"), "of a model", DIM)
    for other in (("of another", DIM), ("of a model", DIM + 1)):
        with pytest.raises(SestonError, match=r"e\.arrow: embeddings of another model"):
            learned.require_embeddings(Path("e.arrow"), *other)


def test_damage_is_told(learned, tmp_path):
    path = tmp_path / "c.safetensors"
    with pytest.raises(SestonError, match="file not found"):
        read_classifier(path)
    learned.write(path)
    data = path.read_bytes()
    path.write_bytes(data[:-4])
    with pytest.raises(SestonError, match="not a readable classifier"):
        read_classifier(path)
    path.write_bytes(data[:-4] + b"\0\0\0\1")
    with pytest.raises(SestonError, match="not what was written"):
        read_classifier(path)
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    header["__metadata__"]["seston.kind"] = "model"
    text = json.dumps(header).encode().ljust(size)
    path.write_bytes(len(text).to_bytes(8, "little") + text + data[8 + size :])
    with pytest.raises(SestonError, match="expected classifier"):
        read_classifier(path)
