"""What is said against clusters."""

from dataclasses import replace

import pytest

from seston.trust.flags import FLAGS, ODD, Case, flags_of, shares

SOUND = Case(
    images=500,
    lives_in={"day": (0.1, 0.5), "sample": (0.1, 0.5), "group": (float("nan"), float("nan"))},
    displaced={},
    alone=set(),
    pictures={"brightness": False, "blur": False},
    stability=0.9,
    compactness=0.5,
    near_duplicates=0.01,
)


def test_a_sound_cluster_has_none():
    assert flags_of(SOUND) == []


def test_an_empty_cluster_has_no_other():
    assert flags_of(replace(SOUND, images=0, stability=0.0)) == ["empty"]


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        ({"images": 9}, ["tiny"]),
        ({"stability": 0.59}, ["unstable"]),
        ({"stability": float("nan")}, []),
        ({"compactness": 0.9}, ["loose"]),
        ({"near_duplicates": 0.2}, ["near_duplicates"]),
        ({"pictures": {"brightness": True, "blur": True}}, ["brightness", "blur"]),
        ({"lives_in": {"day": (0.6, 0.04)}}, ["one_day"]),
        ({"lives_in": {"day": (0.4, 0.001)}}, []),
        ({"lives_in": {"day": (0.9, 0.06)}}, []),
        (
            {"lives_in": {"day": (0.9, 0.001)}, "displaced": {"day": 0.4}},
            ["one_day", "split_by_day"],
        ),
        ({"lives_in": {"day": (0.1, 0.9)}, "displaced": {"day": 0.4}}, []),
        ({"lives_in": {"instrument": (1.0, 0.0)}}, ["one_instrument"]),
        (
            {"lives_in": {"day": (0.9, 0.0), "sample": (0.9, 0.0)}, "alone": {"day"}},
            ["one_sample"],
        ),
    ],
)
def test_each_flag(changed, codes):
    assert flags_of(replace(SOUND, **changed)) == codes


def test_every_circumstance_has_its_sentences():
    case = replace(
        SOUND,
        lives_in=dict.fromkeys(("day", "sample", "group", "instrument"), (1.0, 0.0)),
        displaced=dict.fromkeys(("day", "sample", "group", "instrument"), 0.5),
    )
    assert len(flags_of(case)) == 8
    assert all(sentence.endswith(".") for sentence in (FLAGS | ODD).values())


def test_shares_of_clusters():
    found = shares([["tiny"], [], ["tiny", "loose"], []])
    assert found["tiny"] == 0.5
    assert found["loose"] == 0.25
    assert set(found) == set(FLAGS)
