"""What is learned of images that several people labelled."""

import numpy as np
import pytest

from seston.errors import SestonError
from seston.labels.votes import codes_of, kept_by, require_way, targets

WHO = ("Anna", "Ben", "Cleo")
SAID = np.array([[0, 0, 0], [0, 1, 0], [2, -1, 1], [-1, 2, -1], [1, 2, 2]])


def learned(way, seed=0, said=SAID):
    return targets(said, 3, way, WHO, np.random.default_rng(seed))


def test_shares_are_of_those_who_gave_a_label():
    third = 1 / 3
    expected = [[1, 0, 0], [2 * third, third, 0], [0, 0.5, 0.5], [0, 0, 1], [0, third, 2 * third]]
    for way in ("votes", "agreed"):
        assert np.allclose(learned(way), expected)
    assert codes_of(learned("votes")).tolist() == [0, 0, -1, 2, 2]


def test_a_majority_takes_all_and_equal_ones_share():
    expected = [[1, 0, 0], [1, 0, 0], [0, 0.5, 0.5], [0, 0, 1], [0, 0, 1]]
    assert np.allclose(learned("majority"), expected)
    assert codes_of(learned("majority")).tolist() == [0, 0, -1, 2, 2]


def test_one_annotator_alone():
    kept, why = kept_by(SAID, "Anna", WHO)
    assert kept.tolist() == [True, True, True, False, True] and why == "not labelled by Anna"
    assert learned("Anna", said=SAID[kept]).argmax(axis=1).tolist() == [0, 0, 2, 1]


def test_only_images_on_which_all_agree():
    kept, why = kept_by(SAID, "agreed", WHO)
    assert kept.tolist() == [True, False, False, True, False] and why == "annotators disagree"
    assert kept_by(SAID, "votes", WHO)[0].all()


def test_a_random_label_is_one_of_those_given_as_often_as_it_was():
    said = np.tile(SAID, (2000, 1))
    drawn = learned("random", 5, said)
    assert set(np.unique(drawn)) == {0, 1} and (drawn.sum(axis=1) == 1).all()
    mean = drawn.reshape(2000, 5, 3).mean(axis=0)
    # Five standard errors of a share of 2000.
    assert np.abs(mean - learned("votes")).max() < 5 * 0.5 / np.sqrt(2000)
    assert np.array_equal(drawn, learned("random", 5, said))
    assert not np.array_equal(drawn, learned("random", 6, said))


def test_reliable_annotators_outweigh_one_who_guesses():
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 3, 600)
    said = np.stack([truth, truth, rng.integers(0, 3, 600)], axis=1)
    said[rng.random(600) < 0.3, 0] = -1
    found = learned("dawid_skene", said=said)
    alone = said[:, 0] < 0  # one good annotator against the one who guesses
    assert (codes_of(learned("votes", said=said))[alone] < 0).mean() > 0.5
    assert (codes_of(found) == truth).all() and np.allclose(found.sum(axis=1), 1)


def test_a_way_is_a_word_or_somebody_s_name():
    require_way("Ben", WHO)
    require_way("votes", ("",))
    with pytest.raises(SestonError, match=r"'Bne', .*dawid_skene, or one of .*Anna, Ben, Cleo"):
        require_way("Bne", WHO)
    with pytest.raises(SestonError, match="and no annotator is told"):
        require_way("Ben", ("",))
