"""FlowCam's classifications: labels, and when they are not to be trusted."""

import csv
from collections import Counter

import pytest

from seston.errors import SestonError
from seston.instruments.flowcam.classes import are_of_another_list, label_of, read_classes

TWO = (
    "v3\n2\nfirst\n2\na\nOR\n1\nC:\\a filter.flt\n2\n7\n3\nb\nAND\n0\n0\n"
    "second\n1\nc\nOR\n0\n1\n3\n"
)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_classes_of_two_classifications(tmp_path, newline):
    path = tmp_path / "run.cla"
    path.write_text(TWO, newline=newline)
    assert read_classes(path) == {7: [("first", "a")], 3: [("first", "a"), ("second", "c")]}


def test_one_name_is_a_label_two_are_none():
    assert label_of([]) is None
    assert label_of([("first", "a")]) == "a"
    assert label_of([("first", "a"), ("second", "a")]) == "a"
    assert label_of([("first", "a"), ("second", "c")]) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 0: found the end of the file, expected v3"),
        ("v2\n1\n", "line 1: found 'v2', expected v3"),
        ("v3\nx\n", "line 2: found 'x', expected the number of classifications"),
        ("v3\n-1\n", "line 2"),
        ("v3\n999999\nname\n", "line 3: found the end of the file"),
        (TWO[:-3], "line 21: found the end of the file, expected the id of a particle"),
    ],
)
def test_damaged_files_are_told_with_their_line(tmp_path, text, message):
    path = tmp_path / "run.cla"
    path.write_text(text)
    with pytest.raises(SestonError, match=message):
        read_classes(path)


def test_ids_beyond_a_list_without_gaps_betray_another_list():
    classes = {2: [("x", "a")], 5: [("x", "a")]}
    assert are_of_another_list(classes, {1, 2, 3, 4})
    assert not are_of_another_list(classes, {1, 2, 3, 4, 5})
    assert not are_of_another_list(classes, {1, 2, 4}), "with a gap: the ids were kept"
    assert not are_of_another_list({}, set())


def test_classes_of_the_culture_beside_labels_by_hand(shared):
    """VisualSpreadsheet's filters find mostly junk, as the people did: a check of the ids."""
    folder = shared / "flowcam-pygsuia"
    with (folder / "labels.csv").open() as file:
        by_hand = {(row["run"], int(row["id"])): row["label"] for row in csv.DictReader(file)}
    pairs = Counter(
        (label_of(each), by_hand[path.stem, identity])
        for path in folder.glob("*/*.cla")
        for identity, each in read_classes(path).items()
    )
    assert pairs == {
        ("Junk", "Junk"): 612, ("Junk", "Protist"): 264, ("Junk", "Missed"): 56,
        ("protist", "Protist"): 29, ("protist", "Missed"): 2, ("protist", "Junk"): 1,
    }  # fmt: skip
