"""Shares of the classes in single samples, by all methods, and their table."""

import numpy as np
import pandas as pd
import pytest

from seston.classify.quantifier import learn
from seston.classify.sample_shares import COLUMNS, NOTHING, shares_of, write_shares
from small_classifier import CLASSES, classifier, images

METHODS = {"em", "pacc", "probabilistic", "count"}


@pytest.fixture(scope="module")
def learned():
    return classifier()


@pytest.fixture(scope="module")
def known(learned):
    held = learned.held_out
    return learn(
        "temperature", held.logits, held.votes, held.units, learned.training_prior, draws=25, seed=1
    )


def logits(learned, codes, seed=0):
    return learned.head(images(np.array(codes), np.random.default_rng(seed)))


def test_a_sample_has_its_own_draws(learned, known):
    some = logits(learned, [0] * 30 + [1] * 30)
    first, again, other = (shares_of(some, known, name, 1, 0.95) for name in ("a", "a", "b"))
    assert first.keys() == METHODS
    np.testing.assert_array_equal(first["em"].draws, again["em"].draws)
    assert not np.array_equal(first["em"].draws, other["em"].draws)
    np.testing.assert_array_equal(first["em"].share, other["em"].share)


def test_what_is_next_to_nothing_is_nothing(learned, known):
    found = shares_of(logits(learned, [0] * 80), known, "a", 1, 0.95)["em"]
    assert found.share[1:].tolist() == found.low[1:].tolist() == [0, 0] != found.high[1:].tolist()
    whole = shares_of(logits(learned, [0] * 40 + [2] * 40), known, "a", 1, 0.95)
    for one in whole.values():
        positive = one.share[one.share > 0] * 80
        assert (positive >= NOTHING).all()
        assert one.share.sum() == pytest.approx(1, abs=1e-3)


def test_the_table_holds_samples_with_images_and_their_notes(learned, known, tmp_path):
    effort = pd.DataFrame(
        {
            "sample": ["a", "b"],
            "site": "lake",
            "group": "",
            "time": pd.Timestamp("2020-05-04T08:00"),
        }
    )
    some = shares_of(logits(learned, [0] * 20), known, "a", 1, 0.95)
    none = shares_of(np.empty((0, 3)), known, "b", 1, 0.95)
    assert {one.share.sum() for one in none.values()} == {0}
    path = tmp_path / "class_frequencies.tsv"
    for notes, drift in ((["far away", ""], True), (["", ""], False)):
        write_shares(effort, [20, 0], [some, none], notes, CLASSES, path)
        table = pd.read_csv(path, sep="\t", keep_default_na=False)
        assert list(table.columns) == COLUMNS
        assert set(table["sample"]) == {"a"} and len(table) == len(CLASSES) * len(METHODS)
        assert table["class"].tolist()[:3] == list(CLASSES)
        assert table["datetime"][0] == "2020-05-04T08:00:00" and (table["images"] == 20).all()
        assert (table["drift"] == drift).all() and set(table["note"]) == {notes[0]}
    write_shares(effort, [0, 0], [none, none], ["", ""], CLASSES, path)
    assert path.read_text() == "\t".join(COLUMNS) + "\n"
